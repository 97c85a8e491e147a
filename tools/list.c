// SPDX-License-Identifier: GPL-2.0-only
/*
 * "list": one line per dax device. It changes nothing and needs no root; what
 * only root can read is left open, and one line says so.
 */
#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "commands.h"
#include "stranded.h"

/* How much of a device anybody but root may know depends on its driver. */
enum know { ALL, NO_RANGES, NO_BLOCKS };

struct row {
	struct dax_dev dev;
	struct block_counts counts;
	bool broken;		/* could not be read */
	enum know know;
};

enum column {
	COL_DEVICE, COL_SIZE, COL_NODE, COL_DRIVER, COL_STATE, COL_BLOCKS,
	COL_ZONES, COL_ONLINE, COL_TOTAL, COL_RANGES, COL_RESOURCE, COL_LOST,
	COL_ALIGN, COL_NUMA_NODE, NR_COLUMNS
};

#define DEFAULT_COLUMNS "DEVICE,SIZE,NODE,DRIVER,STATE,BLOCKS,ZONES"

enum kind { TEXT, NUMBER, BYTES, LINES };

static const struct {
	const char *name;
	const char *key;
	enum kind kind;
	enum know until;	/* what hides it from all but root */
} columns[NR_COLUMNS] = {
	[COL_DEVICE] = { "DEVICE", "device", TEXT, ALL },
	[COL_SIZE] = { "SIZE", "size", BYTES, ALL },
	[COL_NODE] = { "NODE", "node", NUMBER, ALL },
	[COL_DRIVER] = { "DRIVER", "driver", TEXT, ALL },
	[COL_STATE] = { "STATE", "state", TEXT, NO_BLOCKS },
	[COL_BLOCKS] = { "BLOCKS", "blocks", TEXT, NO_BLOCKS },
	[COL_ZONES] = { "ZONES", "zones", TEXT, NO_BLOCKS },
	[COL_ONLINE] = { "ONLINE", "online", NUMBER, NO_BLOCKS },
	[COL_TOTAL] = { "TOTAL", "total", NUMBER, NO_BLOCKS },
	[COL_RANGES] = { "RANGES", "ranges", LINES, NO_RANGES },
	[COL_RESOURCE] = { "RESOURCE", "resource", TEXT, NO_RANGES },
	[COL_LOST] = { "LOST", "lost", BYTES, NO_BLOCKS },
	[COL_ALIGN] = { "ALIGN", "align", BYTES, ALL },
	[COL_NUMA_NODE] = { "NUMA_NODE", "numa_node", NUMBER, ALL },
};

void list_print_columns(void)
{
	size_t i, used = 80;

	printf("\nColumns:");
	for (i = 0; i < NR_COLUMNS; i++) {
		used += strlen(columns[i].name) + 1;
		if (used > 80)
			used = printf("\n  %s", columns[i].name) - 1;
		else
			printf(" %s", columns[i].name);
	}
	puts("\nDefault:\n  " DEFAULT_COLUMNS);
}

static const char *state_of(const struct row *row)
{
	const struct block_counts *counts = &row->counts;

	if (strcmp(row->dev.driver, KMEM_DRIVER)) {
		if (counts->present)
			return "stranded";
		if (!*row->dev.driver)
			return "unbound";
		return strcmp(row->dev.driver, DEVDAX_DRIVER) ? "other" :
								"devdax";
	}
	if (row->know == NO_BLOCKS)
		return NULL;
	if (!counts->present)
		return "unplugged";
	if (!counts->online)
		return "offline";
	return counts->online == counts->total ? "online" : "partial";
}

static char *format_number(__u64 value)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", value);
	return need_memory(strdup(text));
}

static char *format_address(__u64 value)
{
	char text[32];

	snprintf(text, sizeof(text), "%#llx", value);
	return need_memory(strdup(text));
}

static char *format_bytes(const struct options *opts, __u64 bytes)
{
	char text[32];

	if (opts->bytes)
		return format_number(bytes);
	size_to_human(text, sizeof(text), bytes);
	return need_memory(strdup(text));
}

static char *format_text(const char *text)
{
	return text && *text ? need_memory(strdup(text)) : NULL;
}

static char *format_node(int node)
{
	return node == NO_NODE ? NULL : format_number(node);
}

static char *format_zones(const struct row *row)
{
	char zones[256];

	counts_zones(&row->counts, zones, sizeof(zones));
	return format_text(zones);
}

static char *format_blocks(const struct row *row)
{
	char text[64];

	if (!row->counts.present)
		return NULL;
	snprintf(text, sizeof(text), "%llu/%llu", row->counts.online,
		 row->counts.total);
	return need_memory(strdup(text));
}

/* One range a line; libsmartcols makes a JSON array of it. */
static char *format_ranges(const struct dax_dev *dev)
{
	size_t i, used = 0, size = dev->nr_ranges * 48 + 1;
	char *text;

	if (!dev->nr_ranges)
		return NULL;
	text = need_memory(malloc(size));
	for (i = 0; i < dev->nr_ranges; i++)
		used += snprintf(text + used, size - used,
				 "%s%#llx-%#llx", i ? "\n" : "",
				 dev->ranges[i].start, dev->ranges[i].end);
	return text;
}

static bool is_hidden(const struct row *row, enum column column)
{
	return columns[column].until && row->know >= columns[column].until;
}

/* NULL: there is nothing to say, or it is not known. */
static char *cell(const struct options *opts, const struct row *row,
		  enum column column)
{
	const struct dax_dev *dev = &row->dev;

	if (column == COL_DEVICE)
		return format_text(dev->name);
	if (row->broken)
		return NULL;
	if (column == COL_STATE)
		return format_text(state_of(row));
	if (is_hidden(row, column))
		return NULL;
	switch (column) {
	case COL_SIZE:
		return format_bytes(opts, dev->size);
	case COL_NODE:
		return format_node(dev->target_node);
	case COL_DRIVER:
		return format_text(dev->driver);
	case COL_BLOCKS:
		return format_blocks(row);
	case COL_ZONES:
		return format_zones(row);
	case COL_ONLINE:
		return format_number(row->counts.online);
	case COL_TOTAL:
		return format_number(row->counts.total);
	case COL_RANGES:
		return format_ranges(dev);
	case COL_RESOURCE:
		return dev->nr_ranges ? format_address(dev->ranges[0].start) :
					NULL;
	case COL_LOST:
		return format_bytes(opts, row->counts.lost);
	case COL_ALIGN:
		return dev->align ? format_bytes(opts, dev->align) : NULL;
	case COL_NUMA_NODE:
		return format_node(dev->numa_node);
	default:
		return NULL;
	}
}

struct choice {
	enum column columns[NR_COLUMNS];
	size_t nr;
};

/* A column named twice appears once: a JSON key must be unique. */
static int choose_one(struct choice *choice, const char *name, size_t len)
{
	size_t i, k;

	for (i = 0; i < NR_COLUMNS; i++)
		if (!strncasecmp(columns[i].name, name, len) &&
		    !columns[i].name[len])
			break;
	if (i == NR_COLUMNS)
		return fail(EX_USE, "'kmemctl list --help' shows the columns",
			    "unknown column '%.*s'", (int)len, name);
	for (k = 0; k < choice->nr; k++)
		if (choice->columns[k] == i)
			return 0;
	choice->columns[choice->nr++] = i;
	return 0;
}

static int choose(struct choice *choice, const char *text)
{
	size_t len;
	int rc;

	if (*text == '+') {
		choose(choice, DEFAULT_COLUMNS);
		text++;
	}
	do {
		len = strcspn(text, ",");
		rc = choose_one(choice, text, len);
		if (rc)
			return rc;
		text += len;
	} while (*text++);
	return 0;
}

static int json_type(const struct options *opts, enum kind kind)
{
	if (kind == LINES)
		return SCOLS_JSON_ARRAY_STRING;
	if (kind == NUMBER || (kind == BYTES && opts->bytes))
		return SCOLS_JSON_NUMBER;
	return SCOLS_JSON_STRING;
}

static void add_column(struct libscols_table *table,
		       const struct options *opts, enum column column)
{
	const char *name = columns[column].name;
	enum kind kind = columns[column].kind;
	int flags = kind == NUMBER || kind == BYTES ? SCOLS_FL_RIGHT : 0;
	struct libscols_column *col;

	if (kind == LINES)
		flags |= SCOLS_FL_WRAP;
	/* a heading makes its column wide even where it is not printed */
	if (opts->json)
		name = columns[column].key;
	else if (opts->no_headings)
		name = "";
	col = need_memory(scols_table_new_column(table, name, 0, flags));
	scols_column_set_json_type(col, json_type(opts, kind));
	if (kind == LINES) {
		scols_column_set_wrapfunc(col, scols_wrapnl_chunksize,
					  scols_wrapnl_nextchunk, NULL);
		scols_column_set_safechars(col, "\n");
	}
}

static struct libscols_table *new_table(const struct options *opts,
					const struct choice *choice)
{
	struct libscols_table *table = need_memory(scols_new_table());
	size_t i;

	scols_table_set_name(table, "devices");
	scols_table_enable_json(table, opts->json);
	scols_table_enable_noheadings(table, opts->no_headings);
	for (i = 0; i < choice->nr; i++)
		add_column(table, opts, choice->columns[i]);
	return table;
}

static void add_row(struct libscols_table *table, const struct options *opts,
		    const struct choice *choice, const struct row *row)
{
	struct libscols_line *line;
	size_t i;
	char *text;

	line = need_memory(scols_table_new_line(table, NULL));
	for (i = 0; i < choice->nr; i++) {
		text = cell(opts, row, choice->columns[i]);
		if (!text && !opts->json)
			text = need_memory(strdup("-"));
		scols_line_refer_data(line, i, text);
	}
}

/* A device may go while we look: then it is simply not there any more. */
static int read_row(struct row *row, const char *name, bool *gone)
{
	int rc;

	memset(row, 0, sizeof(*row));
	*gone = false;
	rc = dax_read(&row->dev, name);
	if (rc && row->dev.no_permission) {
		row->know = counts_of_driver(&row->counts, name) ? NO_BLOCKS :
								   NO_RANGES;
		fail_forget();
		return 0;
	}
	if (!rc)
		rc = blocks_count(&row->counts, &row->dev);
	row->broken = rc;
	*gone = rc && !dax_exists(name);
	return rc;
}

/* Show a row, or why it cannot be read. Returns the exit code for it. */
static int show(struct libscols_table *table, const struct options *opts,
		const struct choice *choice, const struct row *row, int rc,
		bool *need_root)
{
	size_t k;

	add_row(table, opts, choice, row);
	if (rc)
		fail_print(row->dev.name, NULL);
	for (k = 0; k < choice->nr; k++)
		*need_root |= is_hidden(row, choice->columns[k]);
	return rc;
}

/* Memory on record with our driver, of devices that are not there any more. */
static void fill_stranded(struct libscols_table *table,
			  const struct options *opts,
			  const struct choice *choice, struct stranded *left,
			  struct tally *tally)
{
	bool need_root = false;
	size_t i;
	int rc;

	for (i = 0; i < left->nr; i++) {
		struct row row = { .dev = left->records[i] };

		if (left->shown[i])
			continue;
		/* by the blocks: another device may have the name today */
		row.dev.name[0] = '\0';
		rc = blocks_count(&row.counts, &row.dev);
		row.broken = rc;
		row.dev = left->records[i];
		tally_add(tally, show(table, opts, choice, &row, rc,
				      &need_root));
	}
}

static int fill(struct libscols_table *table, const struct options *opts,
		const struct choice *choice, char **names, size_t nr,
		struct stranded *left)
{
	struct tally tally = { 0 };
	bool need_root = false;
	size_t i;

	for (i = 0; i < nr; i++) {
		struct row row;
		bool gone;
		int rc = read_row(&row, names[i], &gone);

		if (gone) {
			fail_forget();
		} else {
			tally_add(&tally, show(table, opts, choice, &row, rc,
					       &need_root));
			stranded_show_with(left, &row.dev);
		}
		dax_free(&row.dev);
	}
	fill_stranded(table, opts, choice, left, &tally);
	if (need_root)
		fputs("kmemctl: run as root to see memory blocks, zones and ranges\n",
		      stderr);
	return tally_exit(&tally);
}

static int print_list(const struct options *opts, const struct choice *choice,
		      char **names, size_t nr, struct stranded *left)
{
	struct libscols_table *table = new_table(opts, choice);
	int rc;

	rc = fill(table, opts, choice, names, nr, left);
	if (!nr && !left->nr)
		fputs("kmemctl: no dax device\n", stderr);
	if (nr || left->nr || opts->json)
		scols_print_table(table);
	scols_unref_table(table);
	return rc;
}

static int find_names(char ***names, size_t *nr, char **devices, int count)
{
	int i, rc;

	rc = dax_bus_check();
	if (!rc && !count)
		rc = dax_names(names, nr);
	if (rc)
		fail_print(NULL, NULL);
	for (i = 0; !rc && i < count; i++) {
		rc = dax_check_name(devices[i]);
		if (rc)
			fail_print(devices[i], NULL);
	}
	if (count) {
		*names = devices;
		*nr = count;
	}
	return rc;
}

/* Of the devices named there is nothing more to say. */
static int find_stranded(struct stranded *left, int count)
{
	int rc = 0;

	memset(left, 0, sizeof(*left));
	if (!count)
		rc = stranded_read(left);
	if (!rc)
		return 0;
	fail(EX_FAILED, what_next(rc), "cannot read what is stranded: %s",
	     why(rc));
	fail_print(NULL, NULL);
	return EX_FAILED;
}

int cmd_list(const struct options *opts, char **devices, int count)
{
	struct choice choice = { .nr = 0 };
	struct stranded left = { 0 };
	char **names = NULL;
	size_t i, nr = 0;
	int rc;

	rc = choose(&choice, opts->columns ? opts->columns : DEFAULT_COLUMNS);
	if (rc) {
		fail_print(NULL, NULL);
		return rc;
	}
	scols_init_debug(0);
	rc = find_names(&names, &nr, devices, count);
	if (!rc)
		rc = find_stranded(&left, count);
	if (!rc)
		rc = print_list(opts, &choice, names, nr, &left);
	if (names != devices) {
		for (i = 0; i < nr; i++)
			free(names[i]);
		free(names);
	}
	stranded_free(&left);
	return rc;
}
