/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Onlines and offlines memory blocks one by one.
 */
#ifndef KMEMCTL_BLOCK_STATE_H
#define KMEMCTL_BLOCK_STATE_H

#include "device/memblock.h"

#define ONLINED_BY_OTHERS \
	"another program onlines memory: look for udev rules on it"

/*
 * Bring one block to a zone or offline from what it is known to be. What it
 * has become is known for sure when the set is read once more.
 */
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

#endif
