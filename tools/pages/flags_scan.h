/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reader of /proc/kpageflags: fills in what the pages of memory blocks are
 * used for.
 */
#ifndef KMEMCTL_FLAGS_SCAN_H
#define KMEMCTL_FLAGS_SCAN_H

#include "pages/pages.h"

/* Returns 0 or an exit code, with the failure remembered. */
int flags_scan(struct pages *pages);

#endif
