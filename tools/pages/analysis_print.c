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

#define NR(array) (sizeof(array) / sizeof(*(array)))

/* After these, a column for each kind of page. */
#define BLOCK_COLUMNS 8

static const struct table_column verdict_columns[] = {
	{ "NAME", CELL_TEXT, NULL },
	{ "OFFLINABLE", CELL_TEXT, NULL },
	{ "REASON", CELL_TEXT, NULL },
	{ "NODE", CELL_NUMBER, NULL },
	{ "TO_MOVE", CELL_BYTES, NULL },
	{ "ROOM", CELL_BYTES, NULL },
};

static const struct table_column cause_columns[] = {
	{ "CAUSE", CELL_TEXT, NULL },
	{ "SIZE", CELL_BYTES, NULL },
	{ "BLOCKS", CELL_NUMBER, NULL },
	{ "EFFECT", CELL_TEXT, NULL },
};

static const struct table_column process_columns[] = {
	{ "PID", CELL_NUMBER, NULL },
	{ "COMMAND", CELL_TEXT, NULL },
	{ "SIZE", CELL_BYTES, NULL },
	{ "PAGES", CELL_TEXT, NULL },
	{ "CGROUP", CELL_TEXT, NULL },
};

static const struct table_column cgroup_columns[] = {
	{ "CGROUP", CELL_TEXT, NULL },
	{ "SIZE", CELL_BYTES, NULL },
	{ "PAGES", CELL_TEXT, NULL },
};

static const struct table_column log_columns[] = {
	{ "SINCE_BOOT", CELL_TEXT, NULL },
	{ "BLOCK", CELL_TEXT, NULL },
	{ "PFN", CELL_TEXT, NULL },
	{ "REFERENCES", CELL_NUMBER, NULL },
	{ "MAPPINGS", CELL_NUMBER, NULL },
	{ "KERNEL_SAYS", CELL_TEXT, NULL },
};

#define DEFAULT_BLOCKS "BLOCK,COUNT,ZONE,OFFLINABLE,USED,FREE,REASON"

static struct table_column block_columns[BLOCK_COLUMNS + NR_PAGE_KINDS] = {
	{ "BLOCK", CELL_TEXT, NULL },
	{ "COUNT", CELL_NUMBER, NULL },
	{ "STATE", CELL_TEXT, NULL },
	{ "ZONE", CELL_TEXT, NULL },
	{ "OFFLINABLE", CELL_TEXT, NULL },
	{ "USED", CELL_BYTES, NULL },
	{ "REASON", CELL_TEXT, NULL },
	{ "PAGES", CELL_TEXT, NULL },
};

static void add_kind_columns(void)
{
	size_t k;

	for (k = 0; k < NR_PAGE_KINDS; k++)
		block_columns[BLOCK_COLUMNS + k] = (struct table_column){
			.name = page_kind_name(k),
			.kind = CELL_BYTES,
		};
}

int analysis_check_columns(const struct output *out)
{
	add_kind_columns();
	if (!out->columns)
		return 0;
	return table_check(block_columns, NR(block_columns), out->columns);
}

static void print_gap(const struct output *out)
{
	if (!out->json)
		putchar('\n');
}

static char *list_cell(const __u64 bytes[NR_PAGE_KINDS], __u32 mask)
{
	char list[256];

	kinds_list(bytes, mask, list, sizeof(list));
	return cell_text(list);
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

	table = table_new("causes", out, cause_columns, NR(cause_columns),
			  NULL);
	for (k = PAGE_FREE; k < NR_PAGE_KINDS; k++) {
		if (!found->bytes[k])
			continue;
		effect = effect_of(found, k, &blocks);
		table_row(table, (char *[]){
			cell_text(page_kind_name(k)),
			cell_bytes(out, found->bytes[k]),
			cell_number(blocks),
			cell_text(effect),
		});
	}
	if (table_rows(table))
		print_gap(out);
	table_print(table);
}

static void block_row(struct table *table, const struct output *out,
		      const struct block *first, const struct block *last,
		      const struct block_analysis *judged)
{
	char *cells[BLOCK_COLUMNS + NR_PAGE_KINDS], name[64];
	bool online = first->zone != ZONE_OFFLINE;
	size_t k;

	if (first == last)
		snprintf(name, sizeof(name), "memory%llu", first->id);
	else
		snprintf(name, sizeof(name), "memory%llu-%llu", first->id,
			 last->id);
	cells[0] = cell_text(name);
	cells[1] = cell_number(last->id - first->id + 1);
	cells[2] = cell_text(online ? "online" : "offline");
	cells[3] = cell_text(first->zone_name);
	cells[4] = cell_text(offlinable_name(judged->offlinable));
	cells[5] = online ? cell_bytes(out, kinds_sum(judged->bytes,
						       KINDS_USED)) : NULL;
	cells[6] = cell_text(judged->reason);
	cells[7] = list_cell(judged->bytes, KINDS_USED);
	for (k = 0; k < NR_PAGE_KINDS; k++)
		cells[BLOCK_COLUMNS + k] = cell_bytes(out, judged->bytes[k]);
	table_row(table, cells);
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
	const char *chosen = out->columns;
	size_t i, n, j, k;

	if (!chosen)
		chosen = merge ? DEFAULT_BLOCKS : NULL;
	struct table *table = table_new("blocks", out, block_columns,
					NR(block_columns), chosen);

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
	if (merge && table_rows(table))
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

	table = table_new("processes", out, process_columns,
			  NR(process_columns), NULL);
	for (i = 0; i < holders->nr_processes &&
	     (out->json || i < MAX_PROCESSES); i++) {
		const struct process *process = &holders->processes[i];

		table_row(table, (char *[]){
			cell_number(process->pid),
			cell_text(process->command),
			cell_bytes(out, process->total),
			list_cell(process->bytes, KINDS_USED),
			cell_text(process->cgroup),
		});
	}
	if (others)
		table_row(table, (char *[]){
			NULL,
			cell_text("(mapped by none)"),
			cell_bytes(out, others),
			list_cell(holders->unmapped, KINDS_MOVED),
			NULL,
		});
	if (table_rows(table))
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

	table = table_new("cgroups", out, cgroup_columns, NR(cgroup_columns),
			  NULL);
	for (i = 0; i < found->holders.nr_cgroups; i++)
		table_row(table, (char *[]){
			cell_text(found->holders.cgroups[i].path),
			cell_bytes(out, found->holders.cgroups[i].total),
			list_cell(found->holders.cgroups[i].bytes,
				  KINDS_MOVED),
		});
	if (table_rows(table))
		print_gap(out);
	table_print(table);
}

/* As dmesg prints it. */
static char *since_boot(__u64 when)
{
	char text[64];

	snprintf(text, sizeof(text), "%llu.%06llu", when / 1000000,
		 when % 1000000);
	return cell_text(text);
}

static void print_log(const struct analysis *found, const struct output *out)
{
	const struct kernel_log *log = &found->log;
	struct table *table;
	char block[32], pfn[32];
	size_t i;

	table = table_new("log", out, log_columns, NR(log_columns), NULL);
	for (i = 0; i < log->nr; i++) {
		const struct obstacle *obstacle = &log->obstacles[i];

		snprintf(block, sizeof(block), "memory%llu", obstacle->block);
		snprintf(pfn, sizeof(pfn), "%#llx", obstacle->pfn);
		table_row(table, (char *[]){
			since_boot(obstacle->when),
			cell_text(block),
			cell_text(pfn),
			cell_number(obstacle->refcount),
			cell_number(obstacle->mapcount),
			cell_text(obstacle->reason),
		});
	}
	if (*log->driver)
		table_row(table, (char *[]){
			since_boot(log->driver_when), NULL, NULL, NULL, NULL,
			cell_text(log->driver),
		});
	if (table_rows(table))
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
		table = table_new("verdict", out, verdict_columns,
				  NR(verdict_columns), NULL);
		table_row(table, (char *[]){
			cell_text(found->name),
			cell_text(offlinable_name(found->offlinable)),
			cell_text(reason),
			found->node == NO_NODE ? NULL : cell_number(found->node),
			cell_bytes(out, found->to_move),
			cell_bytes(out, found->room),
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
