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

static const struct table_column columns[] = {
	{ "device", COLTYPE_STR },
	{ "becomes", COLTYPE_STR },
	{ "node", COLTYPE_NUM },
	{ "driver", COLTYPE_STR },
	{ "blocks", COLTYPE_NUM },
	{ "size", COLTYPE_SIZE },
	{ "zones", COLTYPE_STR },
	{ "lost", COLTYPE_SIZE },
	{ "lossless", COLTYPE_LINES },
	{ "memmap", COLTYPE_STR },
	{ "memmap_size", COLTYPE_SIZE },
	{ "available", COLTYPE_SIZE },
	{ "movable_ratio", COLTYPE_NUM },
	{ "movable_limit", COLTYPE_NUM },
	{ "tier", COLTYPE_NUM },
	{ "distance", COLTYPE_NUM },
	{ "read_latency", COLTYPE_NUM },
	{ "write_latency", COLTYPE_NUM },
	{ "read_bandwidth", COLTYPE_NUM },
	{ "write_bandwidth", COLTYPE_NUM },
	{ "conflicts", COLTYPE_LINES },
	{ "writes", COLTYPE_LINES },
	{ .name = NULL }
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
	struct block_counts counts = blocks_tally(&after->blocks);

	if (counts.online)
		printf("%s: would be online: %llu blocks, %s, %s, node %d\n",
		       plan->name, counts.present,
		       human(counts.present * after->blocks.block_size),
		       zones_text(&counts), after->dev.target_node);
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
	char *lines = NULL;
	size_t i;

	for (i = 0; i < dev->nr_ranges; i++) {
		r = &dev->ranges[i];
		range_blocks(r, block_size, &start, &end);
		start *= block_size;
		end *= block_size;
		if (start == r->start && end == r->end + 1)
			continue;
		if (end > start && !words)
			append_line(&lines, "%#llx-%#llx", start, end - 1);
		else if (end > start)
			append_line(&lines,
				    "%#llx-%#llx: a start of %#llx and a size of %s, %llu bytes, would lose none",
				    r->start, r->end, start,
				    human(end - start), end - start);
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
	char *lines = lossless_lines(plan, true);
	__u64 lost = plan->after.blocks.lost;

	printf("  lost to alignment: %s\n", lost ? human(lost) : "nothing");
	print_lines("    of ", lines);
	free(lines);
}

static void print_memmap(const struct plan *plan)
{
	if (plan->memmap > 0 && plan->memmap_on_device)
		printf("  memmap: %s of the device itself\n",
		       human(plan->memmap));
	else if (plan->memmap > 0)
		printf("  memmap: %s of RAM, of which %s are available\n",
		       human(plan->memmap), human(plan->available));
	else if (plan->memmap < 0 && !plan->memmap_on_device)
		printf("  memmap: gives back %s of RAM\n",
		       human(-plan->memmap));
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
	int read_ns = numa_figure(node, "read_latency");
	int write_ns = numa_figure(node, "write_latency");
	int read_mbs = numa_figure(node, "read_bandwidth");
	int write_mbs = numa_figure(node, "write_bandwidth");

	printf("  node %d:", node);
	if (tier >= 0)
		printf(" memory tier %d", tier);
	else
		printf(" in no memory tier yet");
	if (distance)
		printf(", distance %d", distance);
	if (read_ns || write_ns)
		printf(", latency %d ns read, %d ns write", read_ns, write_ns);
	if (read_mbs || write_mbs)
		printf(", %d MB/s read, %d MB/s write", read_mbs, write_mbs);
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

/* A value for each column, in their order. */
void plan_table_line(struct table *table, const struct plan *plan,
		     const struct output *out)
{
	const struct snapshot *after = &plan->after;
	struct block_counts counts = blocks_tally(&after->blocks);
	int node = after->dev.target_node;

	table_add_line(table, (char *[]){
		value_text(plan->name),
		value_text(becomes(after)),
		value_unless(NO_NODE, node),
		value_text(after->dev.driver),
		value_number(counts.present),
		value_size(out, counts.present * after->blocks.block_size),
		value_text(zones_text(&counts)),
		value_size(out, after->blocks.lost),
		lossless_lines(plan, false),
		plan->memmap <= 0 ? NULL :
		value_text(plan->memmap_on_device ? "device" : "ram"),
		plan->memmap <= 0 ? NULL : value_size(out, plan->memmap),
		value_size(out, plan->available),
		value_number(plan->movable_ratio),
		value_unless(0, plan->movable_limit),
		value_unless(-1, numa_tier(node)),
		value_unless(0, numa_distance(node)),
		value_unless(0, numa_figure(node, "read_latency")),
		value_unless(0, numa_figure(node, "write_latency")),
		value_unless(0, numa_figure(node, "read_bandwidth")),
		value_unless(0, numa_figure(node, "write_bandwidth")),
		value_text(plan->conflicts),
		value_text(plan->writes),
	});
}
