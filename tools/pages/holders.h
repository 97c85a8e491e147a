/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which processes and control groups hold pages of a set of memory blocks.
 */
#ifndef KMEMCTL_HOLDERS_H
#define KMEMCTL_HOLDERS_H

#include "pages/pages.h"

struct holders {
	struct holder_list processes;	/* the largest total first */
	struct holder unmapped;		/* user pages that no process maps */
	size_t unreadable;		/* processes whose pages cannot be read */
};

/*
 * Counts pages by process, marks each mapped page in "pages", and names and
 * sorts its control groups. With a node, only the areas of a process that have
 * pages there are read; NO_NODE: all.
 */
void holders_read(struct holders *holders, struct pages *pages, int node);

#endif
