/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many memory blocks of a device are in which zone.
 */
#ifndef KMEMCTL_BLOCK_COUNTS_H
#define KMEMCTL_BLOCK_COUNTS_H

#include "lib/util.h"

enum zone {
	ZONE_OFFLINE,
	ZONE_MOVABLE,
	ZONE_NORMAL,		/* any zone the kernel itself may use */
	ZONE_MIXED,		/* online, in more than one zone */
};

struct block_counts {
	__u64 total;		/* blocks its ranges have room for */
	__u64 lost;		/* bytes of the ranges outside whole blocks */
	__u64 present;		/* blocks that exist */
	__u64 online;
	struct zone_count {
		char name[16];
		__u64 nr;
	} zones[8];		/* those that have any block online */
	size_t nr_zones;
};

/* The zone of a block whose valid_zones begins with this name. */
enum zone zone_by_name(const char *name);

/* Count nr more blocks, in a zone or, with no name, offline. */
void block_counts_add(struct block_counts *counts, const char *zone_name, __u64 nr);

/* All that are present are in the same zone, or all are offline. */
bool block_counts_alike(const struct block_counts *counts);

/* "Movable", or "Movable:3 Normal:5" */
void block_counts_zones(const struct block_counts *counts, char *buf, size_t size);

/*
 * What our driver says of a device bound to it, in as many reads for a large
 * device as for a small one. A negative errno; -ENOENT: it is not our driver's.
 */
int block_counts_of_driver(struct block_counts *counts, const char *device);

#endif
