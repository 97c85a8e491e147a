/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a device was like before a command touched it, and the way back there.
 */
#ifndef KMEMCTL_ROLLBACK_H
#define KMEMCTL_ROLLBACK_H

#include "change/kmem.h"

struct snapshot {
	struct dax_dev dev;
	struct block_set blocks;
	struct kmem_attributes settings;
	int memmap;		/* what the bus has: see memmap.h */
	unsigned int writes;
};

/* Returns 0 or an exit code, with the failure remembered. */
int snapshot_take(struct snapshot *snap, const char *name);
void snapshot_free(struct snapshot *snap);

/*
 * Go back to the snapshot after a failure, print the one line about it, and
 * return the exit code that tells how far back we got.
 */
int snapshot_restore(const struct snapshot *snap, int code);

#endif
