/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines of the kernel log about failed attempts to offline memory blocks.
 */
#ifndef KMEMCTL_KERNEL_LOG_H
#define KMEMCTL_KERNEL_LOG_H

#include "pages/pages.h"

#define MAX_DUMPS 64

/* A page that kept a block from going offline, as the kernel dumped it. */
struct page_dump {
	__u64 pfn;
	__u64 block;
	__u64 when;		/* microseconds since boot */
	int refcount;
	int mapcount;
	char reason[64];
};

struct kernel_log {
	struct page_dump dumps[MAX_DUMPS];
	size_t nr;		/* oldest first; the newest of each page */
	char driver[160];	/* last message of kmem about a failure */
	__u64 driver_when;
	int unreadable;		/* errno if the log cannot be read, or 0 */
};

/*
 * Reads the log. Left out are lines older than the last change of state, as far
 * as that is known: of blocks that are offline now, from before the node last
 * had no memory, and of kmem if its last transition succeeded. The device may
 * be NULL.
 */
void kernel_log_read(struct kernel_log *log, const struct pages *pages,
		     const char *device, int node);

#endif
