// SPDX-License-Identifier: GPL-2.0-only
/*
 * NUMA nodes as the kernel shows them: a node's distance, memory tier and
 * performance, its zones, and the room that nodes have.
 */
#include "device/numa.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/path.h"

#define NODE "/sys/devices/system/node"
#define TIERS "/sys/devices/virtual/memory_tiering"

/* The line "Node 1 MemFree:  123 kB" or "SwapFree: 123 kB", in bytes. */
static __u64 meminfo_value(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtoull(at + strlen(key), NULL, 10) * 1024 : 0;
}

/* A line of the whole system; 0: not known. */
static __u64 system_value(const char *key)
{
	__u64 value;
	char *text;
	size_t len;

	if (path_read_whole(&text, &len, "/proc/meminfo"))
		return 0;
	value = meminfo_value(text, key);
	free(text);
	return value;
}

int numa_try_node(int id, struct numa_node *node)
{
	char *text;
	size_t len;
	int rc;

	memset(node, 0, sizeof(*node));
	node->id = id;
	rc = path_read_whole(&text, &len, NODE "/node%d/meminfo", id);
	if (rc)
		return rc;
	node->total = meminfo_value(text, " MemTotal:");
	node->anon = meminfo_value(text, " Active(anon):") +
		     meminfo_value(text, " Inactive(anon):") +
		     meminfo_value(text, " Unevictable:");
	node->cache = meminfo_value(text, " Active(file):") +
		      meminfo_value(text, " Inactive(file):");
	node->room = node->cache + meminfo_value(text, " MemFree:") +
		     meminfo_value(text, " SReclaimable:");
	free(text);
	return 0;
}

int numa_read_node(int id, struct numa_node *node)
{
	int rc = numa_try_node(id, node);

	return rc ? fail(EX_FAILED, what_next(rc),
			 "cannot read node%d/meminfo: %s", id, why(rc)) : 0;
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

int numa_figure(int node, const char *name)
{
	int value;

	return path_read_int(&value, NODE "/node%d/access0/initiators/%s",
			     node, name) ? 0 : value;
}

/* The lines of a zone in /proc/zoneinfo that are used. Numbers are pages. */
static const struct zone_line {
	const char *key;
	size_t offset;
} zone_lines[] = {
	{ "pages free", offsetof(struct zone_span, free) },
	{ "high", offsetof(struct zone_span, high) },
	{ "spanned", offsetof(struct zone_span, end) },
	{ "present", offsetof(struct zone_span, present) },
	{ "nr_zone_inactive_file",
	  offsetof(struct zone_span, inactive_file) },
	{ "nr_zone_active_file", offsetof(struct zone_span, active_file) },
	{ "start_pfn:", offsetof(struct zone_span, start) },
};

/* True if the line ends the zone: it is its last one. */
static bool read_zone_line(const char *line, struct zone_span *zone)
{
	size_t i, len, last = sizeof(zone_lines) / sizeof(*zone_lines) - 1;

	line += strspn(line, " ");
	for (i = 0; i <= last; i++) {
		len = strlen(zone_lines[i].key);
		if (strncmp(line, zone_lines[i].key, len) || line[len] != ' ')
			continue;
		*(__u64 *)((char *)zone + zone_lines[i].offset) =
			strtoull(line + len, NULL, 10) * sysconf(_SC_PAGESIZE);
		return i == last;
	}
	return false;
}

/* A zone of /proc/zoneinfo begins with a line "Node N, zone NAME". */
int zones_read(struct zone_span **spans, size_t *nr)
{
	struct zone_span zone = { .present = 0 };
	char *text, *rest, *line;
	size_t len;
	int rc;

	*spans = NULL;
	*nr = 0;
	rc = path_read_whole(&text, &len, "/proc/zoneinfo");
	if (rc)
		return rc;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		if (!strncmp(line, "Node", 4)) {
			memset(&zone, 0, sizeof(zone));
			if (sscanf(line, "Node %d, zone %15s", &zone.node,
				   zone.name) != 2)
				*zone.name = '\0';
		} else if (read_zone_line(line, &zone) && *zone.name &&
			   zone.present) {
			/* until now what it spans */
			zone.end += zone.start;
			*spans = grow(*spans, *nr, sizeof(**spans));
			(*spans)[(*nr)++] = zone;
		}
	}
	free(text);
	return 0;
}

__u64 kernel_available(void)
{
	__u64 available = system_value("MemAvailable:"), movable = 0;
	struct zone_span *zones;
	size_t i, nr;

	if (zones_read(&zones, &nr))
		return available;
	for (i = 0; i < nr; i++)
		if (!strcmp(zones[i].name, "Movable"))
			movable += zones[i].free + zones[i].inactive_file +
				   zones[i].active_file;
	free(zones);
	/* not 0, which would say that it is not known */
	return available > movable ? available - movable : !!available;
}

static int nearest_first(const void *a, const void *b)
{
	const struct numa_node *left = a, *right = b;

	return left->distance != right->distance ?
	       left->distance - right->distance : left->id - right->id;
}

/*
 * Between the high and the min watermark the kernel still moves pages, but then
 * its own small allocations can fail and wake the OOM killer.
 */
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
				node->room -= zones[k].high < node->room ?
					      zones[k].high : node->room;
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
	__u64 room = system_value("SwapFree:");
	size_t i;

	for (i = 0; i < nodes->nr; i++)
		room += nodes->nodes[i].room;
	return room;
}

void numa_free(struct numa_nodes *nodes)
{
	free(nodes->nodes);
	memset(nodes, 0, sizeof(*nodes));
}
