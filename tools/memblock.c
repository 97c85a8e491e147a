// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory blocks of one device. A block moves by its "state" file, and what
 * counts is what state and valid_zones say afterwards, not that a write worked.
 */
#include "memblock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"
#include "sysfs.h"

#define MEMORY "/sys/devices/system/memory"
#define BLOCK MEMORY "/memory%llu"

static const char * const zone_words[] = {
	[ZONE_OFFLINE] = "offline",
	[ZONE_MOVABLE] = "online_movable",
	[ZONE_NORMAL]  = "online_kernel",
};

int blocks_size(__u64 *block_size)
{
	int rc = sysfs_read_u64(block_size, 16, MEMORY "/block_size_bytes");

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

	rc = sysfs_read(zones, sizeof(zones), BLOCK "/valid_zones", block->id);
	if (rc)
		return read_failed(block->id, "valid_zones", rc);
	zones[strcspn(zones, " ")] = '\0';
	snprintf(block->zone_name, sizeof(block->zone_name), "%.15s", zones);
	if (!*zones)
		return read_failed(block->id, "valid_zones", -EBADMSG);
	if (!strcmp(zones, "none"))
		block->zone = ZONE_MIXED;
	else if (!strcmp(zones, "Movable"))
		block->zone = ZONE_MOVABLE;
	else
		block->zone = ZONE_NORMAL;
	return 0;
}

static int read_block(struct block *block)
{
	char state[32];
	int rc;

	block->zone = ZONE_OFFLINE;
	block->zone_name[0] = '\0';
	rc = sysfs_read(state, sizeof(state), BLOCK "/state", block->id);
	if (rc)
		return read_failed(block->id, "state", rc);
	if (!strcmp(state, "offline"))
		return 0;
	/* until it is gone, its memory is in use */
	if (!strcmp(state, "online") || !strcmp(state, "going-offline"))
		return read_zone(block);
	return read_failed(block->id, "state", -EBADMSG);
}

/* First and one past the last whole block of a range. */
static void whole_blocks(const struct range *r, __u64 size,
			 __u64 *first, __u64 *end)
{
	*first = r->start / size + !!(r->start % size);
	*end = r->end / size + (r->end % size == size - 1);
	if (*end < *first)
		*end = *first;
}

struct scan {
	struct block_set *set;
	const struct dax_dev *dev;
};

static bool is_ours(const struct scan *scan, __u64 id)
{
	__u64 first, end;
	size_t i;

	for (i = 0; i < scan->dev->nr_ranges; i++) {
		whole_blocks(&scan->dev->ranges[i], scan->set->block_size,
			     &first, &end);
		if (id >= first && id < end)
			return true;
	}
	return false;
}

static int each_block(const char *name, void *arg)
{
	const char *digits = name + strlen("memory");
	struct scan *scan = arg;
	struct block_set *set = scan->set;
	struct block *block;
	__u64 id;

	if (strncmp(name, "memory", strlen("memory")) || !*digits ||
	    digits[strspn(digits, "0123456789")])
		return 0;
	id = strtoull(digits, NULL, 10);
	if (!is_ours(scan, id))
		return 0;
	set->blocks = need_memory(realloc(set->blocks, (set->nr + 1) *
					  sizeof(*set->blocks)));
	block = &set->blocks[set->nr++];
	block->id = id;
	return read_block(block);
}

static int by_id(const void *a, const void *b)
{
	const struct block *left = a, *right = b;

	return left->id < right->id ? -1 : left->id > right->id;
}

int blocks_read(struct block_set *set, const struct dax_dev *dev)
{
	struct scan scan = { .set = set, .dev = dev };
	__u64 first, end;
	size_t i;
	int rc;

	memset(set, 0, sizeof(*set));
	rc = blocks_size(&set->block_size);
	if (rc)
		return rc;
	for (i = 0; i < dev->nr_ranges; i++) {
		whole_blocks(&dev->ranges[i], set->block_size, &first, &end);
		set->total += end - first;
	}
	set->lost = dev->size - set->total * set->block_size;
	rc = sysfs_names(MEMORY, each_block, &scan);
	if (rc < 0)
		return fail(EX_FAILED, what_next(rc), "%s: %s", MEMORY,
			    why(rc));
	if (!rc && set->nr)
		qsort(set->blocks, set->nr, sizeof(*set->blocks), by_id);
	return rc;
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

struct block *blocks_find(const struct block_set *set, __u64 id)
{
	struct block key = { .id = id };

	if (!set->nr)
		return NULL;
	return bsearch(&key, set->blocks, set->nr, sizeof(key), by_id);
}

static int move_failed(const struct block *block, enum zone zone, int rc)
{
	const char *next = what_next(rc);

	if (rc == -EBUSY && zone == ZONE_OFFLINE)
		next = "stop what uses memory of its node and try again";
	return fail(EX_FAILED, next, "memory%llu: cannot write '%s': %s",
		    block->id, zone_words[zone], why(rc));
}

/* One write. Somebody else may have been quicker: the state decides. */
static int move_once(struct block *block, enum zone zone)
{
	int rc, rc_read;

	rc = sysfs_write(zone_words[zone], BLOCK "/state", block->id);
	if (rc && rc != -EINVAL)
		return move_failed(block, zone, rc);
	rc_read = read_block(block);
	if (rc_read || block->zone == zone)
		return rc_read;
	if (rc)
		return move_failed(block, zone, rc);
	return fail(EX_FAILED, ONLINED_BY_OTHERS,
		    "memory%llu: wrote '%s', but it is %s", block->id,
		    zone_words[zone],
		    *block->zone_name ? block->zone_name : "offline");
}

int block_move(struct block *block, enum zone zone)
{
	int rc;

	rc = read_block(block);
	if (rc || block->zone == zone)
		return rc;
	if (block->zone != ZONE_OFFLINE && zone != ZONE_OFFLINE)
		rc = move_once(block, ZONE_OFFLINE);
	return rc ? rc : move_once(block, zone);
}

int blocks_bring_online(struct block_set *set, zone_rule rule,
			const void *arg)
{
	size_t i;
	int rc;

	for (i = set->nr; i--;) {
		rc = session_check();
		if (!rc)
			rc = block_move(&set->blocks[i],
					rule(&set->blocks[i], arg));
		if (rc)
			return rc;
	}
	return session_check();
}

/* The second block first, then from the top down, the first block last. */
size_t offline_order(size_t i, size_t nr)
{
	if (nr < 2)
		return i;
	if (!i)
		return 1;
	return i == nr - 1 ? 0 : nr - i;
}

int blocks_take_offline(struct block_set *set)
{
	size_t i;
	int rc;

	for (i = 0; i < set->nr; i++) {
		rc = session_check();
		if (!rc)
			rc = block_move(&set->blocks[offline_order(i, set->nr)],
					ZONE_OFFLINE);
		if (rc)
			return rc;
	}
	return session_check();
}

void blocks_zones(const struct block_set *set, char *buf, size_t size)
{
	size_t i, j, count, used = 0, online = blocks_online(set);

	*buf = '\0';
	for (i = 0; i < set->nr; i++) {
		const char *zone = set->blocks[i].zone_name;

		for (j = 0; j < i && strcmp(zone, set->blocks[j].zone_name); j++)
			;
		if (!*zone || j < i || used >= size)
			continue;
		for (count = 0; j < set->nr; j++)
			count += !strcmp(zone, set->blocks[j].zone_name);
		used += snprintf(buf + used, size - used,
				 count == online ? "%s%s" : "%s%s:%zu",
				 used ? " " : "", zone, count);
	}
}
