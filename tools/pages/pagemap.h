/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pages that a process maps.
 */
#ifndef KMEMCTL_PAGEMAP_H
#define KMEMCTL_PAGEMAP_H

#include "lib/util.h"

/* Fields of a pagemap entry. A PFN of 0: not root, so it is not shown. */
#define ENTRY_PRESENT(entry) ((__s64)(entry) < 0)
#define ENTRY_PFN(entry) ((entry) & 0x7fffffffffffffULL)

/* Takes entries; returns how many of them are pages that are looked for. */
typedef size_t (*each_pages)(const __u64 *entries, size_t nr, void *arg);

/*
 * Call each() for all pages that a process has on a node, many at a time, and
 * perhaps for some on other nodes. Returns 0 or a negative errno.
 */
int process_pages(int pid, int node, each_pages each, void *arg);

#endif
