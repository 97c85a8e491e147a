// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints an analysis as text and tables, or as JSON: the verdict, the kinds of
 * pages, the blocks, who holds pages, and lines of the kernel log.
 */
#include "pages/analysis.h"

#include <stdio.h>
#include <string.h>

#include "lib/table.h"

static const char * const verdicts[] = {
	[OFFLINABLE_YES] = "yes",
	[OFFLINABLE_ALREADY] = "already offline",
	[OFFLINABLE_MAYBE] = "maybe",
	[OFFLINABLE_UNLIKELY] = "unlikely",
	[OFFLINABLE_NO] = "no",
};

#define MAX_PROCESSES 20	/* as text; JSON has all */

/* Columns before those for each kind of page. */
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

static const struct table_column holder_columns[] = {
	{ "PID", COLTYPE_NUM },
	{ "COMMAND", COLTYPE_STR },
	{ "SIZE", COLTYPE_SIZE },
	{ "PAGES", COLTYPE_STR },
	{ "CGROUP", COLTYPE_STR },
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
			.name = page_kinds[k].name,
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

/* As text, a table without lines is left out, and a blank line parts others. */
static void print_table(struct table *table, const struct output *out)
{
	if (!out->json && table_lines(table))
		putchar('\n');
	table_print(table);
}

static char *value_kinds(const __u64 bytes[NR_PAGE_KINDS], __u32 kinds)
{
	char list[256];

	kinds_list(bytes, kinds, list, sizeof(list));
	return value_text(list);
}

static void print_kinds(const struct analysis *found, const struct output *out)
{
	const struct kind *kind = page_kinds + PAGE_FREE;
	struct table *table;
	const char *effect;
	size_t i, k, nr;

	table = table_new("causes", out, cause_columns, NULL, NULL);
	for (k = PAGE_FREE; k < NR_PAGE_KINDS; k++, kind++) {
		effect = kind->effect;
		for (i = 0, nr = 0; i < found->blocks.nr; i++) {
			if (!found->per_block[i].bytes[k])
				continue;
			nr++;
			if (found->blocks.blocks[i].zone == ZONE_NORMAL &&
			    kind->not_movable)
				effect = kind->not_movable;
		}
		if (nr)
			table_add_line(table, (char *[]){
				value_text(kind->name),
				value_size(out, found->bytes[k]),
				value_number(nr),
				value_text(effect),
			});
	}
	print_table(table, out);
}

/* One line for blocks from the first to the last, with their bytes. */
static void add_blocks(struct table *table, const struct output *out,
		       const struct block *first, const struct block *last,
		       const __u64 bytes[NR_PAGE_KINDS])
{
	char *values[BLOCK_COLUMNS + NR_PAGE_KINDS], reason[160];
	bool online = first->zone != ZONE_OFFLINE;
	enum offlinable offlinable;
	size_t k;

	offlinable = block_offlinable(first, bytes, reason, sizeof(reason));
	values[0] = first == last ?
		    value_format("memory%llu", first->id) :
		    value_format("memory%llu-%llu", first->id, last->id);
	values[1] = value_number(last->id - first->id + 1);
	values[2] = value_text(online ? "online" : "offline");
	values[3] = value_text(first->zone_name);
	values[4] = value_text(verdicts[offlinable]);
	values[5] = online ? value_size(out, kinds_sum(bytes, KINDS_USED)) :
			     NULL;
	values[6] = value_text(reason);
	values[7] = value_kinds(bytes, KINDS_USED);
	for (k = 0; k < NR_PAGE_KINDS; k++)
		values[BLOCK_COLUMNS + k] = value_size(out, bytes[k]);
	table_add_line(table, values);
}

/* How many consecutive blocks from the i-th on have its zone and verdict. */
static size_t count_alike(const struct analysis *found, size_t i)
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
		__u64 bytes[NR_PAGE_KINDS] = { 0 };

		n = merge ? count_alike(found, i) : 1;
		for (j = i; j < i + n; j++)
			for (k = 0; k < NR_PAGE_KINDS; k++)
				bytes[k] += found->per_block[j].bytes[k];
		add_blocks(table, out, &blocks[i], &blocks[i + n - 1], bytes);
	}
	if (merge)
		print_table(table, out);
	else
		table_print(table);
}

static void add_holder(struct table *table, const struct output *out,
		       const struct holder *holder)
{
	table_add_line(table, (char *[]){
		holder->pid ? value_number(holder->pid) : NULL,
		value_text(holder->command),
		value_size(out, holder->total),
		value_kinds(holder->bytes, KINDS_USED),
		value_text(holder->cgroup),
	});
}

void analysis_print_processes(const struct analysis *found,
			      const struct output *out)
{
	const struct holder_list *processes = &found->holders.processes;
	size_t i, nr = processes->nr;
	struct table *table;

	if (!out->json && nr > MAX_PROCESSES)
		nr = MAX_PROCESSES;
	table = table_new("processes", out, holder_columns, NULL, NULL);
	for (i = 0; i < nr; i++)
		add_holder(table, out, &processes->list[i]);
	if (found->holders.unmapped.total)
		add_holder(table, out, &found->holders.unmapped);
	print_table(table, out);
	if (nr < processes->nr)
		printf("... and %zu more processes\n", processes->nr - nr);
}

static void print_cgroups(const struct analysis *found,
			  const struct output *out)
{
	const struct holder_list *cgroups = &found->pages.cgroups;
	struct table *table;
	size_t i;

	table = table_new("cgroups", out, holder_columns, "CGROUP,SIZE,PAGES",
			  NULL);
	for (i = 0; i < cgroups->nr; i++)
		add_holder(table, out, &cgroups->list[i]);
	print_table(table, out);
}

/* As dmesg prints it. */
static char *value_time(__u64 microseconds)
{
	return value_format("%llu.%06llu", microseconds / 1000000,
			    microseconds % 1000000);
}

static void print_log(const struct analysis *found, const struct output *out)
{
	const struct kernel_log *log = &found->log;
	const struct page_dump *dump;
	struct table *table;
	size_t i;

	table = table_new("log", out, log_columns, NULL, NULL);
	for (i = 0; i < log->nr; i++) {
		dump = &log->dumps[i];
		table_add_line(table, (char *[]){
			value_time(dump->when),
			value_format("memory%llu", dump->block),
			value_format("%#llx", dump->pfn),
			value_number(dump->refcount),
			value_number(dump->mapcount),
			value_text(dump->reason),
		});
	}
	if (*log->driver)
		table_add_line(table, (char *[]){
			value_time(log->driver_when), NULL, NULL, NULL, NULL,
			value_text(log->driver),
		});
	print_table(table, out);
}

static void print_verdict(const struct analysis *found,
			  const struct output *out)
{
	size_t online = blocks_online(&found->blocks);
	struct table *table;
	char reason[256];

	analysis_reason(found, reason, sizeof(reason));
	if (out->json) {
		table = table_new("verdict", out, verdict_columns, NULL, NULL);
		table_add_line(table, (char *[]){
			value_text(found->name),
			value_text(verdicts[found->offlinable]),
			value_text(reason),
			found->node == NO_NODE ? NULL :
						 value_number(found->node),
			value_size(out, found->to_move),
			value_size(out, found->room),
		});
		table_print(table);
	} else if (!online) {
		printf("%s: no memory block is online\n", found->name);
	} else {
		printf("%s: offlinable: %s, %zu of %zu online block%s%s%s\n",
		       found->name, verdicts[found->offlinable],
		       found->nr_offlinable, online, online == 1 ? "" : "s",
		       *reason ? "; " : "", reason);
	}
}

/* What could not be read, and could change the verdict. */
static void print_unread(const struct analysis *found)
{
	const struct {
		const char *what;
		int err;
	} unread[] = {
		{ "pinned pages: /proc/kcore", found->pages.no_refs },
		{ "control groups: /proc/kpagecgroup",
		  found->pages.no_cgroups },
		{ "the kernel log: /dev/kmsg", found->log.unreadable },
	};
	size_t i;

	for (i = 0; i < sizeof(unread) / sizeof(*unread); i++)
		if (unread[i].err)
			fprintf(stderr, "kmemctl: cannot read %s: %s\n",
				unread[i].what, why(unread[i].err));
	if (found->holders.unreadable)
		fprintf(stderr,
			"kmemctl: %zu processes cannot be read; run kmemctl as root\n",
			found->holders.unreadable);
}

void analysis_print(const struct analysis *found, const struct output *out)
{
	bool all = !out->columns || out->json;

	add_kind_columns();
	tables_begin(out);
	if (all) {
		print_verdict(found, out);
		print_kinds(found, out);
	}
	print_blocks(found, out);
	if (all) {
		analysis_print_processes(found, out);
		print_cgroups(found, out);
		print_log(found, out);
	}
	tables_end(out);
	fflush(stdout);
	if (blocks_online(&found->blocks))
		print_unread(found);
}
