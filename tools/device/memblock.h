/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory blocks of one device: which exist, the state and zone of each, and
 * counts of them.
 */
#ifndef KMEMCTL_MEMBLOCK_H
#define KMEMCTL_MEMBLOCK_H

#include "device/dax.h"

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

struct block {
	__u64 id;		/* memoryID */
	enum zone zone;
	char zone_name[16];	/* empty while offline */
};

struct block_set {
	struct block *blocks;	/* ascending, those that exist */
	size_t nr;
	__u64 total;		/* blocks its ranges have room for */
	__u64 block_size;
	__u64 lost;		/* bytes of the ranges outside whole blocks */
};

/* "Movable", "Normal"; "" when offline. */
const char *zone_name(enum zone zone);

/* "Movable", or "Movable:3 Normal:5"; lasts as long as the block around it. */
#define zones_text(counts) \
	block_counts_zones(counts, (&(struct text){ "" })->buf, 256)
char *block_counts_zones(const struct block_counts *counts, char *buf,
			 size_t size);

/*
 * Reads the counts of dax-kmem: three files, however large the device. Returns 0
 * or a negative errno; -ENOENT: the driver is another one.
 */
int block_counts_of_driver(struct block_counts *counts, const char *device);

/* All return 0 or an exit code, with the failure remembered. */
int blocks_size(__u64 *block_size);
/* First and one past the last whole block of a range. */
void range_blocks(const struct range *r, __u64 size, __u64 *first, __u64 *end);
int blocks_read(struct block_set *set, const struct dax_dev *dev);
void blocks_free(struct block_set *set);
size_t blocks_online(const struct block_set *set);
/* All are in one zone, or all are offline. */
bool blocks_alike(const struct block_set *set);
/* Counts the blocks by zone. */
struct block_counts blocks_tally(const struct block_set *set);
/* Counts those of a device; dax-kmem has counted them, so no block is read. */
int blocks_count(struct block_counts *counts, const struct dax_dev *dev);
struct block *blocks_find(const struct block_set *set, __u64 id);
/* The node of the online blocks; NO_NODE when none is online. */
int blocks_node(const struct block_set *set);

/* Reads one block again. */
int block_read(struct block *block);

/* In memmap.c: the kernel's description of each page. */

/* Bytes of memmap for that many bytes of memory. */
__u64 memmap_cost(__u64 bytes);

/* The kernel's parameter: "Y", "N" or "force"; false: it has none. */
bool memmap_parameter(char *buf, size_t size);
/* That parameter allows a memmap on a device. */
bool memmap_allowed(void);
/*
 * Memory that holds its own memmap could never go offline again: so on arm64 since
 * Linux commit 95a58852b0e5 ("arm64/mm: Reject memory removal that splits a kernel
 * leaf mapping") (in v7.1).
 */
bool memmap_would_stay(void);
/* How to do with less RAM for a memmap. */
const char *memmap_advice(void);
/* Bytes of memmap on the device now; false: the driver is not dax-kmem. */
bool memmap_held(const char *name, __u64 *bytes);
/* The device asks for it, and the kernel allows it. */
bool memmap_on_device(const char *name);

/* What the user asks for. */
enum memmap_request { MEMMAP_ANY, MEMMAP_ON_DEVICE, MEMMAP_IN_RAM };

/* memmap_on_memory of the bus: 0 or 1; -1: none, before Linux 6.9. */
int memmap_setting(const char *name);

#endif
