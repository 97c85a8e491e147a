/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * "offline --drain": empties a device's node before its memory goes offline.
 */
#ifndef KMEMCTL_DRAIN_H
#define KMEMCTL_DRAIN_H

#include "lib/table.h"
#include "pages/room.h"

struct drain {
	int node;
	struct hugepage_pool pools[MAX_POOLS];	/* as they were before */
	size_t nr_pools;
	__u64 moved;
	bool unread;		/* the pages: that failed, or was stopped */
};

/*
 * Refuses what cannot succeed; then drops caches, shrinks pools of huge pages
 * and moves processes to the nodes listed in "to", or to the nearest with room.
 * A dry run prints what it would move. Returns 0 or an exit code, with the
 * failure remembered.
 */
int drain_device(struct drain *drain, const struct dax_dev *dev,
		 const struct block_set *blocks, const char *to,
		 const struct output *out);

/*
 * After a failure: grows the pools again, says what has moved, and prints why
 * the memory cannot go offline, if its pages could be read before. A failure
 * still remembered is printed first.
 */
void drain_rollback(const struct drain *drain, const char *name);

#endif
