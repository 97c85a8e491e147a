// SPDX-License-Identifier: GPL-2.0-only
/*
 * NUMA nodes as sysfs shows them: which node blocks are on, which others have
 * memory, how far they are and how much room they have.
 */
#include "device/numa.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/zoneinfo.h"
#include "lib/path.h"

#define NODE "/sys/devices/system/node"

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
		node->room += meminfo_value(line, " MemFree:");
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
		for (; id <= last && id < MAX_NODES && nr < MAX_NODES; id++)
			ids[nr++] = id;
		list = end + (*end == ',');
	}
	return *list ? 0 : nr;
}

/* The k-th number of the line is for the k-th node that is online. */
static int distance_of(int from, int to)
{
	char line[4096], list[256], *number = line;
	int ids[MAX_NODES], value;
	size_t i, nr;

	if (path_read(line, sizeof(line), NODE "/node%d/distance", from) ||
	    path_read(list, sizeof(list), NODE "/online"))
		return 0;
	nr = numa_parse(list, ids);
	for (i = 0; i < nr; i++) {
		value = strtol(number, &number, 10);
		if (ids[i] == to)
			return value;
	}
	return 0;
}

static int nearest_first(const void *a, const void *b)
{
	const struct numa_node *left = a, *right = b;

	return left->distance != right->distance ?
	       left->distance - right->distance : left->id - right->id;
}

/* The kernel moves no page to where less than the min watermark is free. */
static void leave_out_reserves(struct numa_nodes *nodes)
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
		others->nodes[others->nr++].distance = distance_of(node, ids[i]);
	}
	leave_out_reserves(others);
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
