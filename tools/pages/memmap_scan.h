/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reader of the memmap: fills in what the pages of memory blocks are used for.
 */
#ifndef KMEMCTL_MEMMAP_SCAN_H
#define KMEMCTL_MEMMAP_SCAN_H

#include "pages/pages.h"

/* Returns a negative errno when the memmap cannot be read or understood. */
int memmap_scan(struct pages *pages);

#endif
