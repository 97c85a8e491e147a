// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory blocks of one device, and counts of them in each zone. Two files
 * of each block tell its state; /proc/zoneinfo may tell that of all in one read,
 * and dax-kmem counts them.
 */
#include "device/memblock.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/numa.h"
#include "lib/path.h"

#define MEMORY "/sys/devices/system/memory"
#define BLOCK MEMORY "/memory%llu"
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

static enum zone zone_by_name(const char *name)
{
	if (!*name)
		return ZONE_OFFLINE;
	if (!strcmp(name, "none"))
		return ZONE_MIXED;
	return strcmp(name, "Movable") ? ZONE_NORMAL : ZONE_MOVABLE;
}

/* Counts nr more blocks, in a zone or, with an empty name, offline. */
static void add_to_counts(struct block_counts *counts, const char *zone_name,
			  __u64 nr)
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

char *block_counts_zones(const struct block_counts *counts, char *buf,
			 size_t size)
{
	size_t i, used = 0;

	*buf = '\0';
	for (i = 0; i < counts->nr_zones && used < size; i++)
		used += snprintf(buf + used, size - used,
				 counts->nr_zones == 1 ? "%s%s" : "%s%s:%llu",
				 i ? " " : "", counts->zones[i].name,
				 counts->zones[i].nr);
	return buf;
}

/* "offline:2 Normal:1 Movable:5" */
static int parse_counts(struct block_counts *counts, char *text)
{
	char *word, zone[16];
	int number, end;
	__u64 nr;

	while ((word = strsep(&text, " "))) {
		if (!*word)
			continue;
		end = 0;
		if (sscanf(word, "%15[^:]:%n%llu%n", zone, &number, &nr,
			   &end) != 2 ||
		    !isdigit((unsigned char)word[number]) || word[end])
			return -EBADMSG;
		add_to_counts(counts, strcmp(zone, "offline") ? zone : "", nr);
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
		rc = parse_counts(counts, zones);
	if (!rc)
		rc = path_read_u64(&counts->total, 10, KMEM "/total_blocks",
				   device);
	if (!rc)
		rc = path_read_u64(&counts->lost, 10, KMEM "/lost_bytes",
				   device);
	return rc;
}

int blocks_size(__u64 *block_size)
{
	int rc = path_read_u64(block_size, 16, MEMORY "/block_size_bytes");

	if (!rc && (*block_size < 4096 || *block_size & (*block_size - 1)))
		rc = -EBADMSG;
	if (rc)
		return fail(EX_FAILED,
			    "check that the kernel has CONFIG_MEMORY_HOTPLUG",
			    "block_size_bytes: %s", why(rc));
	return 0;
}

static int read_failed(__u64 id, const char *attr, int rc)
{
	return fail(EX_FAILED, what_next(rc),
		    "cannot read memory%llu/%s: %s", id, attr, why(rc));
}

static void set_zone(struct block *block, const char *zone_name)
{
	block->zone = zone_by_name(zone_name);
	snprintf(block->zone_name, sizeof(block->zone_name), "%.15s",
		 zone_name);
}

int block_read(struct block *block)
{
	char text[128];
	int rc;

	set_zone(block, "");
	rc = path_read(text, sizeof(text), BLOCK "/state", block->id);
	if (!rc && !strcmp(text, "offline"))
		return 0;
	/* a block that goes offline is still in use */
	if (!rc && strcmp(text, "online") && strcmp(text, "going-offline"))
		rc = -EBADMSG;
	if (rc)
		return read_failed(block->id, "state", rc);
	rc = path_read(text, sizeof(text), BLOCK "/valid_zones", block->id);
	if (!rc && (!*text || *text == ' '))
		rc = -EBADMSG;
	if (rc)
		return read_failed(block->id, "valid_zones", rc);
	text[strcspn(text, " ")] = '\0';
	set_zone(block, text);
	return 0;
}

void range_blocks(const struct range *r, __u64 size, __u64 *first, __u64 *end)
{
	*first = r->start / size + !!(r->start % size);
	*end = r->end / size + (r->end % size == size - 1);
	if (*end < *first)
		*end = *first;
}

/* Numbers of memory blocks. */
struct ids {
	__u64 *list;		/* ascending */
	size_t nr;
};

static int each_name(const char *name, void *arg)
{
	struct ids *ids = arg;
	__u64 id;

	if (!name_number(&id, name, "memory"))
		return 0;
	ids->list = grow(ids->list, ids->nr, sizeof(id));
	ids->list[ids->nr++] = id;
	return 0;
}

/* All blocks of the system: only their names tell which exist. */
static int read_ids(struct ids *ids)
{
	int rc = path_each(MEMORY, each_name, ids);

	if (rc)
		return fail(EX_FAILED, what_next(rc), "%s: %s", MEMORY,
			    why(rc));
	if (ids->nr)
		qsort(ids->list, ids->nr, sizeof(*ids->list), compare_u64);
	return 0;
}

/*
 * Sets the state of all blocks, if the zones prove it: blocks outside of every
 * zone are offline; blocks of a zone that has all its memory are online.
 */
static bool set_by_zones(struct block_set *set, const struct ids *all)
{
	__u64 size = set->block_size, low, high;
	struct zone_span *spans, *in = NULL;
	size_t i, nr, inside = 0, overlaps = 0;
	bool proven;

	if (zones_read(&spans, &nr))
		return false;
	low = set->blocks[0].id * size;
	high = (set->blocks[set->nr - 1].id + 1) * size;
	for (i = 0; i < nr; i++)
		if (spans[i].start < high && spans[i].end > low) {
			in = &spans[i];
			overlaps++;
		}
	proven = !overlaps;
	if (overlaps == 1) {
		for (i = 0; i < all->nr; i++)
			inside += all->list[i] >= in->start / size &&
				  all->list[i] < in->end / size;
		proven = in->start <= low && in->end >= high &&
			 in->present == inside * size;
	}
	for (i = 0; proven && i < set->nr; i++)
		set_zone(&set->blocks[i], in ? in->name : "");
	free(spans);
	return proven;
}

static void add_block(struct block_set *set, __u64 id)
{
	set->blocks = grow(set->blocks, set->nr, sizeof(*set->blocks));
	set->blocks[set->nr++] = (struct block){ .id = id };
}

static int read_blocks(struct block_set *set, const struct dax_dev *dev)
{
	struct ids all = { 0 };
	__u64 first, end;
	size_t i, k;
	int rc;

	rc = read_ids(&all);
	for (i = 0; !rc && i < dev->nr_ranges; i++) {
		range_blocks(&dev->ranges[i], set->block_size, &first, &end);
		for (k = 0; k < all.nr; k++)
			if (all.list[k] >= first && all.list[k] < end)
				add_block(set, all.list[k]);
	}
	if (!rc && set->nr && !set_by_zones(set, &all))
		for (i = 0; !rc && i < set->nr; i++)
			rc = block_read(&set->blocks[i]);
	free(all.list);
	return rc;
}

static int counts_failed(int rc)
{
	return fail(EX_FAILED, what_next(rc), "cannot read kmem/: %s", why(rc));
}

int blocks_read(struct block_set *set, const struct dax_dev *dev)
{
	struct block_counts counts;
	__u64 first, end;
	size_t i;
	int rc;

	memset(set, 0, sizeof(*set));
	rc = blocks_size(&set->block_size);
	if (rc)
		return rc;
	for (i = 0; i < dev->nr_ranges; i++) {
		range_blocks(&dev->ranges[i], set->block_size, &first, &end);
		set->total += end - first;
	}
	set->lost = dev->size - set->total * set->block_size;
	rc = block_counts_of_driver(&counts, dev->name);
	if (rc && rc != -ENOENT)
		return counts_failed(rc);
	/* the ranges may have grown since the driver counted them */
	if (!rc) {
		set->total = counts.total;
		set->lost = counts.lost;
	}
	return read_blocks(set, dev);
}

void blocks_free(struct block_set *set)
{
	free(set->blocks);
	memset(set, 0, sizeof(*set));
}

size_t blocks_online(const struct block_set *set)
{
	size_t i, online = 0;

	for (i = 0; i < set->nr; i++)
		online += set->blocks[i].zone != ZONE_OFFLINE;
	return online;
}

bool blocks_alike(const struct block_set *set)
{
	size_t i;

	for (i = 0; i < set->nr; i++)
		if (set->blocks[i].zone == ZONE_MIXED ||
		    strcmp(set->blocks[i].zone_name, set->blocks[0].zone_name))
			return false;
	return true;
}

struct block_counts blocks_tally(const struct block_set *set)
{
	struct block_counts counts = { .total = set->total, .lost = set->lost };
	size_t i;

	for (i = 0; i < set->nr; i++)
		add_to_counts(&counts, set->blocks[i].zone_name, 1);
	return counts;
}

int blocks_count(struct block_counts *counts, const struct dax_dev *dev)
{
	struct block_set set;
	int rc;

	rc = block_counts_of_driver(counts, dev->name);
	if (rc != -ENOENT)
		return rc ? counts_failed(rc) : 0;
	rc = blocks_read(&set, dev);
	*counts = blocks_tally(&set);
	blocks_free(&set);
	return rc;
}

struct block *blocks_find(const struct block_set *set, __u64 id)
{
	if (!set->nr)
		return NULL;
	return bsearch(&id, set->blocks, set->nr, sizeof(*set->blocks),
		       compare_u64);
}

static int each_link(const char *name, void *node)
{
	__u64 id;

	if (!name_number(&id, name, "node") || id >= MAX_NODES)
		return 0;
	*(int *)node = id;
	return 1;
}

int blocks_node(const struct block_set *set)
{
	int node = NO_NODE;
	char dir[64];
	size_t i;

	for (i = 0; i < set->nr; i++) {
		if (set->blocks[i].zone == ZONE_OFFLINE)
			continue;
		snprintf(dir, sizeof(dir), BLOCK, set->blocks[i].id);
		path_each(dir, each_link, &node);
		break;
	}
	return node;
}
