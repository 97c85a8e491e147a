/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pages that one process maps.
 */
#ifndef KMEMCTL_PAGEMAP_H
#define KMEMCTL_PAGEMAP_H

#include "lib/util.h"

/* Of an entry of a pagemap; no number: not there, or not for us to see. */
#define ENTRY_PRESENT(entry) ((__s64)(entry) < 0)
#define ENTRY_PFN(entry) ((entry) & 0x7fffffffffffffULL)

/* Takes entries, and returns how many of them are of the pages looked for. */
typedef size_t (*each_pages)(const __u64 *entries, size_t nr, void *arg);

/*
 * Call each() for all pages that the process has on a node, many at a time, and
 * perhaps for some of others. Returns 0 or a negative errno.
 */
int process_pages(int pid, int node, each_pages each, void *arg);

/* Call each() for every process there is. */
int process_each(int (*each)(int pid, void *arg), void *arg);

/* What it is called, and its control group: NULL when that is not known. */
void process_command(int pid, char *command, size_t size);
char *process_cgroup(int pid);

#endif
