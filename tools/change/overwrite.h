/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keeps a device that is in use, or that holds data, from becoming memory.
 */
#ifndef KMEMCTL_OVERWRITE_H
#define KMEMCTL_OVERWRITE_H

#include "device/memblock.h"

/*
 * Refuses a device that device_dax holds, if a process has it open or mapped or
 * if it begins with a known signature; with force, says so and goes on. What
 * cannot be checked is not refused. Returns 0 or EX_REFUSED, with the failure
 * remembered.
 */
int overwrite_check(const struct dax_dev *dev, const struct block_set *blocks,
		    bool force);

/*
 * After "offline": a signature among what RAM left on the device is no data,
 * for as long as the first pages stay as they are and until the next boot.
 */
void overwrite_note_ram(const struct dax_dev *dev,
			const struct block_set *before);

#endif
