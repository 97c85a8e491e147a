/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Empty a device's memory as far as that can be done before it goes offline.
 */
#ifndef KMEMCTL_DRAIN_H
#define KMEMCTL_DRAIN_H

#include "lib/util.h"

#define MAX_POOLS 8

struct pool {
	char name[32];		/* hugepages-2048kB */
	__u64 size;
	__u64 before;		/* huge pages of the node */
};

struct drain {
	int node;
	struct pool pools[MAX_POOLS];
	size_t nr_pools;
};

/*
 * Refuses what cannot succeed; then moves, drops and gives up what it can, and
 * prints what that was. Returns 0 or an exit code, with the failure remembered.
 */
int drain_device(struct drain *drain, const char *name, const char *to);

/* After a failure: put back what is not back by itself, then say why. */
void drain_failed(const struct drain *drain, const char *name);

#endif
