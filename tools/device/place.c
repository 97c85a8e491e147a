// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a NUMA node stands among the others: how far from the CPUs, how fast, and
 * in which memory tier. A node that has no memory may have none of it.
 */
#include "device/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/path.h"

#define NODE "/sys/devices/system/node"
#define TIERS "/sys/devices/virtual/memory_tiering"

#define MAX_NODES 1024

/* "0-1,3", into one flag for each node */
static bool parse_list(const char *text, bool has[MAX_NODES])
{
	unsigned long first, last;
	char *end;

	memset(has, 0, MAX_NODES * sizeof(*has));
	while (*text) {
		first = strtoul(text, &end, 10);
		last = *end == '-' ? strtoul(end + 1, &end, 10) : first;
		if (end == text || last >= MAX_NODES || (*end && *end != ','))
			return false;
		while (first <= last)
			has[first++] = true;
		text = end + (*end == ',');
	}
	return true;
}

static bool read_list(const char *path, bool has[MAX_NODES])
{
	char text[1024];

	return !path_read(text, sizeof(text), "%s", path) &&
	       parse_list(text, has);
}

/* A number for each node that is online, in their order. */
bool place_distance(int node, int *distance)
{
	bool online[MAX_NODES], cpus[MAX_NODES];
	char text[4096], *at = text, *end;
	int i, value, best = 0;

	if (!read_list(NODE "/online", online) ||
	    !read_list(NODE "/has_cpu", cpus) ||
	    path_read(text, sizeof(text), NODE "/node%d/distance", node))
		return false;
	for (i = 0; i < MAX_NODES; i++) {
		if (!online[i])
			continue;
		value = strtol(at, &end, 10);
		if (end == at)
			return false;
		at = end;
		if (cpus[i] && (!best || value < best))
			best = value;
	}
	*distance = best;
	return best;
}

struct tier_search {
	int node;
	int tier;
};

static int each_tier(const char *name, void *arg)
{
	struct tier_search *search = arg;
	bool has[MAX_NODES];
	char path[128];
	int tier;

	if (sscanf(name, "memory_tier%d", &tier) != 1)
		return 0;
	snprintf(path, sizeof(path), TIERS "/memory_tier%d/nodelist", tier);
	if (!read_list(path, has) || !has[search->node])
		return 0;
	search->tier = tier;
	return 1;
}

bool place_tier(int node, int *tier)
{
	struct tier_search search = { .node = node };

	if (node < 0 || node >= MAX_NODES ||
	    path_each(TIERS, each_tier, &search) != 1)
		return false;
	*tier = search.tier;
	return true;
}

static int figure(int node, const char *name)
{
	int value;

	return path_read_int(&value, NODE "/node%d/access0/initiators/%s",
			      node, name) ? 0 : value;
}

bool place_speed(int node, struct place_speed *speed)
{
	speed->read_latency = figure(node, "read_latency");
	speed->write_latency = figure(node, "write_latency");
	speed->read_bandwidth = figure(node, "read_bandwidth");
	speed->write_bandwidth = figure(node, "write_bandwidth");
	return speed->read_latency || speed->read_bandwidth;
}
