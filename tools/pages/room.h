/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether memory that must move off a node fits into the other nodes.
 */
#ifndef KMEMCTL_ROOM_H
#define KMEMCTL_ROOM_H

#include "pages/pages.h"

#define MAX_POOLS 8

struct hugepage_pool {
	char name[32];		/* hugepages-2048kB */
	__u64 size;		/* of one huge page */
	__u64 total;		/* huge pages of the node */
	__u64 unused;
	__u64 elsewhere;	/* unused ones of other nodes, not reserved */
};

/* Reads a node's pools of huge pages; returns how many there are. */
size_t hugepage_pools(struct hugepage_pool pools[MAX_POOLS], int node);

/*
 * Bytes that need room on other nodes before blocks of a node go offline, with
 * their pages counted by kind. Unused huge pages and caches need not move; used
 * huge pages move to unused ones of other nodes, which are not part of the room.
 */
__u64 room_needed(const __u64 bytes[NR_PAGE_KINDS], int node);

/*
 * Whether memory of the blocks does not fit into the other nodes, by the
 * counters of their node. These do not tell if the node has other memory too:
 * then "scan" counts the pages of the blocks. False for what cannot be read.
 */
bool room_lacks(const struct block_set *blocks, bool scan, __u64 *needed,
		__u64 *room);

/* In words; "where" is such as "all other nodes have". */
void room_text(char *buf, size_t size, __u64 needed, const char *where,
	       __u64 room);
/* Remembers it as the failure, and returns EX_REFUSED. */
int room_refuse(__u64 needed, const char *where, __u64 room);

/* Returns 0, or refuses blocks whose memory does not fit, or is stopped. */
int room_check(const struct block_set *blocks);

#endif
