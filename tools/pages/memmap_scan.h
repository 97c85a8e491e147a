/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each page of a set of memory blocks is used for, by the memmap.
 */
#ifndef KMEMCTL_MEMMAP_SCAN_H
#define KMEMCTL_MEMMAP_SCAN_H

#include "pages/pages.h"

/* A negative errno where the memmap cannot be read, or not be understood. */
int scan_pages(struct pages *pages);

#endif
