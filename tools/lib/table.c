// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables on the terminal, or as arrays of one JSON object. libsmartcols makes
 * an object of each table; the braces around it are removed here.
 */
#include "lib/table.h"

#include <ctype.h>
#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define MAX_COLUMNS 32
#define HIDDEN (-1)
#define MIN_WRAP 20	/* the least width of wrapped text */

struct table {
	struct libscols_table *scols;
	const struct output *out;
	const struct table_column *columns;
	int index[MAX_COLUMNS];		/* of each in scols, or HIDDEN */
	size_t width[MAX_COLUMNS];	/* of the longest value, or heading */
	size_t lines;
};

static bool first_of_object;

static int find_column(const struct table_column *columns, const char *name,
		       size_t len)
{
	size_t i;

	for (i = 0; columns[i].name; i++)
		if (!strncasecmp(columns[i].name, name, len) &&
		    !columns[i].name[len])
			return i;
	return -1;
}

int table_check(const struct table_column *columns, const char *chosen,
		const char *next)
{
	size_t len;

	chosen += *chosen == '+';
	do {
		len = strcspn(chosen, ",");
		if (find_column(columns, chosen, len) < 0)
			return fail(EX_USE, next, "unknown column '%.*s'",
				    (int)len, chosen);
		chosen += len;
	} while (*chosen++);
	return 0;
}

void table_print_names(const struct table_column *columns)
{
	size_t used = 80;

	for (; columns->name; columns++) {
		used += strlen(columns->name) + 1;
		if (used > 80)
			used = printf("\n  %s", columns->name) - 1;
		else
			printf(" %s", columns->name);
	}
	putchar('\n');
}

static int json_type(const struct output *out, enum column_type type)
{
	switch (type) {
	case COLTYPE_LINES:
		return SCOLS_JSON_ARRAY_STRING;
	case COLTYPE_SIZE:
		return out->bytes ? SCOLS_JSON_NUMBER : SCOLS_JSON_STRING;
	case COLTYPE_NUM:
	case COLTYPE_BOOL:	/* SCOLS_JSON_BOOLEAN has no null */
		return SCOLS_JSON_NUMBER;
	default:
		return SCOLS_JSON_STRING;
	}
}

static void add_column(struct table *table, int column)
{
	enum column_type type = table->columns[column].type;
	const struct output *out = table->out;
	bool lines = type == COLTYPE_LINES || type == COLTYPE_WRAP;
	struct libscols_column *col;
	int flags = lines ? SCOLS_FL_WRAP : 0;
	char name[32];
	size_t i;

	if (type == COLTYPE_NUM || type == COLTYPE_SIZE)
		flags = SCOLS_FL_RIGHT;
	/* a heading makes its column wide even if it is not printed */
	snprintf(name, sizeof(name), "%s",
		 out->no_headings && !out->json && !out->pairs ? "" :
		 table->columns[column].name);
	for (i = 0; name[i]; i++)
		name[i] = out->json ? tolower((unsigned char)name[i]) :
				      toupper((unsigned char)name[i]);
	table->width[column] = strlen(name);
	table->index[column] = scols_table_get_ncols(table->scols);
	col = need_memory(scols_table_new_column(table->scols, name, 0, flags));
	scols_column_set_json_type(col, json_type(out, type));
	if (lines) {
		scols_column_set_wrapfunc(col, scols_wrapnl_chunksize,
					  scols_wrapnl_nextchunk, NULL);
		scols_column_set_safechars(col, "\n");
	}
}

static void add_columns(struct table *table, const char *names)
{
	size_t len;
	int column;

	while (*names) {
		len = strcspn(names, ",");
		column = find_column(table->columns, names, len);
		/* one named twice appears once: a JSON key must be unique */
		if (column >= 0 && table->index[column] == HIDDEN)
			add_column(table, column);
		names += len + (names[len] == ',');
	}
}

struct table *table_new(const char *name, const struct output *out,
			const struct table_column *columns,
			const char *defaults, const char *chosen)
{
	struct table *table = need_memory(calloc(1, sizeof(*table)));
	bool add = chosen && *chosen == '+';
	size_t i;

	scols_init_debug(0);
	table->scols = need_memory(scols_new_table());
	table->out = out;
	table->columns = columns;
	scols_table_set_name(table->scols, name);
	scols_table_enable_json(table->scols, out->json);
	scols_table_enable_export(table->scols, out->pairs);
	scols_table_enable_raw(table->scols, out->raw);
	scols_table_enable_noheadings(table->scols, out->no_headings);
	for (i = 0; i < MAX_COLUMNS; i++)
		table->index[i] = HIDDEN;
	if (defaults && (!chosen || add))
		add_columns(table, defaults);
	for (i = 0; !defaults && (!chosen || add) && columns[i].name; i++)
		add_column(table, i);
	if (chosen)
		add_columns(table, chosen + add);
	return table;
}

bool table_shows(const struct table *table, size_t column)
{
	return table->index[column] != HIDDEN;
}

static void set_value(struct table *table, struct libscols_line *line,
		      size_t column, char *value)
{
	bool one_line = table->out->pairs || table->out->raw;
	char *end;

	if (value && strlen(value) > table->width[column])
		table->width[column] = strlen(value);
	for (end = value; one_line && end && (end = strchr(end, '\n')); )
		*end = ',';
	scols_line_refer_data(line, table->index[column], value);
}

void table_add_line(struct table *table, char **values)
{
	struct libscols_line *line;
	size_t i;

	line = need_memory(scols_table_new_line(table->scols, NULL));
	for (i = 0; table->columns[i].name; i++) {
		if (table->index[i] == HIDDEN) {
			free(values[i]);
			continue;
		}
		if (!values[i] && !table->out->json)
			values[i] = value_text("-");
		set_value(table, line, i, values[i]);
	}
	table->lines++;
}

void table_add_note(struct table *table, size_t column, char *text)
{
	struct libscols_line *line;

	if (table->out->json || table->index[column] == HIDDEN) {
		free(text);
		return;
	}
	line = need_memory(scols_table_new_line(table->scols, NULL));
	set_value(table, line, column, text);
}

size_t table_lines(const struct table *table)
{
	return table->lines;
}

/* A blank becomes the end of a line, so the text keeps its length. */
static void wrap_text(char *text, size_t width)
{
	char *start = text, *blank = NULL;

	for (; *text; text++) {
		if (*text == ' ')
			blank = text;
		if ((size_t)(text - start) >= width && blank) {
			*blank = '\n';
			start = blank + 1;
			blank = NULL;
		}
	}
}

/* Fit the table to the terminal; libsmartcols would cut inside words. */
static void wrap_column(struct table *table, size_t column)
{
	size_t i, others = 0, width = scols_table_get_termwidth(table->scols);
	size_t nr = scols_table_get_nlines(table->scols);
	struct libscols_cell *cell;

	for (i = 0; table->columns[i].name; i++)
		if (i != column && table_shows(table, i))
			others += table->width[i] + 1;
	width = width > others + MIN_WRAP ? width - others : MIN_WRAP;
	for (i = 0; i < nr; i++) {
		cell = scols_line_get_cell(scols_table_get_line(table->scols, i),
					   table->index[column]);
		if (scols_cell_get_data(cell))
			wrap_text((char *)scols_cell_get_data(cell), width);
	}
}

/* libsmartcols makes "{\n   "name": [ ... ]\n}\n". */
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
	const struct output *out = table->out;
	bool wrap = !out->json && !out->pairs && !out->raw &&
		    isatty(STDOUT_FILENO);
	size_t i;

	for (i = 0; wrap && table->columns[i].name; i++)
		if (table->columns[i].type == COLTYPE_WRAP &&
		    table_shows(table, i))
			wrap_column(table, i);
	if (out->json)
		print_member(table->scols);
	else
		scols_print_table(table->scols);
	scols_unref_table(table->scols);
	free(table);
}

void tables_begin(const struct output *out)
{
	first_of_object = true;
	if (out->json)
		putchar('{');
}

void tables_end(const struct output *out)
{
	if (out->json)
		puts("\n}");
}

char *value_text(const char *text)
{
	return text && *text ? need_memory(strdup(text)) : NULL;
}

char *value_format(const char *fmt, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	return need_memory(text);
}

char *value_number(__u64 number)
{
	return value_format("%llu", number);
}

char *value_unless(int unknown, int number)
{
	return number == unknown ? NULL : value_number(number);
}

char *value_size(const struct output *out, __u64 bytes)
{
	return out->bytes ? value_number(bytes) : value_text(human(bytes));
}

char *value_bool(bool value)
{
	return value_text(value ? "true" : "false");
}
