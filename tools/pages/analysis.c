// SPDX-License-Identifier: GPL-2.0-only
/*
 * All that is known of what keeps a device's memory, or one block, online: its
 * pages, who holds them, the kernel log, the room elsewhere. Reads only.
 */
#include "pages/analysis.h"
#include "pages/read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/numa.h"
#include "lib/path.h"

/* "memory32" or "32" */
static bool is_block(const char *name, __u64 *id)
{
	if (!strncmp(name, "memory", strlen("memory")))
		name += strlen("memory");
	*id = strtoull(name, NULL, 10);
	return *name && !name[strspn(name, "0123456789")] &&
	       strlen(name) < 16;
}

/* A block is read as a device that has it and nothing else. */
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

static void judge(struct analysis *found)
{
	struct block_analysis *judged;
	size_t i, k;

	found->offlinable = OFFLINABLE_YES;
	found->per_block = need_memory(calloc(found->blocks.nr + 1,
					  sizeof(*found->per_block)));
	for (i = 0; i < found->blocks.nr; i++) {
		judged = &found->per_block[i];
		pages_count(&found->pages, i, judged->bytes);
		judged->offlinable = block_offlinable(&found->blocks.blocks[i],
					     judged->bytes, judged->reason,
					     sizeof(judged->reason));
		if (judged->offlinable > found->offlinable &&
		    judged->offlinable != OFFLINABLE_ALREADY)
			found->offlinable = judged->offlinable;
		for (k = 0; k < NR_PAGE_KINDS; k++)
			found->bytes[k] += judged->bytes[k];
	}
	if (found->offlinable == OFFLINABLE_YES && !blocks_online(&found->blocks))
		found->offlinable = OFFLINABLE_ALREADY;
}

/* Huge pages that nobody uses are not moved, but given up. */
static int each_pool(const char *name, void *arg)
{
	struct analysis *found = arg;
	__u64 free_pages, kib, bytes;

	if (sscanf(name, "hugepages-%llukB", &kib) != 1 ||
	    path_read_u64(&free_pages, 10,
			   "/sys/devices/system/node/node%d/hugepages/%s/free_hugepages",
			   found->node, name))
		return 0;
	bytes = free_pages * kib * 1024;
	found->to_move -= bytes < found->to_move ? bytes : found->to_move;
	return 0;
}

static int measure_room(struct analysis *found)
{
	struct numa_nodes others;
	char dir[64];
	int rc;

	found->to_move = kinds_sum(found->bytes, KINDS_MOVED);
	if (found->bytes[PAGE_HUGETLB] && found->node != NO_NODE) {
		snprintf(dir, sizeof(dir),
			 "/sys/devices/system/node/node%d/hugepages",
			 found->node);
		path_each(dir, each_pool, found);
	}
	rc = numa_others(&others, found->node);
	found->room = numa_room(&others);
	/* on the only node there is, pages move within it */
	if (!rc && others.nr && found->to_move > found->room)
		found->offlinable = OFFLINABLE_NO;
	if (!others.nr)
		found->room = found->to_move;
	numa_free(&others);
	return rc;
}

bool analysis_lacks_room(const struct analysis *found)
{
	return found->to_move > found->room;
}

static int online_node(const struct analysis *found)
{
	size_t i;

	for (i = 0; i < found->blocks.nr; i++)
		if (found->blocks.blocks[i].zone != ZONE_OFFLINE)
			return numa_node_of(found->blocks.blocks[i].id);
	return found->is_device ? found->dev.target_node : NO_NODE;
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
	if (rc)
		return rc;
	found->node = online_node(found);
	if (blocks_online(&found->blocks))
		rc = pages_read(&found->pages, &found->blocks);
	else
		pages_none(&found->pages, &found->blocks);
	if (rc)
		return rc;
	judge(found);
	if (kinds_sum(found->bytes, KINDS_MOVED))
		holders_read(&found->holders, &found->pages, found->node);
	kernel_log_read(&found->log, &found->pages,
			found->is_device ? found->name : NULL);
	return measure_room(found);
}

void analysis_free(struct analysis *found)
{
	dax_free(&found->dev);
	blocks_free(&found->blocks);
	pages_free(&found->pages);
	holders_free(&found->holders);
	free(found->per_block);
	memset(found, 0, sizeof(*found));
}
