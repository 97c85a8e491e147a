// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/zoneinfo and kmem/zones of the fake kernel, made of the state of its
 * memory blocks.
 */
#include "zones.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "blocks.h"
#include "tree.h"

/* Blocks of dax0.0 and its neighbours are node 1's, those below node 0's. */
static int node_of(unsigned long long id)
{
	return id >= 32;
}

struct zone {
	unsigned long long first, last, present;
};

static void count_in_zone(struct zone *zone, unsigned long long id)
{
	if (!zone->present || id < zone->first)
		zone->first = id;
	if (!zone->present || id > zone->last)
		zone->last = id;
	zone->present++;
}

void write_zoneinfo(int fd)
{
	static const char * const names[] = { "Normal", "Movable" };
	struct zone zones[2][2] = { 0 };
	unsigned long long id, pages = BLOCK_SIZE / 4096;
	struct dirent *entry;
	char zone[32];
	DIR *d;
	int i;

	d = opendir(at("sys/devices/system/memory"));
	while ((entry = readdir(d))) {
		if (sscanf(entry->d_name, "memory%llu", &id) != 1 ||
		    !block_is_online(at("sys/devices/system/memory/memory%llu", id)))
			continue;
		get(at("sys/devices/system/memory/memory%llu/valid_zones", id),
		    zone, sizeof(zone));
		count_in_zone(&zones[node_of(id)][!strcmp(zone, "Movable")],
			      id);
	}
	closedir(d);
	for (i = 0; i < 4; i++) {
		struct zone *z = &zones[i / 2][i % 2];

		dprintf(fd, "Node %d, zone %8s\n  pages free     1\n", i / 2,
			names[i % 2]);
		dprintf(fd, "        spanned  %llu\n        present  %llu\n",
			z->present ? (z->last - z->first + 1) * pages : 0,
			z->present * pages);
		if (z->present)
			dprintf(fd, "      nr_free_pages 1\n  start_pfn: %llu\n",
				z->first * pages);
	}
}

static void write_count(int fd, const char *zone, unsigned long long count,
			const char **space)
{
	if (!count)
		return;
	dprintf(fd, "%s%s:%llu", *space, zone, count);
	*space = " ";
}

void write_zones(int fd, const char *dev)
{
	struct block_counts counts = count_blocks(dev);
	const char *space = "";

	write_count(fd, "offline", counts.offline, &space);
	write_count(fd, "Normal", counts.normal, &space);
	write_count(fd, "Movable", counts.movable, &space);
	dprintf(fd, "\n");
}
