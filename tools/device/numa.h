/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NUMA nodes: a node's distance, tier and performance, its zones, and the room
 * that nodes have.
 */
#ifndef KMEMCTL_NUMA_H
#define KMEMCTL_NUMA_H

#include "lib/util.h"

#define MAX_NODES 1024

struct numa_node {
	int id;
	int distance;		/* from the node in question */
	__u64 total;
	__u64 room;		/* free, or a cache that the kernel can drop */
	__u64 anon;		/* cannot be dropped: anonymous, shared, locked */
	__u64 cache;		/* page cache, clean or dirty */
};

struct numa_nodes {
	struct numa_node *nodes;	/* nearest first */
	size_t nr;
};

/* Distance to the nearest node with CPUs; 0: not known. */
int numa_distance(int node);
/* Number of the memory tier; -1: none, as before the node has memory. */
int numa_tier(int node);

/*
 * "read_latency" in ns, "read_bandwidth" in MB/s, and the same for "write", as
 * seen by the nearest CPUs, from the firmware's HMAT. 0: not known, as before
 * the node has memory.
 */
int numa_figure(int node, const char *name);

/* Returns 0 or a negative errno; a thread may call it. */
int numa_try_node(int id, struct numa_node *node);
/* All return 0 or an exit code, with the failure remembered. */
int numa_read_node(int id, struct numa_node *node);
/* A list such as "0-1,3"; returns how many, 0 for what is no list. */
size_t numa_parse(const char *list, int ids[MAX_NODES]);
/* All nodes with memory except this one. */
int numa_others(struct numa_nodes *others, int node);
/* Sum of their room, and of free swap. */
__u64 numa_room(const struct numa_nodes *nodes);
void numa_free(struct numa_nodes *nodes);

struct zone_span {
	char name[16];
	int node;
	__u64 start;		/* bytes */
	__u64 end;		/* not inclusive */
	__u64 present;		/* bytes of it that are online */
	__u64 high;		/* watermark, bytes */
	__u64 free;		/* bytes */
	__u64 inactive_file;
	__u64 active_file;
};

/* All zones of all nodes that hold any memory. Returns 0 or a negative errno. */
int zones_read(struct zone_span **spans, size_t *nr);

/*
 * RAM available for a memmap, in bytes: not what is in zone Movable. 0: not
 * known; 1: none.
 */
__u64 kernel_available(void);

#endif
