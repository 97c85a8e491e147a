// SPDX-License-Identifier: GPL-2.0-only
/*
 * NUMA nodes as sysfs shows them: the node of a block, a node's distance, memory
 * tier and performance, and the room that other nodes have.
 */
#include "device/numa.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/zoneinfo.h"
#include "lib/path.h"

#define NODE "/sys/devices/system/node"
#define TIERS "/sys/devices/virtual/memory_tiering"

static int each_link(const char *name, void *arg)
{
	const char *digits = name + strlen("node");

	if (strncmp(name, "node", strlen("node")) || !*digits ||
	    digits[strspn(digits, "0123456789")] || strlen(digits) > 4)
		return 0;
	*(int *)arg = atoi(digits);
	return 1;
}

int numa_node_of(__u64 block)
{
	char dir[64];
	int node = NO_NODE;

	snprintf(dir, sizeof(dir), "/sys/devices/system/memory/memory%llu",
		 block);
	path_each(dir, each_link, &node);
	return node;
}

int numa_online_node(const struct block_set *set)
{
	size_t i;

	for (i = 0; i < set->nr; i++)
		if (set->blocks[i].zone != ZONE_OFFLINE)
			return numa_node_of(set->blocks[i].id);
	return NO_NODE;
}

/* "Node 1 MemFree:  123 kB", or "SwapFree: 123 kB" of the whole system. */
static __u64 meminfo_value(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	return at ? strtoull(at + strlen(key), NULL, 10) * 1024 : 0;
}

int numa_read_node(int id, struct numa_node *node)
{
	char line[256];
	FILE *file;
	int rc;

	memset(node, 0, sizeof(*node));
	node->id = id;
	rc = path_fopen(&file, NODE "/node%d/meminfo", id);
	if (rc)
		return fail(EX_FAILED, what_next(rc),
			    "cannot read node%d/meminfo: %s", id, why(rc));
	while (fgets(line, sizeof(line), file)) {
		node->total += meminfo_value(line, " MemTotal:");
		node->room += meminfo_value(line, " MemFree:") +
			      meminfo_value(line, " SReclaimable:");
		node->anon += meminfo_value(line, " Active(anon):") +
			      meminfo_value(line, " Inactive(anon):") +
			      meminfo_value(line, " Unevictable:");
		node->cache += meminfo_value(line, " Active(file):") +
			       meminfo_value(line, " Inactive(file):");
	}
	fclose(file);
	node->room += node->cache;
	return 0;
}

size_t numa_parse(const char *list, int ids[MAX_NODES])
{
	size_t nr = 0;
	long id, last;
	char *end;

	while (*list >= '0' && *list <= '9') {
		id = strtol(list, &end, 10);
		last = *end == '-' ? strtol(end + 1, &end, 10) : id;
		if (last < id || last >= MAX_NODES)
			return 0;
		for (; id <= last && nr < MAX_NODES; id++)
			ids[nr++] = id;
		list = end + (*end == ',');
	}
	return *list ? 0 : nr;
}

/* Reads a file that holds a list of nodes; returns how many. */
static size_t read_list(int ids[MAX_NODES], const char *path)
{
	char text[1024];

	return path_read(text, sizeof(text), "%s", path) ? 0 :
	       numa_parse(text, ids);
}

static bool contains(const int *ids, size_t nr, int id)
{
	while (nr)
		if (ids[--nr] == id)
			return true;
	return false;
}

/*
 * The distance from a node to the nearest of some others; 0: not known. The
 * k-th number of the line is the distance to the k-th node that is online.
 */
static int distance_to(int from, const int *others, size_t nr_others)
{
	char line[4096], *number = line, *end;
	int online[MAX_NODES], value, best = 0;
	size_t i, nr;

	if (path_read(line, sizeof(line), NODE "/node%d/distance", from))
		return 0;
	nr = read_list(online, NODE "/online");
	for (i = 0; i < nr; i++, number = end) {
		value = strtol(number, &end, 10);
		if (end == number)
			return 0;
		if (contains(others, nr_others, online[i]) &&
		    (!best || value < best))
			best = value;
	}
	return best;
}

int numa_distance(int node)
{
	int cpus[MAX_NODES];
	size_t nr = read_list(cpus, NODE "/has_cpu");

	return distance_to(node, cpus, nr);
}

struct tier_search {
	int node;
	int tier;
};

static int each_tier(const char *name, void *arg)
{
	struct tier_search *search = arg;
	int tier, ids[MAX_NODES];
	char path[128];

	if (sscanf(name, "memory_tier%d", &tier) != 1)
		return 0;
	snprintf(path, sizeof(path), TIERS "/memory_tier%d/nodelist", tier);
	if (!contains(ids, read_list(ids, path), search->node))
		return 0;
	search->tier = tier;
	return 1;
}

int numa_tier(int node)
{
	struct tier_search search = { .node = node, .tier = -1 };

	path_each(TIERS, each_tier, &search);
	return search.tier;
}

static int read_figure(int node, const char *name)
{
	int value;

	return path_read_int(&value, NODE "/node%d/access0/initiators/%s",
			     node, name) ? 0 : value;
}

void numa_performance(int node, struct numa_performance *performance)
{
	performance->read_latency = read_figure(node, "read_latency");
	performance->write_latency = read_figure(node, "write_latency");
	performance->read_bandwidth = read_figure(node, "read_bandwidth");
	performance->write_bandwidth = read_figure(node, "write_bandwidth");
}

static int nearest_first(const void *a, const void *b)
{
	const struct numa_node *left = a, *right = b;

	return left->distance != right->distance ?
	       left->distance - right->distance : left->id - right->id;
}

/* The kernel moves no page to a zone that is below its min watermark. */
static void subtract_watermarks(struct numa_nodes *nodes)
{
	struct zone_span *zones;
	struct numa_node *node;
	size_t i, k, nr;

	if (zones_read(&zones, &nr))
		return;
	for (i = 0; i < nodes->nr; i++) {
		node = &nodes->nodes[i];
		for (k = 0; k < nr; k++)
			if (zones[k].node == node->id)
				node->room -= zones[k].min < node->room ?
					      zones[k].min : node->room;
	}
	free(zones);
}

int numa_others(struct numa_nodes *others, int node)
{
	int ids[MAX_NODES], rc;
	char list[256];
	size_t i, nr;

	memset(others, 0, sizeof(*others));
	rc = path_read(list, sizeof(list), NODE "/has_memory");
	if (rc == -ENOENT)
		return 0;
	if (rc)
		return fail(EX_FAILED, what_next(rc), "%s: %s",
			    NODE "/has_memory", why(rc));
	nr = numa_parse(list, ids);
	others->nodes = need_memory(calloc(nr + 1, sizeof(*others->nodes)));
	for (i = 0; !rc && i < nr; i++) {
		if (ids[i] == node)
			continue;
		rc = numa_read_node(ids[i], &others->nodes[others->nr]);
		others->nodes[others->nr++].distance = distance_to(node, &ids[i], 1);
	}
	subtract_watermarks(others);
	qsort(others->nodes, others->nr, sizeof(*others->nodes),
	      nearest_first);
	return rc;
}

__u64 numa_room(const struct numa_nodes *nodes)
{
	__u64 room = 0;
	char line[256];
	FILE *file;
	size_t i;

	for (i = 0; i < nodes->nr; i++)
		room += nodes->nodes[i].room;
	if (path_fopen(&file, "/proc/meminfo"))
		return room;
	while (fgets(line, sizeof(line), file))
		room += meminfo_value(line, "SwapFree:");
	fclose(file);
	return room;
}

void numa_free(struct numa_nodes *nodes)
{
	free(nodes->nodes);
	memset(nodes, 0, sizeof(*nodes));
}
