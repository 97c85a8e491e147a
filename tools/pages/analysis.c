// SPDX-License-Identifier: GPL-2.0-only
/*
 * Analysis of what keeps a device's memory, or one memory block, online: its
 * pages, their owners, the kernel log, the room on other nodes. Reads only.
 *
 * Holes, reserved and pinned pages keep a block online in every zone; pages of
 * the kernel do outside zone Movable.
 */
#include "pages/analysis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/numa.h"
#include "lib/path.h"
#include "pages/room.h"

/* Kinds of pages that prevent it, the worst first. */
static const struct {
	__u32 movable;		/* kinds, in zone Movable */
	__u32 other;		/* kinds, in other zones */
	enum offlinable offlinable;
	const char *reason;
} obstacles[] = {
	{ KIND_BIT(PAGE_RESERVED), KIND_BIT(PAGE_RESERVED) | KINDS_KERNEL,
	  OFFLINABLE_NO, "the kernel's own, never moved" },
	{ KIND_BIT(PAGE_PINNED), KIND_BIT(PAGE_PINNED), OFFLINABLE_UNLIKELY,
	  "likely in use for I/O or in a pipe, moved only once released" },
	{ 0, KIND_BIT(PAGE_UNCLEAR), OFFLINABLE_MAYBE,
	  "free or the kernel's own" },
};

enum offlinable block_offlinable(const struct block *block,
				 const __u64 bytes[NR_PAGE_KINDS],
				 char *reason, size_t size)
{
	char list[96];
	size_t i;

	*reason = '\0';
	if (block->zone == ZONE_OFFLINE)
		return OFFLINABLE_ALREADY;
	if (block->zone == ZONE_MIXED || bytes[PAGE_ABSENT]) {
		snprintf(reason, size, "it %s", block->zone == ZONE_MIXED ?
			 "lies in more than one zone or node" : "has holes");
		return OFFLINABLE_NO;
	}
	for (i = 0; i < sizeof(obstacles) / sizeof(*obstacles); i++) {
		kinds_list(bytes, block->zone == ZONE_NORMAL ?
			   obstacles[i].other : obstacles[i].movable, list,
			   sizeof(list));
		if (!*list)
			continue;
		snprintf(reason, size, "%s: %s", list, obstacles[i].reason);
		return obstacles[i].offlinable;
	}
	return OFFLINABLE_YES;
}

/* "memory32" or "32"; larger numbers have no address. */
static bool is_block(const char *name, __u64 *id)
{
	return (name_number(id, name, "memory") ||
		name_number(id, name, "")) && *id >> 32 == 0;
}

/* A block is read as a device with this block alone. */
static int read_block(struct analysis *found, __u64 id)
{
	struct range *range = need_memory(calloc(1, sizeof(*range)));
	__u64 size;
	int rc;

	found->dev.ranges = range;
	found->dev.nr_ranges = 1;
	snprintf(found->name, sizeof(found->name), "memory%llu", id);
	rc = blocks_size(&size);
	if (rc)
		return rc;
	range->start = id * size;
	range->end = range->start + size - 1;
	found->dev.size = size;
	rc = blocks_read(&found->blocks, &found->dev);
	if (!rc && !found->blocks.nr)
		return fail(EX_NODEV,
			    "'lsmem -a' lists the memory blocks there are",
			    "no such memory block");
	return rc;
}

static int read_device(struct analysis *found, const char *name)
{
	__u64 exclusive = 0;
	int rc;

	snprintf(found->name, sizeof(found->name), "%.31s", name);
	found->is_device = true;
	rc = dax_bus_check();
	if (!rc)
		rc = dax_check_name(name);
	if (!rc)
		rc = dax_read(&found->dev, name);
	if (!rc)
		rc = blocks_read(&found->blocks, &found->dev);
	if (!rc && !path_read_u64(&exclusive, 10,
				  "/sys/bus/dax/devices/%s/kmem/exclusive",
				  name))
		found->exclusive = exclusive;
	return rc;
}

static int analyze_pages(struct analysis *found)
{
	struct block_analysis *block;
	size_t i, k;
	int rc;

	found->node = blocks_node(&found->blocks);
	if (found->node == NO_NODE && found->is_device)
		found->node = found->dev.target_node;
	rc = pages_read(&found->pages, &found->blocks);
	if (rc)
		return rc;
	found->per_block = need_memory(calloc(found->blocks.nr + 1,
					      sizeof(*found->per_block)));
	for (i = 0; i < found->blocks.nr; i++) {
		block = &found->per_block[i];
		pages_count(&found->pages, i, block->bytes);
		block->offlinable = block_offlinable(&found->blocks.blocks[i],
						     block->bytes,
						     block->reason,
						     sizeof(block->reason));
		found->nr_offlinable += block->offlinable == OFFLINABLE_YES;
		if (block->offlinable > found->offlinable &&
		    block->offlinable != OFFLINABLE_ALREADY)
			found->offlinable = block->offlinable;
		for (k = 0; k < NR_PAGE_KINDS; k++)
			found->bytes[k] += block->bytes[k];
	}
	if (!blocks_online(&found->blocks))
		found->offlinable = OFFLINABLE_ALREADY;
	return 0;
}

static int analyze_room(struct analysis *found)
{
	struct numa_nodes others;
	int rc;

	found->to_move = room_needed(found->bytes, found->node);
	rc = numa_others(&others, found->node);
	/* on the only node with memory, pages move within it */
	found->room = others.nr ? numa_room(&others) : found->to_move;
	found->lacks_room = !rc && found->to_move > found->room;
	if (found->lacks_room)
		found->offlinable = OFFLINABLE_NO;
	numa_free(&others);
	return rc;
}

int analyze(struct analysis *found, const char *name)
{
	__u64 id;
	int rc;

	memset(found, 0, sizeof(*found));
	if (is_block(name, &id))
		rc = read_block(found, id);
	else
		rc = read_device(found, name);
	if (!rc)
		rc = analyze_pages(found);
	if (rc)
		return rc;
	if (kinds_sum(found->bytes, KINDS_MOVED))
		holders_read(&found->holders, &found->pages, found->node);
	kernel_log_read(&found->log, &found->pages,
			found->is_device ? found->name : NULL, found->node);
	return analyze_room(found);
}

void analyze_block(__u64 id, char *reason, size_t size)
{
	struct analysis found = { 0 };

	*reason = '\0';
	if (!read_block(&found, id) && !analyze_pages(&found))
		snprintf(reason, size, "%s", found.per_block[0].reason);
	analysis_free(&found);
}

void analysis_reason(const struct analysis *found, char *buf, size_t size)
{
	size_t i;

	*buf = '\0';
	if (found->lacks_room) {
		room_text(buf, size, found->to_move, "all other nodes have",
			  found->room);
		return;
	}
	for (i = 0; i < found->blocks.nr; i++) {
		if (found->per_block[i].offlinable != found->offlinable ||
		    !*found->per_block[i].reason)
			continue;
		snprintf(buf, size, "memory%llu: %s",
			 found->blocks.blocks[i].id,
			 found->per_block[i].reason);
		return;
	}
	if (found->exclusive)
		snprintf(buf, size,
			 "kmem/exclusive is 1: blocks go offline only through the device's state");
}

void analysis_free(struct analysis *found)
{
	dax_free(&found->dev);
	blocks_free(&found->blocks);
	pages_free(&found->pages);
	holders_free(&found->holders.processes);
	free(found->per_block);
	memset(found, 0, sizeof(*found));
}
