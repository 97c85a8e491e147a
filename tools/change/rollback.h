/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a device was like before a command changed it, and how to undo that.
 */
#ifndef KMEMCTL_ROLLBACK_H
#define KMEMCTL_ROLLBACK_H

#include "change/kmem.h"

struct snapshot {
	struct dax_dev dev;
	struct block_set blocks;
	struct kmem_attributes attributes;
	int bus_memmap;		/* memmap_on_memory of the bus; -1: none */
	unsigned int writes;	/* of this run, until now */
};

/* Returns 0 or an exit code, with the failure remembered. */
int snapshot_take(struct snapshot *snap, const char *name);
void snapshot_free(struct snapshot *snap);

/*
 * After a failure: undoes all changes since the snapshot, prints the one line
 * about failure and outcome, and returns the exit code for both.
 */
int snapshot_restore(const struct snapshot *snap, int code);

#endif
