/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which processes and control groups hold pages of a set of memory blocks.
 */
#ifndef KMEMCTL_HOLDERS_H
#define KMEMCTL_HOLDERS_H

#include "pages/pages.h"

/* A process or a control group. */
struct holder {
	int pid;		/* 0: a control group */
	char command[64];
	__u64 inode;		/* of a control group; 0: a process */
	char *cgroup;		/* path; NULL: not known */
	__u64 bytes[NR_PAGE_KINDS];
	__u64 total;
};

struct holders {
	struct holder *processes;	/* the largest total first */
	size_t nr_processes;
	struct holder *cgroups;		/* likewise */
	size_t nr_cgroups;
	__u64 unmapped[NR_PAGE_KINDS];	/* user pages that no process maps */
	size_t unreadable;		/* processes whose pages cannot be read */
};

/*
 * Counts pages by process, and marks each mapped page in "pages". With a node,
 * only the areas of a process that have pages there are read; NO_NODE: all.
 */
void holders_read(struct holders *holders, struct pages *pages, int node);
void holders_free(struct holders *holders);

#endif
