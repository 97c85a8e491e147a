// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tells the plugin, from inside the guest, that a part of what it counts ends
 * and the next one begins.
 */
#include "mark.h"

int main(void)
{
	__asm__ volatile(MARK_INSTRUCTION);
	return 0;
}
