// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plan in words: a line for what would become of the device, one for each
 * thing to know before it does, and the writes as a shell would do them.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dryrun/plan.h"
#include "lib/table.h"

enum {
	COL_DEVICE, COL_BECOMES, COL_NODE, COL_DRIVER, COL_BLOCKS, COL_SIZE,
	COL_ZONES, COL_LOST, COL_LOSSLESS, COL_MEMMAP, COL_MEMMAP_SIZE,
	COL_AVAILABLE, COL_RATIO, COL_LIMIT, COL_TIER, COL_DISTANCE,
	COL_READ_LATENCY, COL_WRITE_LATENCY, COL_READ_BANDWIDTH,
	COL_WRITE_BANDWIDTH, COL_CONFLICTS, COL_WRITES, NR_COLUMNS
};

static const struct table_column columns[NR_COLUMNS] = {
	[COL_DEVICE] = { .name = "device" },
	[COL_BECOMES] = { .name = "becomes" },
	[COL_NODE] = { .name = "node", .kind = CELL_NUMBER },
	[COL_DRIVER] = { .name = "driver" },
	[COL_BLOCKS] = { .name = "blocks", .kind = CELL_NUMBER },
	[COL_SIZE] = { .name = "size", .kind = CELL_BYTES },
	[COL_ZONES] = { .name = "zones" },
	[COL_LOST] = { .name = "lost", .kind = CELL_BYTES },
	[COL_LOSSLESS] = { .name = "lossless", .kind = CELL_LINES },
	[COL_MEMMAP] = { .name = "memmap" },
	[COL_MEMMAP_SIZE] = { .name = "memmap_size", .kind = CELL_BYTES },
	[COL_AVAILABLE] = { .name = "available", .kind = CELL_BYTES },
	[COL_RATIO] = { .name = "movable_ratio", .kind = CELL_NUMBER },
	[COL_LIMIT] = { .name = "movable_limit", .kind = CELL_NUMBER },
	[COL_TIER] = { .name = "tier", .kind = CELL_NUMBER },
	[COL_DISTANCE] = { .name = "distance", .kind = CELL_NUMBER },
	[COL_READ_LATENCY] = { .name = "read_latency", .kind = CELL_NUMBER },
	[COL_WRITE_LATENCY] = { .name = "write_latency", .kind = CELL_NUMBER },
	[COL_READ_BANDWIDTH] = { .name = "read_bandwidth",
				 .kind = CELL_NUMBER },
	[COL_WRITE_BANDWIDTH] = { .name = "write_bandwidth",
				  .kind = CELL_NUMBER },
	[COL_CONFLICTS] = { .name = "conflicts", .kind = CELL_LINES },
	[COL_WRITES] = { .name = "writes", .kind = CELL_LINES },
};

struct table *plan_table(const struct output *out)
{
	return table_new("devices", out, columns, NR_COLUMNS, NULL);
}

/* Text that grows, to be freed. */
PRINTF(2, 3)
static void append(char **text, const char *fmt, ...)
{
	char line[512];
	size_t len = *text ? strlen(*text) : 0;
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	*text = need_memory(realloc(*text, len + strlen(line) + 1));
	strcpy(*text + len, line);
}

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

/* Part of a range that would lose nothing; false: it loses nothing as it is. */
static bool lossless(const struct range *r, __u64 block_size,
		     struct range *whole)
{
	__u64 first, end;

	range_blocks(r, block_size, &first, &end);
	whole->start = first * block_size;
	whole->end = end * block_size - 1;
	return whole->start != r->start || whole->end != r->end;
}

static void print_lost(const struct plan *plan)
{
	const struct dax_dev *dev = &plan->after.dev;
	const struct block_set *set = &plan->after.blocks;
	char lost[32], size[32];
	struct range whole;
	size_t i;

	size_to_human(lost, sizeof(lost), set->lost);
	printf("  lost to alignment: %s\n", set->lost ? lost : "nothing");
	for (i = 0; i < dev->nr_ranges; i++) {
		if (!lossless(&dev->ranges[i], set->block_size, &whole))
			continue;
		size_to_human(size, sizeof(size), whole.end - whole.start + 1);
		printf("    of %#llx-%#llx: ", dev->ranges[i].start,
		       dev->ranges[i].end);
		if (whole.end < whole.start)
			puts("no whole memory block fits");
		else
			printf("a start of %#llx and a size of %s, %llu bytes, would lose none\n",
			       whole.start, size, whole.end - whole.start + 1);
	}
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

static void print_ratio(const struct plan *plan)
{
	printf("  zone Movable: %llu %% of the other zones then",
	       plan->movable_ratio);
	if (plan->movable_limit)
		printf("; the kernel itself would stop at %d %%",
		       plan->movable_limit);
	putchar('\n');
}

static void print_node(const struct plan *plan)
{
	const struct numa_performance *speed = &plan->performance;

	printf("  node %d:", plan->after.dev.target_node);
	if (plan->tier >= 0)
		printf(" memory tier %d", plan->tier);
	else
		printf(" in no memory tier yet");
	if (plan->distance)
		printf(", distance %d", plan->distance);
	if (speed->read_latency || speed->write_latency)
		printf(", latency %d ns read, %d ns write", speed->read_latency,
		       speed->write_latency);
	if (speed->read_bandwidth || speed->write_bandwidth)
		printf(", %d MB/s read, %d MB/s write", speed->read_bandwidth,
		       speed->write_bandwidth);
	putchar('\n');
}

static void print_text(const struct plan *plan)
{
	const struct finding *found;
	size_t i;

	print_headline(plan);
	if (blocks_online(&plan->after.blocks)) {
		print_lost(plan);
		print_node(plan);
	}
	print_memmap(plan);
	print_ratio(plan);
	for (i = 0; i < plan->conflicts.nr; i++) {
		found = &plan->conflicts.list[i];
		printf("  conflict: %s: %s; %s\n", found->check, found->text,
		       found->next);
	}
	for (i = 0; i < plan->nr_writes; i++)
		puts(plan->writes[i]);
}

static char *lossless_lines(const struct plan *plan)
{
	const struct dax_dev *dev = &plan->after.dev;
	struct range whole;
	char *text = NULL;
	size_t i;

	for (i = 0; i < dev->nr_ranges; i++)
		if (lossless(&dev->ranges[i], plan->after.blocks.block_size,
			     &whole) && whole.end > whole.start)
			append(&text, "%s%#llx-%#llx", text ? "\n" : "",
			       whole.start, whole.end);
	return text;
}

static char *conflict_lines(const struct plan *plan)
{
	const struct finding *found = plan->conflicts.list;
	char *text = NULL;
	size_t i;

	for (i = 0; i < plan->conflicts.nr; i++)
		append(&text, "%s%s: %s; %s", i ? "\n" : "", found[i].check,
		       found[i].text, found[i].next);
	return text;
}

static char *write_lines(const struct plan *plan)
{
	size_t i, len = 1;
	char *text, *end;

	for (i = 0; i < plan->nr_writes; i++)
		len += strlen(plan->writes[i]) + 1;
	text = need_memory(calloc(1, len));
	end = text;
	for (i = 0; i < plan->nr_writes; i++)
		end = stpcpy(stpcpy(end, i ? "\n" : ""), plan->writes[i]);
	if (plan->nr_writes)
		return text;
	free(text);
	return NULL;
}

static char *figure(int value)
{
	return value ? cell_number(value) : NULL;
}

static void add_memmap_cells(const struct plan *plan,
			     const struct output *out, char **cells)
{
	if (plan->memmap <= 0)
		return;
	cells[COL_MEMMAP] = cell_text(plan->memmap_on_device ? "device" :
							       "dram");
	cells[COL_MEMMAP_SIZE] = cell_bytes(out, plan->memmap);
}

static void add_row(const struct plan *plan, const struct output *out,
		    struct table *table)
{
	const struct snapshot *after = &plan->after;
	const struct numa_performance *speed = &plan->performance;
	struct block_counts counts;
	char *cells[NR_COLUMNS] = { NULL }, zones[128];

	blocks_tally(&counts, &after->blocks);
	block_counts_zones(&counts, zones, sizeof(zones));
	cells[COL_DEVICE] = cell_text(plan->name);
	cells[COL_BECOMES] = cell_text(becomes(after));
	if (after->dev.target_node != NO_NODE)
		cells[COL_NODE] = cell_number(after->dev.target_node);
	cells[COL_DRIVER] = cell_text(after->dev.driver);
	cells[COL_BLOCKS] = cell_number(counts.present);
	cells[COL_SIZE] = cell_bytes(out, counts.present *
				     after->blocks.block_size);
	cells[COL_ZONES] = cell_text(zones);
	cells[COL_LOST] = cell_bytes(out, after->blocks.lost);
	cells[COL_LOSSLESS] = lossless_lines(plan);
	add_memmap_cells(plan, out, cells);
	cells[COL_AVAILABLE] = cell_bytes(out, plan->available);
	cells[COL_RATIO] = cell_number(plan->movable_ratio);
	cells[COL_LIMIT] = figure(plan->movable_limit);
	cells[COL_TIER] = plan->tier < 0 ? NULL : cell_number(plan->tier);
	cells[COL_DISTANCE] = figure(plan->distance);
	cells[COL_READ_LATENCY] = figure(speed->read_latency);
	cells[COL_WRITE_LATENCY] = figure(speed->write_latency);
	cells[COL_READ_BANDWIDTH] = figure(speed->read_bandwidth);
	cells[COL_WRITE_BANDWIDTH] = figure(speed->write_bandwidth);
	cells[COL_CONFLICTS] = conflict_lines(plan);
	cells[COL_WRITES] = write_lines(plan);
	table_row(table, cells);
}

void plan_print(const struct plan *plan, const struct output *out,
		struct table *table)
{
	if (table)
		add_row(plan, out, table);
	else
		print_text(plan);
}
