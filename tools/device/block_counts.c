// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts of the memory blocks of a device, in total and in each zone: added up by
 * the caller, or read from dax-kmem, which counts them itself.
 */
#include "device/block_counts.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/path.h"

#define KMEM "/sys/bus/dax/devices/%s/kmem"

const char *zone_name(enum zone zone)
{
	static const char * const names[] = {
		[ZONE_OFFLINE] = "",
		[ZONE_MOVABLE] = "Movable",
		[ZONE_NORMAL]  = "Normal",
		[ZONE_MIXED]   = "none",
	};

	return names[zone];
}

enum zone zone_by_name(const char *name)
{
	if (!strcmp(name, "none"))
		return ZONE_MIXED;
	return strcmp(name, "Movable") ? ZONE_NORMAL : ZONE_MOVABLE;
}

void block_counts_add(struct block_counts *counts, const char *zone_name, __u64 nr)
{
	struct zone_count *zone = counts->zones;
	struct zone_count *end = zone + counts->nr_zones;

	counts->present += nr;
	if (!*zone_name)
		return;
	counts->online += nr;
	while (zone < end && strcmp(zone->name, zone_name))
		zone++;
	/* no kernel has more zones than there is room for */
	if (zone == counts->zones + sizeof(counts->zones) / sizeof(*zone))
		return;
	if (zone == end)
		counts->nr_zones++;
	snprintf(zone->name, sizeof(zone->name), "%s", zone_name);
	zone->nr += nr;
}

bool block_counts_alike(const struct block_counts *counts)
{
	if (!counts->online)
		return true;
	return counts->nr_zones == 1 && counts->online == counts->present &&
	       zone_by_name(counts->zones[0].name) != ZONE_MIXED;
}

void block_counts_zones(const struct block_counts *counts, char *buf, size_t size)
{
	size_t i, used = 0;

	*buf = '\0';
	for (i = 0; i < counts->nr_zones && used < size; i++)
		used += snprintf(buf + used, size - used,
				 counts->nr_zones == 1 ? "%s%s" : "%s%s:%llu",
				 i ? " " : "", counts->zones[i].name,
				 counts->zones[i].nr);
}

/* "offline:2 Normal:1 Movable:5" */
static int parse(struct block_counts *counts, char *text)
{
	char *word, *colon, *end;
	__u64 nr;

	while ((word = strsep(&text, " "))) {
		if (!*word)
			continue;
		colon = strchr(word, ':');
		if (!colon || !isdigit((unsigned char)colon[1]) ||
		    colon == word || colon - word > 15)
			return -EBADMSG;
		*colon = '\0';
		nr = strtoull(colon + 1, &end, 10);
		if (*end)
			return -EBADMSG;
		block_counts_add(counts, strcmp(word, "offline") ? word : "", nr);
	}
	return 0;
}

int block_counts_of_driver(struct block_counts *counts, const char *device)
{
	char zones[256];
	int rc;

	memset(counts, 0, sizeof(*counts));
	rc = path_read(zones, sizeof(zones), KMEM "/zones", device);
	if (!rc)
		rc = parse(counts, zones);
	if (!rc)
		rc = path_read_u64(&counts->total, 10, KMEM "/total_blocks",
				   device);
	if (!rc)
		rc = path_read_u64(&counts->lost, 10, KMEM "/lost_bytes",
				   device);
	return rc;
}
