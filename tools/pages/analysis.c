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
static int read_block(struct diagnosis *diag, __u64 id)
{
	struct range *range = need_memory(calloc(1, sizeof(*range)));
	__u64 size;
	int rc;

	diag->dev.ranges = range;
	diag->dev.nr_ranges = 1;
	snprintf(diag->name, sizeof(diag->name), "memory%llu", id);
	rc = blocks_size(&size);
	if (rc)
		return rc;
	range->start = id * size;
	range->end = range->start + size - 1;
	diag->dev.size = size;
	rc = blocks_read(&diag->blocks, &diag->dev);
	if (!rc && !diag->blocks.nr)
		return fail(EX_NODEV,
			    "'lsmem -a' lists the memory blocks there are",
			    "no such memory block");
	return rc;
}

static int read_device(struct diagnosis *diag, const char *name)
{
	__u64 exclusive = 0;
	int rc;

	snprintf(diag->name, sizeof(diag->name), "%.31s", name);
	diag->is_device = true;
	rc = dax_bus_check();
	if (!rc)
		rc = dax_check_name(name);
	if (!rc)
		rc = dax_read(&diag->dev, name);
	if (!rc)
		rc = blocks_read(&diag->blocks, &diag->dev);
	if (!rc && !path_read_u64(&exclusive, 10,
				   "/sys/bus/dax/devices/%s/kmem/exclusive",
				   name))
		diag->exclusive = exclusive;
	return rc;
}

static void judge(struct diagnosis *diag)
{
	struct judged *judged;
	size_t i, k;

	diag->verdict = CAN_OFFLINE;
	diag->judged = need_memory(calloc(diag->blocks.nr + 1,
					  sizeof(*diag->judged)));
	for (i = 0; i < diag->blocks.nr; i++) {
		judged = &diag->judged[i];
		pages_count(&diag->pages, i, judged->bytes);
		judged->verdict = verdict_of(&diag->blocks.blocks[i],
					     judged->bytes, judged->reason,
					     sizeof(judged->reason));
		if (judged->verdict > diag->verdict &&
		    judged->verdict != IS_OFFLINE)
			diag->verdict = judged->verdict;
		for (k = 0; k < NR_PAGE_KINDS; k++)
			diag->bytes[k] += judged->bytes[k];
	}
	if (diag->verdict == CAN_OFFLINE && !blocks_online(&diag->blocks))
		diag->verdict = IS_OFFLINE;
}

/* Huge pages that nobody uses are not moved, but given up. */
static int each_pool(const char *name, void *arg)
{
	struct diagnosis *diag = arg;
	__u64 free_pages, kib, bytes;

	if (sscanf(name, "hugepages-%llukB", &kib) != 1 ||
	    path_read_u64(&free_pages, 10,
			   "/sys/devices/system/node/node%d/hugepages/%s/free_hugepages",
			   diag->node, name))
		return 0;
	bytes = free_pages * kib * 1024;
	diag->to_move -= bytes < diag->to_move ? bytes : diag->to_move;
	return 0;
}

static int measure_room(struct diagnosis *diag)
{
	struct numa_nodes others;
	char dir[64];
	int rc;

	diag->to_move = kinds_sum(diag->bytes, KINDS_MOVED);
	if (diag->bytes[PAGE_HUGETLB] && diag->node != NO_NODE) {
		snprintf(dir, sizeof(dir),
			 "/sys/devices/system/node/node%d/hugepages",
			 diag->node);
		path_each(dir, each_pool, diag);
	}
	rc = numa_others(&others, diag->node);
	diag->room = numa_room(&others);
	/* on the only node there is, pages move within it */
	if (!rc && others.nr && diag->to_move > diag->room)
		diag->verdict = CANNOT_OFFLINE;
	if (!others.nr)
		diag->room = diag->to_move;
	numa_free(&others);
	return rc;
}

bool diagnosis_lacks_room(const struct diagnosis *diag)
{
	return diag->to_move > diag->room;
}

static int online_node(const struct diagnosis *diag)
{
	size_t i;

	for (i = 0; i < diag->blocks.nr; i++)
		if (diag->blocks.blocks[i].zone != ZONE_OFFLINE)
			return numa_node_of(diag->blocks.blocks[i].id);
	return diag->is_device ? diag->dev.target_node : NO_NODE;
}

int diagnose(struct diagnosis *diag, const char *name)
{
	__u64 id;
	int rc;

	memset(diag, 0, sizeof(*diag));
	if (is_block(name, &id))
		rc = read_block(diag, id);
	else
		rc = read_device(diag, name);
	if (rc)
		return rc;
	diag->node = online_node(diag);
	if (blocks_online(&diag->blocks))
		rc = pages_read(&diag->pages, &diag->blocks);
	else
		pages_none(&diag->pages, &diag->blocks);
	if (rc)
		return rc;
	judge(diag);
	if (kinds_sum(diag->bytes, KINDS_MOVED))
		holders_read(&diag->holders, &diag->pages, diag->node);
	kernel_log_read(&diag->log, &diag->pages,
			diag->is_device ? diag->name : NULL);
	return measure_room(diag);
}

void diagnosis_free(struct diagnosis *diag)
{
	dax_free(&diag->dev);
	blocks_free(&diag->blocks);
	pages_free(&diag->pages);
	holders_free(&diag->holders);
	free(diag->judged);
	memset(diag, 0, sizeof(*diag));
}
