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

#include "cmd/list_columns.h"
#include "device/stranded.h"

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

static void choose_all(struct choice *choice)
{
	while (choice->nr < NR_COLUMNS) {
		choice->columns[choice->nr] = choice->nr;
		choice->nr++;
	}
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
	if (kind == NUMBER || (kind == BYTES && opts->out.bytes))
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
	if (opts->out.json)
		name = columns[column].key;
	else if (opts->out.no_headings && !opts->out.pairs)
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
	scols_table_enable_json(table, opts->out.json);
	scols_table_enable_noheadings(table, opts->out.no_headings);
	scols_table_enable_export(table, opts->out.pairs);
	scols_table_enable_raw(table, opts->out.raw);
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
		if (!text && !opts->out.json)
			text = need_memory(strdup("-"));
		scols_line_refer_data(line, i, text);
	}
}

struct sheet {
	struct libscols_table *table;
	const struct options *opts;
	const struct choice *choice;
	struct stranded left;
	struct tally tally;
	bool need_root;
};

/* Show a row, or why it cannot be read. */
static void show(struct sheet *sheet, const struct row *row, int rc)
{
	size_t k;

	add_row(sheet->table, sheet->opts, sheet->choice, row);
	if (rc)
		fail_print(row->dev.name, NULL);
	for (k = 0; k < sheet->choice->nr; k++)
		sheet->need_root |= cell_is_hidden(row,
						   sheet->choice->columns[k]);
	tally_add(&sheet->tally, rc);
}

static void show_device(struct sheet *sheet, const char *name)
{
	struct row row;
	bool gone;
	int rc;

	rc = row_read(&row, name, &gone);
	if (gone) {
		fail_forget();
	} else {
		show(sheet, &row, rc);
		stranded_show_with(&sheet->left, &row.dev);
	}
	row_free(&row);
}

/* Memory on record with our driver, of devices that are not there any more. */
static void show_stranded(struct sheet *sheet)
{
	const struct stranded *left = &sheet->left;
	struct row row;
	size_t i;
	int rc;

	for (i = 0; i < left->nr; i++) {
		if (left->shown[i])
			continue;
		rc = row_of_stranded(&row, &left->records[i]);
		show(sheet, &row, rc);
	}
}

static int fill(struct sheet *sheet, char **names, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		show_device(sheet, names[i]);
	show_stranded(sheet);
	if (sheet->need_root || sheet->left.hidden)
		fprintf(stderr, "kmemctl: run as root to see %s%s%s\n",
			sheet->need_root ? "memory blocks, zones and ranges" :
			"",
			sheet->need_root && sheet->left.hidden ? ", and " : "",
			sheet->left.hidden ?
			"memory left by devices that are gone" : "");
	return tally_exit(&sheet->tally);
}

static int print_list(struct sheet *sheet, char **names, size_t nr)
{
	size_t lines;
	int rc;

	sheet->table = new_table(sheet->opts, sheet->choice);
	rc = fill(sheet, names, nr);
	lines = scols_table_get_nlines(sheet->table);
	if (!lines)
		fputs("kmemctl: no dax device\n", stderr);
	if (lines || sheet->opts->out.json)
		scols_print_table(sheet->table);
	scols_unref_table(sheet->table);
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
	int rc = count ? 0 : stranded_read(left);

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
	struct sheet sheet = { .opts = opts, .choice = &choice };
	char **names = NULL;
	size_t i, nr = 0;
	int rc;

	if (opts->out.all_columns)
		choose_all(&choice);
	rc = opts->out.all_columns ? 0 :
	     choose(&choice, opts->out.columns ? opts->out.columns : DEFAULT_COLUMNS);
	if (rc) {
		fail_print(NULL, NULL);
		return rc;
	}
	scols_init_debug(0);
	rc = find_names(&names, &nr, devices, count);
	if (!rc)
		rc = find_stranded(&sheet.left, count);
	if (!rc)
		rc = print_list(&sheet, names, nr);
	if (names != devices) {
		for (i = 0; i < nr; i++)
			free(names[i]);
		free(names);
	}
	stranded_free(&sheet.left);
	return rc;
}
