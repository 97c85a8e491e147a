/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counts of the memory blocks of a device, in total and in each zone.
 */
#ifndef KMEMCTL_BLOCK_COUNTS_H
#define KMEMCTL_BLOCK_COUNTS_H

#include "lib/util.h"

enum zone {
	ZONE_OFFLINE,
	ZONE_MOVABLE,
	ZONE_NORMAL,		/* any zone that the kernel itself can use */
	ZONE_MIXED,		/* online, in more than one zone */
};

struct block_counts {
	__u64 total;		/* whole blocks in its ranges */
	__u64 lost;		/* bytes of the ranges outside of them */
	__u64 present;		/* blocks that exist */
	__u64 online;
	struct zone_count {
		char name[16];
		__u64 nr;
	} zones[8];		/* with any block online */
	size_t nr_zones;
};

/* "Movable", "Normal"; "" when offline. */
const char *zone_name(enum zone zone);
/* The zone of a block whose valid_zones begins with this name. */
enum zone zone_by_name(const char *name);

/* Counts nr more blocks, in a zone or, with an empty name, offline. */
void block_counts_add(struct block_counts *counts, const char *zone_name, __u64 nr);

/* All present blocks are in one zone, or all are offline. */
bool block_counts_alike(const struct block_counts *counts);

/* "Movable", or "Movable:3 Normal:5" */
void block_counts_zones(const struct block_counts *counts, char *buf, size_t size);

/*
 * Reads the counts of dax-kmem: three files, however large the device. Returns 0
 * or a negative errno; -ENOENT: the driver is another one.
 */
int block_counts_of_driver(struct block_counts *counts, const char *device);

#endif
