// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether memory that must move off a node fits into the other nodes: what must
 * move, by page counts or by the node's counters, and what room there is.
 */
#include "pages/room.h"

#include <stdio.h>
#include <string.h>

#include "device/numa.h"
#include "lib/path.h"
#include "lib/signals.h"

#define HUGEPAGES "/sys/devices/system/node/node%d/hugepages"
#define SYSTEM_HUGEPAGES "/sys/kernel/mm/hugepages"

struct pool_list {
	struct hugepage_pool *pools;
	size_t nr;
	int node;
};

static __u64 less(__u64 from, __u64 bytes)
{
	return from > bytes ? from - bytes : 0;
}

/* The kernel moves pages to unused huge pages, except as many as are reserved. */
static __u64 unused_elsewhere(const struct hugepage_pool *pool)
{
	__u64 unused, reserved;

	if (path_read_u64(&unused, 10, SYSTEM_HUGEPAGES "/%s/free_hugepages",
			  pool->name) ||
	    path_read_u64(&reserved, 10, SYSTEM_HUGEPAGES "/%s/resv_hugepages",
			  pool->name))
		return 0;
	return less(unused, reserved > pool->unused ? reserved : pool->unused);
}

static int each_pool(const char *name, void *arg)
{
	struct pool_list *list = arg;
	struct hugepage_pool *pool = &list->pools[list->nr];
	__u64 kib;

	if (list->nr == MAX_POOLS || strlen(name) >= sizeof(pool->name) ||
	    sscanf(name, "hugepages-%llukB", &kib) != 1 ||
	    path_read_u64(&pool->total, 10, HUGEPAGES "/%s/nr_hugepages",
			  list->node, name) ||
	    path_read_u64(&pool->unused, 10, HUGEPAGES "/%s/free_hugepages",
			  list->node, name) ||
	    pool->unused > pool->total)
		return 0;
	strcpy(pool->name, name);
	pool->size = kib * 1024;
	pool->elsewhere = unused_elsewhere(pool);
	list->nr++;
	return 0;
}

size_t hugepage_pools(struct hugepage_pool pools[MAX_POOLS], int node)
{
	struct pool_list list = { .pools = pools, .node = node };
	char dir[64];

	snprintf(dir, sizeof(dir), HUGEPAGES, node);
	path_each(dir, each_pool, &list);
	return list.nr;
}

__u64 room_needed(const __u64 bytes[NR_PAGE_KINDS], int node)
{
	__u64 needed = kinds_sum(bytes, KINDS_MOVED & ~KIND_BIT(PAGE_FILE) &
					~KIND_BIT(PAGE_HUGETLB));
	struct hugepage_pool pools[MAX_POOLS];
	__u64 unused = 0, placed = 0;
	size_t i, nr = 0;

	if (bytes[PAGE_HUGETLB] && node != NO_NODE)
		nr = hugepage_pools(pools, node);
	for (i = 0; i < nr; i++) {
		unused += pools[i].unused * pools[i].size;
		/* not the used ones: a dry run of --drain lowers the total */
		placed += (pools[i].elsewhere < pools[i].total ?
			   pools[i].elsewhere : pools[i].total) * pools[i].size;
	}
	/* without reference counts, unused huge pages count as used */
	unused = less(unused, bytes[PAGE_POOL]);
	return needed + less(bytes[PAGE_HUGETLB], unused + placed);
}

void room_text(char *buf, size_t size, __u64 needed, const char *where,
	       __u64 room)
{
	char need[32], have[32];

	size_to_human(need, sizeof(need), needed);
	size_to_human(have, sizeof(have), room);
	snprintf(buf, size, "%s would have to move, but %s room for %s", need,
		 where, have);
}

int room_refuse(__u64 needed, const char *where, __u64 room)
{
	char text[160];

	room_text(text, sizeof(text), needed, where, room);
	return fail(EX_REFUSED, "stop programs that 'kmemctl why DEV' names",
		    "%s", text);
}

/* What must move off the whole node. */
static __u64 node_needed(const struct numa_node *node)
{
	struct hugepage_pool pools[MAX_POOLS];
	size_t i, nr = hugepage_pools(pools, node->id);
	__u64 needed = node->anon;

	for (i = 0; i < nr; i++)
		needed += less(pools[i].total - pools[i].unused,
			       pools[i].elsewhere) * pools[i].size;
	return needed;
}

/* What must move off the blocks alone; 0 when their pages cannot be read. */
static __u64 blocks_needed(const struct block_set *blocks, int node)
{
	__u64 bytes[NR_PAGE_KINDS] = { 0 };
	struct pages pages;
	size_t i;

	if (!pages_read(&pages, blocks))
		for (i = 0; i < blocks->nr; i++)
			pages_count(&pages, i, bytes);
	pages_free(&pages);
	return room_needed(bytes, node);
}

/*
 * The node's counters cannot tell which of its memory is on the blocks if the
 * node has other memory too.
 */
static __u64 needed_of(const struct block_set *blocks,
		       const struct numa_node *node, __u64 room, bool scan)
{
	__u64 needed = node_needed(node);

	if (needed > room &&
	    node->total > blocks_online(blocks) * blocks->block_size)
		needed = scan ? blocks_needed(blocks, node->id) : 0;
	return needed;
}

bool room_lacks(const struct block_set *blocks, bool scan, __u64 *needed,
		__u64 *room)
{
	struct numa_nodes others = { 0 };
	int id = blocks_node(blocks);
	struct numa_node node;
	bool lacks = false;

	/* on the only node with memory, pages move within it */
	if (id != NO_NODE && !numa_read_node(id, &node) &&
	    !numa_others(&others, id) && others.nr) {
		*room = numa_room(&others);
		*needed = needed_of(blocks, &node, *room, scan);
		lacks = *needed > *room;
	}
	numa_free(&others);
	return lacks;
}

int room_check(const struct block_set *blocks)
{
	__u64 needed, room;
	bool lacks = room_lacks(blocks, true, &needed, &room);
	int rc;

	fail_forget();
	/* a scan that was stopped has counted too little */
	rc = stop_check();
	return !rc && lacks ?
	       room_refuse(needed, "all other nodes have", room) : rc;
}
