// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory blocks of one device: which exist, and the state and zone of each.
 * Two files of each block tell; if all are alike, dax-kmem's counts or
 * /proc/zoneinfo tell the same in a few reads.
 */
#include "device/memblock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/zoneinfo.h"
#include "lib/path.h"

#define MEMORY "/sys/devices/system/memory"
#define BLOCK MEMORY "/memory%llu"

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

static int read_zone(struct block *block)
{
	char zones[128];
	int rc;

	rc = path_read(zones, sizeof(zones), BLOCK "/valid_zones", block->id);
	if (rc)
		return read_failed(block->id, "valid_zones", rc);
	zones[strcspn(zones, " ")] = '\0';
	snprintf(block->zone_name, sizeof(block->zone_name), "%.15s", zones);
	if (!*zones)
		return read_failed(block->id, "valid_zones", -EBADMSG);
	block->zone = zone_by_name(zones);
	return 0;
}

int block_read(struct block *block)
{
	char state[32];
	int rc;

	block->zone = ZONE_OFFLINE;
	block->zone_name[0] = '\0';
	rc = path_read(state, sizeof(state), BLOCK "/state", block->id);
	if (rc)
		return read_failed(block->id, "state", rc);
	if (!strcmp(state, "offline"))
		return 0;
	/* a block that goes offline is still in use */
	if (!strcmp(state, "online") || !strcmp(state, "going-offline"))
		return read_zone(block);
	return read_failed(block->id, "state", -EBADMSG);
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
	size_t room;
};

static int each_name(const char *name, void *arg)
{
	const char *digits = name + strlen("memory");
	struct ids *ids = arg;

	if (strncmp(name, "memory", strlen("memory")) || !*digits ||
	    digits[strspn(digits, "0123456789")])
		return 0;
	if (ids->nr == ids->room) {
		ids->room = ids->room ? 2 * ids->room : 1024;
		ids->list = need_memory(realloc(ids->list, ids->room *
						sizeof(*ids->list)));
	}
	ids->list[ids->nr++] = strtoull(digits, NULL, 10);
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const __u64 *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

/* All blocks of the system: only their names tell which exist. */
static int read_ids(struct ids *ids)
{
	int rc = path_each(MEMORY, each_name, ids);

	if (rc)
		return fail(EX_FAILED, what_next(rc), "%s: %s", MEMORY,
			    why(rc));
	if (ids->nr)
		qsort(ids->list, ids->nr, sizeof(*ids->list), by_number);
	return 0;
}

/* Index of the first number that is not below this one. */
static size_t lower_bound(const struct ids *ids, __u64 number)
{
	size_t low = 0, high = ids->nr, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (ids->list[middle] < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void set_all(struct block_set *set, const char *zone_name)
{
	struct block *block;

	for (block = set->blocks; block < set->blocks + set->nr; block++) {
		block->zone = *zone_name ? zone_by_name(zone_name) :
					   ZONE_OFFLINE;
		strcpy(block->zone_name, zone_name);
	}
}

/*
 * Sets the state of all blocks, if the zones prove it: blocks outside of every
 * zone are offline; blocks of a zone that has all its memory are online.
 */
static bool set_by_zones(struct block_set *set, const struct ids *all)
{
	__u64 size = set->block_size, low, high;
	struct zone_span *spans, *in = NULL;
	size_t i, nr, inside, overlaps = 0;

	if (zones_read(&spans, &nr))
		return false;
	low = set->blocks[0].id * size;
	high = (set->blocks[set->nr - 1].id + 1) * size;
	for (i = 0; i < nr; i++) {
		if (spans[i].start >= high || spans[i].end <= low)
			continue;
		in = &spans[i];
		overlaps++;
	}
	if (!overlaps)
		set_all(set, "");
	if (overlaps == 1) {
		inside = lower_bound(all, in->end / size) -
			 lower_bound(all, in->start / size);
		if (in->start <= low && in->end >= high &&
		    in->present == inside * size)
			set_all(set, in->name);
		else
			overlaps++;
	}
	free(spans);
	return overlaps < 2;
}

static void make_room(struct block_set *set, size_t nr)
{
	set->blocks = need_memory(calloc(nr, sizeof(*set->blocks)));
}

static int read_blocks(struct block_set *set, const struct dax_dev *dev)
{
	struct ids all = { 0 };
	__u64 first, end;
	size_t i, k;
	int rc;

	rc = read_ids(&all);
	if (!rc && all.nr)
		make_room(set, all.nr);
	for (i = 0; !rc && i < dev->nr_ranges; i++) {
		range_blocks(&dev->ranges[i], set->block_size, &first, &end);
		for (k = lower_bound(&all, first);
		     k < all.nr && all.list[k] < end; k++)
			set->blocks[set->nr++].id = all.list[k];
	}
	if (!rc && set->nr && !set_by_zones(set, &all))
		for (i = 0; !rc && i < set->nr; i++)
			rc = block_read(&set->blocks[i]);
	free(all.list);
	return rc;
}

static void fill(struct block_set *set, const struct dax_dev *dev,
		 const char *zone_name)
{
	__u64 first, end;
	size_t i;

	make_room(set, set->total);
	for (i = 0; i < dev->nr_ranges; i++) {
		range_blocks(&dev->ranges[i], set->block_size, &first, &end);
		while (first < end)
			set->blocks[set->nr++].id = first++;
	}
	set_all(set, zone_name);
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
	if (rc == -ENOENT)
		return read_blocks(set, dev);
	if (rc)
		return fail(EX_FAILED, what_next(rc), "cannot read kmem/: %s",
			    why(rc));
	/* the ranges may have grown since the driver counted them */
	end = set->total;
	set->total = counts.total;
	set->lost = counts.lost;
	if (!counts.present)
		return 0;
	if (counts.present != end || end != set->total ||
	    !block_counts_alike(&counts))
		return read_blocks(set, dev);
	fill(set, dev, counts.online ? counts.zones[0].name : "");
	return 0;
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

void blocks_tally(struct block_counts *counts, const struct block_set *set)
{
	size_t i;

	memset(counts, 0, sizeof(*counts));
	for (i = 0; i < set->nr; i++)
		block_counts_add(counts, set->blocks[i].zone_name, 1);
	counts->total = set->total;
	counts->lost = set->lost;
}

int blocks_count(struct block_counts *counts, const struct dax_dev *dev)
{
	struct block_set set;
	int rc;

	rc = block_counts_of_driver(counts, dev->name);
	if (rc != -ENOENT)
		return rc ? fail(EX_FAILED, what_next(rc),
				 "cannot read kmem/: %s", why(rc)) : 0;
	rc = blocks_read(&set, dev);
	blocks_tally(counts, &set);
	blocks_free(&set);
	return rc;
}

static int by_id(const void *a, const void *b)
{
	const struct block *left = a, *right = b;

	return left->id < right->id ? -1 : left->id > right->id;
}

struct block *blocks_find(const struct block_set *set, __u64 id)
{
	struct block key = { .id = id };

	if (!set->nr)
		return NULL;
	return bsearch(&key, set->blocks, set->nr, sizeof(key), by_id);
}
