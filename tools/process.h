/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pages that one process maps.
 */
#ifndef KMEMCTL_PROCESS_H
#define KMEMCTL_PROCESS_H

#include "util.h"

/* Returns whether the page is one of those looked for. */
typedef bool (*each_page)(__u64 pfn, void *arg);

/*
 * Call each() for every page that the process has on a node, and perhaps for
 * some of others. Returns 0 or a negative errno.
 */
int process_pages(int pid, int node, each_page each, void *arg);

/* Call each() for every process there is. */
int process_each(int (*each)(int pid, void *arg), void *arg);

/* What it is called, and its control group: NULL when that is not known. */
void process_command(int pid, char *command, size_t size);
char *process_cgroup(int pid);

#endif
