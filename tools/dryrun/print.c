// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints the plan of a device: what it would be, and what that costs. As text,
 * or as a line of a table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/numa.h"
#include "dryrun/plan.h"
#include "lib/table.h"

enum {
	COL_DEVICE, COL_BECOMES, COL_NODE, COL_DRIVER, COL_BLOCKS, COL_SIZE,
	COL_ZONES, COL_LOST, COL_LOSSLESS, COL_MEMMAP, COL_MEMMAP_SIZE,
	COL_AVAILABLE, COL_RATIO, COL_LIMIT, COL_TIER, COL_DISTANCE,
	COL_READ_LATENCY, COL_WRITE_LATENCY, COL_READ_BANDWIDTH,
	COL_WRITE_BANDWIDTH, COL_CONFLICTS, COL_WRITES, NR_COLUMNS
};

static const struct table_column columns[NR_COLUMNS + 1] = {
	[COL_DEVICE] = { .name = "device" },
	[COL_BECOMES] = { .name = "becomes" },
	[COL_NODE] = { .name = "node", .type = COLTYPE_NUM },
	[COL_DRIVER] = { .name = "driver" },
	[COL_BLOCKS] = { .name = "blocks", .type = COLTYPE_NUM },
	[COL_SIZE] = { .name = "size", .type = COLTYPE_SIZE },
	[COL_ZONES] = { .name = "zones" },
	[COL_LOST] = { .name = "lost", .type = COLTYPE_SIZE },
	[COL_LOSSLESS] = { .name = "lossless", .type = COLTYPE_LINES },
	[COL_MEMMAP] = { .name = "memmap" },
	[COL_MEMMAP_SIZE] = { .name = "memmap_size", .type = COLTYPE_SIZE },
	[COL_AVAILABLE] = { .name = "available", .type = COLTYPE_SIZE },
	[COL_RATIO] = { .name = "movable_ratio", .type = COLTYPE_NUM },
	[COL_LIMIT] = { .name = "movable_limit", .type = COLTYPE_NUM },
	[COL_TIER] = { .name = "tier", .type = COLTYPE_NUM },
	[COL_DISTANCE] = { .name = "distance", .type = COLTYPE_NUM },
	[COL_READ_LATENCY] = { .name = "read_latency", .type = COLTYPE_NUM },
	[COL_WRITE_LATENCY] = { .name = "write_latency", .type = COLTYPE_NUM },
	[COL_READ_BANDWIDTH] = { .name = "read_bandwidth",
				 .type = COLTYPE_NUM },
	[COL_WRITE_BANDWIDTH] = { .name = "write_bandwidth",
				  .type = COLTYPE_NUM },
	[COL_CONFLICTS] = { .name = "conflicts", .type = COLTYPE_LINES },
	[COL_WRITES] = { .name = "writes", .type = COLTYPE_LINES },
};

struct table *plan_table(const struct output *out)
{
	return table_new("devices", out, columns, NULL, NULL);
}

/* In percent; the default limit of the kernel's auto-movable policy. */
#define USUAL_RATIO 301

static const char *becomes(const struct snapshot *after)
{
	if (blocks_online(&after->blocks))
		return "online";
	if (!strcmp(after->dev.driver, KMEM_DRIVER))
		return "bound";
	return "offline";
}

static void print_headline(const struct plan *plan)
{
	const struct snapshot *after = &plan->after;
	struct block_counts counts;
	char size[32], zones[128];

	blocks_tally(&counts, &after->blocks);
	size_to_human(size, sizeof(size), counts.present *
		      after->blocks.block_size);
	block_counts_zones(&counts, zones, sizeof(zones));
	if (counts.online)
		printf("%s: would be online: %llu blocks, %s, %s, node %d\n",
		       plan->name, counts.present, size, zones,
		       after->dev.target_node);
	else
		printf("%s: would be %s: driver %s\n", plan->name,
		       becomes(after), after->dev.driver);
}

/*
 * For each range that loses memory to alignment: the part of it that would not.
 * As "start-end", or in words.
 */
static char *lossless_lines(const struct plan *plan, bool words)
{
	const struct dax_dev *dev = &plan->after.dev;
	__u64 block_size = plan->after.blocks.block_size, start, end;
	const struct range *r;
	char *lines = NULL, size[32];
	size_t i;

	for (i = 0; i < dev->nr_ranges; i++) {
		r = &dev->ranges[i];
		range_blocks(r, block_size, &start, &end);
		start *= block_size;
		end *= block_size;
		size_to_human(size, sizeof(size), end - start);
		if (start == r->start && end == r->end + 1)
			continue;
		if (end > start && !words)
			append_line(&lines, "%#llx-%#llx", start, end - 1);
		else if (end > start)
			append_line(&lines,
				    "%#llx-%#llx: a start of %#llx and a size of %s, %llu bytes, would lose none",
				    r->start, r->end, start, size,
				    end - start);
		else if (words)
			append_line(&lines,
				    "%#llx-%#llx: no whole memory block fits",
				    r->start, r->end);
	}
	return lines;
}

static void print_lines(const char *prefix, const char *lines)
{
	size_t len;

	for (; lines && *lines; lines += len + (lines[len] == '\n')) {
		len = strcspn(lines, "\n");
		printf("%s%.*s\n", prefix, (int)len, lines);
	}
}

static void print_lost(const struct plan *plan)
{
	char *lines = lossless_lines(plan, true), size[32];

	size_to_human(size, sizeof(size), plan->after.blocks.lost);
	printf("  lost to alignment: %s\n",
	       plan->after.blocks.lost ? size : "nothing");
	print_lines("    of ", lines);
	free(lines);
}

static void print_memmap(const struct plan *plan)
{
	char size[32], available[32];

	size_to_human(size, sizeof(size), plan->memmap < 0 ? -plan->memmap :
							     plan->memmap);
	size_to_human(available, sizeof(available), plan->available);
	if (plan->memmap > 0 && plan->memmap_on_device)
		printf("  memmap: %s of the device itself\n", size);
	else if (plan->memmap > 0)
		printf("  memmap: %s of RAM, of which %s are available\n", size,
		       available);
	else if (plan->memmap < 0 && !plan->memmap_on_device)
		printf("  memmap: gives back %s of RAM\n", size);
}

/* Only where the kernel keeps to a limit, or the ratio is a risk. */
static void print_ratio(const struct plan *plan)
{
	if (!plan->grows_movable ||
	    (!plan->auto_movable && plan->movable_ratio <= USUAL_RATIO))
		return;
	printf("  zone Movable: would be %.1f times as large as the other zones",
	       plan->movable_ratio / 100.0);
	if (plan->auto_movable)
		printf("; with online_policy=auto-movable the kernel itself would stop at %.1f\n",
		       plan->movable_limit / 100.0);
	else
		printf("; %s\n",
		       "the kernel cannot keep its own data there and may run out of memory: up to 3 is usually fine, --normal adds to the other zones");
}

static void print_node(const struct plan *plan)
{
	int node = plan->after.dev.target_node;
	int tier = numa_tier(node), distance = numa_distance(node);
	struct numa_performance speed;

	numa_performance(node, &speed);
	printf("  node %d:", node);
	if (tier >= 0)
		printf(" memory tier %d", tier);
	else
		printf(" in no memory tier yet");
	if (distance)
		printf(", distance %d", distance);
	if (speed.read_latency || speed.write_latency)
		printf(", latency %d ns read, %d ns write", speed.read_latency,
		       speed.write_latency);
	if (speed.read_bandwidth || speed.write_bandwidth)
		printf(", %d MB/s read, %d MB/s write", speed.read_bandwidth,
		       speed.write_bandwidth);
	putchar('\n');
}

void plan_print_text(const struct plan *plan)
{
	print_headline(plan);
	if (blocks_online(&plan->after.blocks)) {
		print_lost(plan);
		print_node(plan);
	}
	print_memmap(plan);
	print_ratio(plan);
	print_lines("  conflict: ", plan->conflicts);
}

/* 0 is not known: null in JSON. */
static char *known(int value)
{
	return value ? value_number(value) : NULL;
}

void plan_table_line(struct table *table, const struct plan *plan,
		     const struct output *out)
{
	const struct snapshot *after = &plan->after;
	int node = after->dev.target_node, tier = numa_tier(node);
	struct numa_performance speed;
	struct block_counts counts;
	char *values[NR_COLUMNS] = { NULL }, zones[128];

	numa_performance(node, &speed);
	blocks_tally(&counts, &after->blocks);
	block_counts_zones(&counts, zones, sizeof(zones));
	values[COL_DEVICE] = value_text(plan->name);
	values[COL_BECOMES] = value_text(becomes(after));
	if (node != NO_NODE)
		values[COL_NODE] = value_number(node);
	values[COL_DRIVER] = value_text(after->dev.driver);
	values[COL_BLOCKS] = value_number(counts.present);
	values[COL_SIZE] = value_size(out, counts.present *
					  after->blocks.block_size);
	values[COL_ZONES] = value_text(zones);
	values[COL_LOST] = value_size(out, after->blocks.lost);
	values[COL_LOSSLESS] = lossless_lines(plan, false);
	if (plan->memmap > 0) {
		values[COL_MEMMAP] = value_text(plan->memmap_on_device ?
						"device" : "ram");
		values[COL_MEMMAP_SIZE] = value_size(out, plan->memmap);
	}
	values[COL_AVAILABLE] = value_size(out, plan->available);
	values[COL_RATIO] = value_number(plan->movable_ratio);
	values[COL_LIMIT] = known(plan->movable_limit);
	values[COL_TIER] = tier < 0 ? NULL : value_number(tier);
	values[COL_DISTANCE] = known(numa_distance(node));
	values[COL_READ_LATENCY] = known(speed.read_latency);
	values[COL_WRITE_LATENCY] = known(speed.write_latency);
	values[COL_READ_BANDWIDTH] = known(speed.read_bandwidth);
	values[COL_WRITE_BANDWIDTH] = known(speed.write_bandwidth);
	values[COL_CONFLICTS] = value_text(plan->conflicts);
	values[COL_WRITES] = value_text(plan->writes);
	table_add_line(table, values);
}
