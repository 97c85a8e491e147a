// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables on the terminal, or as arrays of one JSON object. libsmartcols makes an
 * object of each table; here its braces are taken off.
 */
#include "lib/table.h"

#include <ctype.h>
#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_COLUMNS 32

struct table {
	struct libscols_table *scols;
	bool json;
	size_t nr;			/* columns there are */
	int place[MAX_COLUMNS];		/* of each, or -1: not shown */
	size_t rows;
};

static bool first_of_object;

static int find_column(const struct table_column *columns, size_t nr,
		       const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strncasecmp(columns[i].name, name, len) &&
		    !columns[i].name[len])
			return i;
	return -1;
}

int table_check(const struct table_column *columns, size_t nr,
		const char *chosen)
{
	size_t len;

	do {
		len = strcspn(chosen, ",");
		if (find_column(columns, nr, chosen, len) < 0)
			return fail(EX_USE, "'man kmemctl' lists the columns",
				    "unknown column '%.*s'", (int)len, chosen);
		chosen += len;
	} while (*chosen++);
	return 0;
}

static int json_type(const struct output *out, enum cell_kind kind)
{
	if (kind == CELL_BOOL)
		return SCOLS_JSON_BOOLEAN;
	if (kind == CELL_LINES)
		return SCOLS_JSON_ARRAY_STRING;
	if (kind == CELL_NUMBER || (kind == CELL_BYTES && out->bytes))
		return SCOLS_JSON_NUMBER;
	return SCOLS_JSON_STRING;
}

static void add_column(struct table *table, const struct output *out,
		       const struct table_column *column, int index, int place)
{
	int flags = column->kind == CELL_NUMBER || column->kind == CELL_BYTES ?
		    SCOLS_FL_RIGHT : 0;
	struct libscols_column *col;
	char name[32];
	size_t i;

	if (column->kind == CELL_LINES)
		flags |= SCOLS_FL_WRAP;
	/* a heading makes its column wide even where it is not printed */
	snprintf(name, sizeof(name), "%s",
		 out->no_headings && !out->json ? "" : column->name);
	for (i = 0; name[i]; i++)
		name[i] = out->json ? tolower((unsigned char)name[i]) :
				       toupper((unsigned char)name[i]);
	col = need_memory(scols_table_new_column(table->scols, name, 0, flags));
	scols_column_set_json_type(col, json_type(out, column->kind));
	if (column->kind == CELL_LINES) {
		scols_column_set_wrapfunc(col, scols_wrapnl_chunksize,
					  scols_wrapnl_nextchunk, NULL);
		scols_column_set_safechars(col, "\n");
	}
	table->place[index] = place;
}

struct table *table_new(const char *name, const struct output *out,
			const struct table_column *columns, size_t nr,
			const char *chosen)
{
	struct table *table = need_memory(calloc(1, sizeof(*table)));
	size_t i, len, place = 0;
	int index;

	table->scols = need_memory(scols_new_table());
	table->json = out->json;
	table->nr = nr;
	scols_table_set_name(table->scols, name);
	scols_table_enable_json(table->scols, out->json);
	scols_table_enable_noheadings(table->scols, out->no_headings);
	for (i = 0; i < nr; i++)
		table->place[i] = -1;
	for (i = 0; !chosen && i < nr; i++)
		add_column(table, out, &columns[i], i, i);
	while (chosen && *chosen) {
		len = strcspn(chosen, ",");
		index = find_column(columns, nr, chosen, len);
		/* one named twice appears once: a JSON key must be unique */
		if (index >= 0 && table->place[index] < 0)
			add_column(table, out, &columns[index], index,
				   place++);
		chosen += len + (chosen[len] == ',');
	}
	return table;
}

void table_row(struct table *table, char **cells)
{
	struct libscols_line *line;
	size_t i;

	line = need_memory(scols_table_new_line(table->scols, NULL));
	for (i = 0; i < table->nr; i++) {
		if (table->place[i] < 0) {
			free(cells[i]);
			continue;
		}
		if (!cells[i] && !table->json)
			cells[i] = cell_text("-");
		scols_line_refer_data(line, table->place[i], cells[i]);
	}
	table->rows++;
}

size_t table_rows(const struct table *table)
{
	return table->rows;
}

/* "{\n   "name": [ ... ]\n}\n" is what we get. */
static void print_member(struct libscols_table *scols)
{
	char *text = NULL, *end;

	scols_print_table_to_string(scols, &text);
	need_memory(text);
	end = strrchr(text, '}');
	while (end && end > text && isspace((unsigned char)end[-1]))
		end--;
	if (end && *text == '{')
		printf("%s%.*s", first_of_object ? "" : ",",
		       (int)(end - text - 1), text + 1);
	first_of_object = false;
	free(text);
}

void table_print(struct table *table)
{
	if (table->json)
		print_member(table->scols);
	else
		scols_print_table(table->scols);
	scols_unref_table(table->scols);
	free(table);
}

void tables_begin(const struct output *out)
{
	scols_init_debug(0);
	first_of_object = true;
	if (out->json)
		putchar('{');
}

void tables_end(const struct output *out)
{
	if (out->json)
		puts("\n}");
}

char *cell_text(const char *text)
{
	return text && *text ? need_memory(strdup(text)) : NULL;
}

char *cell_number(__u64 number)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", number);
	return cell_text(text);
}

char *cell_bytes(const struct output *out, __u64 bytes)
{
	char text[32];

	if (out->bytes)
		return cell_number(bytes);
	size_to_human(text, sizeof(text), bytes);
	return cell_text(text);
}
