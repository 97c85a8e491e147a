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

int report_check(const struct output *out)
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
static const char *effect_of(const struct diagnosis *diag, enum page_kind kind,
			     size_t *blocks)
{
	enum zone zone = ZONE_MOVABLE;
	size_t i;

	*blocks = 0;
	for (i = 0; i < diag->blocks.nr; i++) {
		if (!diag->judged[i].bytes[kind])
			continue;
		++*blocks;
		if (diag->blocks.blocks[i].zone == ZONE_NORMAL)
			zone = ZONE_NORMAL;
	}
	return verdict_effect(kind, zone);
}

static void print_causes(const struct diagnosis *diag,
			 const struct output *out)
{
	struct table *table;
	const char *effect;
	size_t k, blocks;

	table = table_new("causes", out, cause_columns, NR(cause_columns),
			  NULL);
	for (k = PAGE_FREE; k < NR_PAGE_KINDS; k++) {
		if (!diag->bytes[k])
			continue;
		effect = effect_of(diag, k, &blocks);
		table_row(table, (char *[]){
			cell_text(page_kind_name(k)),
			cell_bytes(out, diag->bytes[k]),
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
		      const struct judged *judged)
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
	cells[4] = cell_text(verdict_name(judged->verdict));
	cells[5] = online ? cell_bytes(out, kinds_sum(judged->bytes,
						       KINDS_USED)) : NULL;
	cells[6] = cell_text(judged->reason);
	cells[7] = list_cell(judged->bytes, KINDS_USED);
	for (k = 0; k < NR_PAGE_KINDS; k++)
		cells[BLOCK_COLUMNS + k] = cell_bytes(out, judged->bytes[k]);
	table_row(table, cells);
}

/* How many blocks from the i-th on make one row: neighbours, much alike. */
static size_t alike(const struct diagnosis *diag, size_t i)
{
	const struct block *block = &diag->blocks.blocks[i];
	size_t n;

	for (n = 1; i + n < diag->blocks.nr; n++)
		if (block[n].id != block->id + n ||
		    strcmp(block[n].zone_name, block->zone_name) ||
		    diag->judged[i + n].verdict != diag->judged[i].verdict)
			break;
	return n;
}

static void print_blocks(const struct diagnosis *diag,
			 const struct output *out)
{
	const struct block *blocks = diag->blocks.blocks;
	bool merge = !out->columns && !out->json;
	const char *chosen = out->columns;
	size_t i, n, j, k;

	if (!chosen)
		chosen = merge ? DEFAULT_BLOCKS : NULL;
	struct table *table = table_new("blocks", out, block_columns,
					NR(block_columns), chosen);

	for (i = 0; i < diag->blocks.nr; i += n) {
		struct judged sum = diag->judged[i];

		n = merge ? alike(diag, i) : 1;
		for (j = i + 1; j < i + n; j++)
			for (k = 0; k < NR_PAGE_KINDS; k++)
				sum.bytes[k] += diag->judged[j].bytes[k];
		verdict_of(&blocks[i], sum.bytes, sum.reason,
			   sizeof(sum.reason));
		block_row(table, out, &blocks[i], &blocks[i + n - 1], &sum);
	}
	if (merge && table_rows(table))
		print_gap(out);
	table_print(table);
}

static void print_processes(const struct diagnosis *diag,
			    const struct output *out)
{
	const struct holders *holders = &diag->holders;
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

static void print_cgroups(const struct diagnosis *diag,
			  const struct output *out)
{
	struct table *table;
	size_t i;

	table = table_new("cgroups", out, cgroup_columns, NR(cgroup_columns),
			  NULL);
	for (i = 0; i < diag->holders.nr_cgroups; i++)
		table_row(table, (char *[]){
			cell_text(diag->holders.cgroups[i].path),
			cell_bytes(out, diag->holders.cgroups[i].total),
			list_cell(diag->holders.cgroups[i].bytes,
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

static void print_log(const struct diagnosis *diag, const struct output *out)
{
	const struct kernel_log *log = &diag->log;
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
static void main_reason(const struct diagnosis *diag, char *buf, size_t size)
{
	char need[32], room[32];
	size_t i;

	*buf = '\0';
	if (diagnosis_lacks_room(diag)) {
		size_to_human(need, sizeof(need), diag->to_move);
		size_to_human(room, sizeof(room), diag->room);
		snprintf(buf, size,
			 "%s would have to move, but all other nodes have room for %s",
			 need, room);
		return;
	}
	for (i = 0; i < diag->blocks.nr; i++)
		if (diag->judged[i].verdict == diag->verdict &&
		    *diag->judged[i].reason)
			break;
	if (i < diag->blocks.nr)
		snprintf(buf, size, "memory%llu: %s",
			 diag->blocks.blocks[i].id, diag->judged[i].reason);
	else if (diag->exclusive)
		snprintf(buf, size,
			 "kmem/exclusive is 1: only through the device's own state");
}

static size_t count_verdicts(const struct diagnosis *diag, enum verdict verdict)
{
	size_t i, nr = 0;

	for (i = 0; i < diag->blocks.nr; i++)
		nr += diag->judged[i].verdict == verdict;
	return nr;
}

static void print_verdict(const struct diagnosis *diag,
			  const struct output *out)
{
	size_t online = blocks_online(&diag->blocks);
	struct table *table;
	char reason[256];

	main_reason(diag, reason, sizeof(reason));
	if (out->json) {
		table = table_new("verdict", out, verdict_columns,
				  NR(verdict_columns), NULL);
		table_row(table, (char *[]){
			cell_text(diag->name),
			cell_text(verdict_name(diag->verdict)),
			cell_text(reason),
			diag->node == NO_NODE ? NULL : cell_number(diag->node),
			cell_bytes(out, diag->to_move),
			cell_bytes(out, diag->room),
		});
		table_print(table);
	} else if (!online) {
		printf("%s: no memory block is online\n", diag->name);
	} else {
		printf("%s: offlinable: %s, %zu of %zu online block%s%s%s\n",
		       diag->name, verdict_name(diag->verdict),
		       count_verdicts(diag, CAN_OFFLINE), online,
		       online == 1 ? "" : "s", *reason ? "; " : "", reason);
	}
}

/* What was not seen, and could change the verdict. */
static void print_notes(const struct diagnosis *diag)
{
	if (diag->pages.no_refs)
		fprintf(stderr,
			"kmemctl: pinned pages cannot be told: /proc/kcore: %s\n",
			why(diag->pages.no_refs));
	if (diag->holders.unreadable)
		fprintf(stderr,
			"kmemctl: %zu processes cannot be looked into; run as root\n",
			diag->holders.unreadable);
	if (diag->pages.no_cgroups)
		fprintf(stderr,
			"kmemctl: control groups cannot be told: /proc/kpagecgroup: %s\n",
			why(diag->pages.no_cgroups));
	if (diag->log.unreadable)
		fprintf(stderr,
			"kmemctl: the kernel log cannot be read: /dev/kmsg: %s\n",
			why(diag->log.unreadable));
}

void report_print(const struct diagnosis *diag, const struct output *out)
{
	add_kind_columns();
	tables_begin(out);
	if (!out->columns || out->json) {
		print_verdict(diag, out);
		print_causes(diag, out);
	}
	print_blocks(diag, out);
	if (!out->columns || out->json) {
		print_processes(diag, out);
		print_cgroups(diag, out);
		print_log(diag, out);
	}
	tables_end(out);
	fflush(stdout);
	if (blocks_online(&diag->blocks))
		print_notes(diag);
}
