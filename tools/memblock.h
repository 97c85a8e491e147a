/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory blocks of one device: which exist, their state and zone, and the
 * two ways to move them.
 */
#ifndef KMEMCTL_MEMBLOCK_H
#define KMEMCTL_MEMBLOCK_H

#include "dax.h"

#define ONLINED_BY_OTHERS \
	"another program onlines memory: look for udev rules on it"

enum zone {
	ZONE_OFFLINE,
	ZONE_MOVABLE,
	ZONE_NORMAL,		/* any zone the kernel itself may use */
	ZONE_MIXED,		/* online, in more than one zone */
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

/* All return 0 or an exit code, with the failure remembered. */
int blocks_size(__u64 *block_size);
int blocks_read(struct block_set *set, const struct dax_dev *dev);
void blocks_free(struct block_set *set);
size_t blocks_online(const struct block_set *set);
struct block *blocks_find(const struct block_set *set, __u64 id);

/* Bring one block to a zone or offline, whatever it was, and prove it. */
int block_move(struct block *block, enum zone zone);

/* Where each block shall go: its id is looked up by the caller's rule. */
typedef enum zone (*zone_rule)(const struct block *block, const void *arg);

/*
 * The order is what keeps this fast: the kernel walks the zone from its start
 * to the first block that is not online, once per block.
 */
int blocks_bring_online(struct block_set *set, zone_rule rule,
			const void *arg);
int blocks_take_offline(struct block_set *set);

/* The i-th of nr blocks in the order to offline them. */
size_t offline_order(size_t i, size_t nr);

/* "Movable", or "Movable:3 Normal:5" */
void blocks_zones(const struct block_set *set, char *buf, size_t size);

#endif
