// SPDX-License-Identifier: GPL-2.0-only
/*
 * A diagnosis in words and tables, or JSON: the verdict, what the pages are,
 * the blocks, who holds pages, and what the kernel log says.
 */
#include "pages/analysis_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/table.h"

#define MAX_PROCESSES 20	/* on a terminal; all of them in JSON */

/* After these, a column for each kind of page. */
#define BLOCK_COLUMNS 8

static const struct table_column verdict_columns[] = {
	{ "NAME", COLTYPE_STR },
	{ "OFFLINABLE", COLTYPE_STR },
	{ "REASON", COLTYPE_STR },
	{ "NODE", COLTYPE_NUM },
	{ "TO_MOVE", COLTYPE_SIZE },
	{ "ROOM", COLTYPE_SIZE },
	{ .name = NULL }
};

static const struct table_column cause_columns[] = {
	{ "CAUSE", COLTYPE_STR },
	{ "SIZE", COLTYPE_SIZE },
	{ "BLOCKS", COLTYPE_NUM },
	{ "EFFECT", COLTYPE_STR },
	{ .name = NULL }
};

static const struct table_column process_columns[] = {
	{ "PID", COLTYPE_NUM },
	{ "COMMAND", COLTYPE_STR },
	{ "SIZE", COLTYPE_SIZE },
	{ "PAGES", COLTYPE_STR },
	{ "CGROUP", COLTYPE_STR },
	{ .name = NULL }
};

static const struct table_column cgroup_columns[] = {
	{ "CGROUP", COLTYPE_STR },
	{ "SIZE", COLTYPE_SIZE },
	{ "PAGES", COLTYPE_STR },
	{ .name = NULL }
};

static const struct table_column log_columns[] = {
	{ "SINCE_BOOT", COLTYPE_STR },
	{ "BLOCK", COLTYPE_STR },
	{ "PFN", COLTYPE_STR },
	{ "REFERENCES", COLTYPE_NUM },
	{ "MAPPINGS", COLTYPE_NUM },
	{ "KERNEL_SAYS", COLTYPE_STR },
	{ .name = NULL }
};

#define DEFAULT_BLOCKS "BLOCK,COUNT,ZONE,OFFLINABLE,USED,FREE,REASON"

static struct table_column block_columns[BLOCK_COLUMNS + NR_PAGE_KINDS + 1] = {
	{ "BLOCK", COLTYPE_STR },
	{ "COUNT", COLTYPE_NUM },
	{ "STATE", COLTYPE_STR },
	{ "ZONE", COLTYPE_STR },
	{ "OFFLINABLE", COLTYPE_STR },
	{ "USED", COLTYPE_SIZE },
	{ "REASON", COLTYPE_STR },
	{ "PAGES", COLTYPE_STR },
};

static void add_kind_columns(void)
{
	size_t k;

	for (k = 0; k < NR_PAGE_KINDS; k++)
		block_columns[BLOCK_COLUMNS + k] = (struct table_column){
			.name = page_kind_name(k),
			.type = COLTYPE_SIZE,
		};
}

int analysis_check_columns(const struct output *out)
{
	add_kind_columns();
	if (!out->columns)
		return 0;
	return table_check(block_columns, out->columns,
			   "'man kmemctl' lists the columns");
}

static void print_gap(const struct output *out)
{
	if (!out->json)
		putchar('\n');
}

static char *value_kinds(const __u64 bytes[NR_PAGE_KINDS], __u32 mask)
{
	char list[256];

	kinds_list(bytes, mask, list, sizeof(list));
	return value_text(list);
}

/* The zones of the blocks decide what becomes of a kind: the worst counts. */
static const char *effect_of(const struct analysis *found, enum page_kind kind,
			     size_t *blocks)
{
	enum zone zone = ZONE_MOVABLE;
	size_t i;

	*blocks = 0;
	for (i = 0; i < found->blocks.nr; i++) {
		if (!found->per_block[i].bytes[kind])
			continue;
		++*blocks;
		if (found->blocks.blocks[i].zone == ZONE_NORMAL)
			zone = ZONE_NORMAL;
	}
	return kind_effect(kind, zone);
}

static void print_causes(const struct analysis *found,
			 const struct output *out)
{
	struct table *table;
	const char *effect;
	size_t k, blocks;

	table = table_new("causes", out, cause_columns, NULL, NULL);
	for (k = PAGE_FREE; k < NR_PAGE_KINDS; k++) {
		if (!found->bytes[k])
			continue;
		effect = effect_of(found, k, &blocks);
		table_add_line(table, (char *[]){
			value_text(page_kind_name(k)),
			value_size(out, found->bytes[k]),
			value_number(blocks),
			value_text(effect),
		});
	}
	if (table_lines(table))
		print_gap(out);
	table_print(table);
}

static void block_row(struct table *table, const struct output *out,
		      const struct block *first, const struct block *last,
		      const struct block_analysis *judged)
{
	char *values[BLOCK_COLUMNS + NR_PAGE_KINDS], name[64];
	bool online = first->zone != ZONE_OFFLINE;
	size_t k;

	if (first == last)
		snprintf(name, sizeof(name), "memory%llu", first->id);
	else
		snprintf(name, sizeof(name), "memory%llu-%llu", first->id,
			 last->id);
	values[0] = value_text(name);
	values[1] = value_number(last->id - first->id + 1);
	values[2] = value_text(online ? "online" : "offline");
	values[3] = value_text(first->zone_name);
	values[4] = value_text(offlinable_name(judged->offlinable));
	values[5] = online ? value_size(out, kinds_sum(judged->bytes,
						       KINDS_USED)) : NULL;
	values[6] = value_text(judged->reason);
	values[7] = value_kinds(judged->bytes, KINDS_USED);
	for (k = 0; k < NR_PAGE_KINDS; k++)
		values[BLOCK_COLUMNS + k] = value_size(out, judged->bytes[k]);
	table_add_line(table, values);
}

/* How many blocks from the i-th on make one row: neighbours, much alike. */
static size_t alike(const struct analysis *found, size_t i)
{
	const struct block *block = &found->blocks.blocks[i];
	size_t n;

	for (n = 1; i + n < found->blocks.nr; n++)
		if (block[n].id != block->id + n ||
		    strcmp(block[n].zone_name, block->zone_name) ||
		    found->per_block[i + n].offlinable !=
		    found->per_block[i].offlinable)
			break;
	return n;
}

static void print_blocks(const struct analysis *found,
			 const struct output *out)
{
	const struct block *blocks = found->blocks.blocks;
	bool merge = !out->columns && !out->json;
	struct table *table;
	size_t i, n, j, k;

	table = table_new("blocks", out, block_columns,
			  out->json ? NULL : DEFAULT_BLOCKS, out->columns);
	for (i = 0; i < found->blocks.nr; i += n) {
		struct block_analysis sum = found->per_block[i];

		n = merge ? alike(found, i) : 1;
		for (j = i + 1; j < i + n; j++)
			for (k = 0; k < NR_PAGE_KINDS; k++)
				sum.bytes[k] += found->per_block[j].bytes[k];
		block_offlinable(&blocks[i], sum.bytes, sum.reason,
			   sizeof(sum.reason));
		block_row(table, out, &blocks[i], &blocks[i + n - 1], &sum);
	}
	if (merge && table_lines(table))
		print_gap(out);
	table_print(table);
}

static void print_processes(const struct analysis *found,
			    const struct output *out)
{
	const struct holders *holders = &found->holders;
	__u64 others = kinds_sum(holders->unmapped, KINDS_MOVED);
	struct table *table;
	size_t i;

	table = table_new("processes", out, process_columns, NULL, NULL);
	for (i = 0; i < holders->nr_processes &&
	     (out->json || i < MAX_PROCESSES); i++) {
		const struct process *process = &holders->processes[i];

		table_add_line(table, (char *[]){
			value_number(process->pid),
			value_text(process->command),
			value_size(out, process->total),
			value_kinds(process->bytes, KINDS_USED),
			value_text(process->cgroup),
		});
	}
	if (others)
		table_add_line(table, (char *[]){
			NULL,
			value_text("(mapped by none)"),
			value_size(out, others),
			value_kinds(holders->unmapped, KINDS_MOVED),
			NULL,
		});
	if (table_lines(table))
		print_gap(out);
	table_print(table);
	if (i < holders->nr_processes)
		printf("... and %zu more processes\n",
		       holders->nr_processes - i);
}

static void print_cgroups(const struct analysis *found,
			  const struct output *out)
{
	struct table *table;
	size_t i;

	table = table_new("cgroups", out, cgroup_columns, NULL, NULL);
	for (i = 0; i < found->holders.nr_cgroups; i++)
		table_add_line(table, (char *[]){
			value_text(found->holders.cgroups[i].path),
			value_size(out, found->holders.cgroups[i].total),
			value_kinds(found->holders.cgroups[i].bytes,
				  KINDS_MOVED),
		});
	if (table_lines(table))
		print_gap(out);
	table_print(table);
}

/* As dmesg prints it. */
static char *since_boot(__u64 when)
{
	char text[64];

	snprintf(text, sizeof(text), "%llu.%06llu", when / 1000000,
		 when % 1000000);
	return value_text(text);
}

static void print_log(const struct analysis *found, const struct output *out)
{
	const struct kernel_log *log = &found->log;
	struct table *table;
	char block[32], pfn[32];
	size_t i;

	table = table_new("log", out, log_columns, NULL, NULL);
	for (i = 0; i < log->nr; i++) {
		const struct obstacle *obstacle = &log->obstacles[i];

		snprintf(block, sizeof(block), "memory%llu", obstacle->block);
		snprintf(pfn, sizeof(pfn), "%#llx", obstacle->pfn);
		table_add_line(table, (char *[]){
			since_boot(obstacle->when),
			value_text(block),
			value_text(pfn),
			value_number(obstacle->refcount),
			value_number(obstacle->mapcount),
			value_text(obstacle->reason),
		});
	}
	if (*log->driver)
		table_add_line(table, (char *[]){
			since_boot(log->driver_when), NULL, NULL, NULL, NULL,
			value_text(log->driver),
		});
	if (table_lines(table))
		print_gap(out);
	table_print(table);
}

/* Why not, in a few words. */
static void main_reason(const struct analysis *found, char *buf, size_t size)
{
	char need[32], room[32];
	size_t i;

	*buf = '\0';
	if (analysis_lacks_room(found)) {
		size_to_human(need, sizeof(need), found->to_move);
		size_to_human(room, sizeof(room), found->room);
		snprintf(buf, size,
			 "%s would have to move, but all other nodes have room for %s",
			 need, room);
		return;
	}
	for (i = 0; i < found->blocks.nr; i++)
		if (found->per_block[i].offlinable == found->offlinable &&
		    *found->per_block[i].reason)
			break;
	if (i < found->blocks.nr)
		snprintf(buf, size, "memory%llu: %s",
			 found->blocks.blocks[i].id, found->per_block[i].reason);
	else if (found->exclusive)
		snprintf(buf, size,
			 "kmem/exclusive is 1: only through the device's own state");
}

static size_t count_blocks(const struct analysis *found,
			   enum offlinable offlinable)
{
	size_t i, nr = 0;

	for (i = 0; i < found->blocks.nr; i++)
		nr += found->per_block[i].offlinable == offlinable;
	return nr;
}

static void print_verdict(const struct analysis *found,
			  const struct output *out)
{
	size_t online = blocks_online(&found->blocks);
	struct table *table;
	char reason[256];

	main_reason(found, reason, sizeof(reason));
	if (out->json) {
		table = table_new("verdict", out, verdict_columns, NULL, NULL);
		table_add_line(table, (char *[]){
			value_text(found->name),
			value_text(offlinable_name(found->offlinable)),
			value_text(reason),
			found->node == NO_NODE ? NULL : value_number(found->node),
			value_size(out, found->to_move),
			value_size(out, found->room),
		});
		table_print(table);
	} else if (!online) {
		printf("%s: no memory block is online\n", found->name);
	} else {
		printf("%s: offlinable: %s, %zu of %zu online block%s%s%s\n",
		       found->name, offlinable_name(found->offlinable),
		       count_blocks(found, OFFLINABLE_YES), online,
		       online == 1 ? "" : "s", *reason ? "; " : "", reason);
	}
}

/* What was not seen, and could change the verdict. */
static void print_notes(const struct analysis *found)
{
	if (found->pages.no_refs)
		fprintf(stderr,
			"kmemctl: pinned pages cannot be told: /proc/kcore: %s\n",
			why(found->pages.no_refs));
	if (found->holders.unreadable)
		fprintf(stderr,
			"kmemctl: %zu processes cannot be looked into; run as root\n",
			found->holders.unreadable);
	if (found->pages.no_cgroups)
		fprintf(stderr,
			"kmemctl: control groups cannot be told: /proc/kpagecgroup: %s\n",
			why(found->pages.no_cgroups));
	if (found->log.unreadable)
		fprintf(stderr,
			"kmemctl: the kernel log cannot be read: /dev/kmsg: %s\n",
			why(found->log.unreadable));
}

void analysis_print(const struct analysis *found, const struct output *out)
{
	add_kind_columns();
	tables_begin(out);
	if (!out->columns || out->json) {
		print_verdict(found, out);
		print_causes(found, out);
	}
	print_blocks(found, out);
	if (!out->columns || out->json) {
		print_processes(found, out);
		print_cgroups(found, out);
		print_log(found, out);
	}
	tables_end(out);
	fflush(stdout);
	if (blocks_online(&found->blocks))
		print_notes(found);
}
