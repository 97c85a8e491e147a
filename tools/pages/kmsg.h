/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel log says of earlier attempts to offline.
 */
#ifndef KMEMCTL_KMSG_H
#define KMEMCTL_KMSG_H

#include "pages/pages.h"

#define MAX_OBSTACLES 64

/* A page that once kept a block from going offline. */
struct obstacle {
	__u64 pfn;
	__u64 block;
	__u64 when;		/* microseconds since boot */
	int refcount;
	int mapcount;
	char reason[64];
};

struct kernel_log {
	struct obstacle obstacles[MAX_OBSTACLES];
	size_t nr;		/* oldest first; the newest of each page */
	char driver[160];	/* last of kmem's messages about failures */
	__u64 driver_when;
	int unreadable;		/* errno why there is nothing, or 0 */
};

/* The device may be NULL. */
void kernel_log_read(struct kernel_log *log, const struct pages *pages,
		     const char *device);

#endif
