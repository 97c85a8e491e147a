/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory blocks of one device: which exist, and the state and zone of each.
 */
#ifndef KMEMCTL_MEMBLOCK_H
#define KMEMCTL_MEMBLOCK_H

#include "device/block_counts.h"
#include "device/dax.h"

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

/* All return 0 or an exit code, with the failure remembered. */
int blocks_size(__u64 *block_size);
/* First and one past the last whole block of a range. */
void range_blocks(const struct range *r, __u64 size, __u64 *first, __u64 *end);
int blocks_read(struct block_set *set, const struct dax_dev *dev);
void blocks_free(struct block_set *set);
size_t blocks_online(const struct block_set *set);
void blocks_tally(struct block_counts *counts, const struct block_set *set);
/* The same for a device; dax-kmem has counted them, so no block is read. */
int blocks_count(struct block_counts *counts, const struct dax_dev *dev);
struct block *blocks_find(const struct block_set *set, __u64 id);

/* Reads one block again. */
int block_read(struct block *block);

#endif
