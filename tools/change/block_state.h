/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Onlines and offlines memory blocks one by one, each by its "state".
 */
#ifndef KMEMCTL_BLOCK_STATE_H
#define KMEMCTL_BLOCK_STATE_H

#include "device/memblock.h"

/* Next steps of failures. */
#define ONLINED_BY_OTHERS \
	"another program onlines memory: look for udev rules on it"
#define OFFLINE_NEXT "stop what uses memory of its node and try again"

/* All return 0 or an exit code, with the failure remembered. */

/*
 * Brings one block online in a zone, or offline. Afterwards *block is what was
 * written; only reading it again tells what it is.
 */
int block_move(struct block *block, enum zone zone);

/* Returns the zone in which a block is to be onlined. */
typedef enum zone (*zone_rule)(const struct block *block, const void *arg);

/*
 * All blocks of a device, in the order that is fast: for each block the kernel
 * walks its zone, from the start to the first block that is not online.
 */
int blocks_bring_online(struct block_set *set, zone_rule rule,
			const void *arg);
int blocks_take_offline(struct block_set *set);

/* Index of the i-th of nr blocks in the order to offline them. */
size_t offline_order(size_t i, size_t nr);

#endif
