/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables on the terminal, or as arrays of one JSON object. No other file uses
 * libsmartcols.
 */
#ifndef KMEMCTL_TABLE_H
#define KMEMCTL_TABLE_H

#include "lib/util.h"

/* How the user wants output to look. */
struct output {
	bool json;
	bool pairs;
	bool raw;
	bool bytes;
	bool no_headings;
	bool all_columns;
	const char *columns;	/* names separated by commas; NULL: the default */
};

enum column_type {
	COLTYPE_STR,
	COLTYPE_NUM,
	COLTYPE_SIZE,
	COLTYPE_BOOL,
	COLTYPE_LINES,	/* several lines; an array in JSON */
	COLTYPE_WRAP,	/* text, wrapped at words to fit the terminal */
};

/* An array of columns ends with one that has no name. */
struct table_column {
	const char *name;	/* of the heading; in lower case, the JSON key */
	enum column_type type;
};

struct table;

/*
 * A table of these columns; "name" is its key in JSON. "chosen" lists column
 * names that table_check() accepts: "A,B", or "+A,B" to add to the defaults.
 * NULL: the defaults. No defaults: all columns.
 */
struct table *table_new(const char *name, const struct output *out,
			const struct table_column *columns,
			const char *defaults, const char *chosen);
/*
 * Checks column names from the command line. Returns 0, or an exit code with
 * the failure remembered; "next" is the next step it names.
 */
int table_check(const struct table_column *columns, const char *chosen,
		const char *next);
/* For --help: the names, in lines of at most 80 characters. */
void table_print_names(const struct table_column *columns);

/* Whether this column, by its index in the array, is printed. */
bool table_shows(const struct table *table, size_t column);

/*
 * Add a line. It has a value for each column, printed or not, which is freed
 * here; NULL is null in JSON, else "-".
 */
void table_add_line(struct table *table, char **values);
/* Add a line below with text in one column alone. JSON leaves it out. */
void table_add_note(struct table *table, size_t column, char *text);
/* How many lines there are, without notes. */
size_t table_lines(const struct table *table);

/* Print and free. In JSON, a table is one member of the object around it. */
void table_print(struct table *table);
/* Before the first table, and after the last. */
void tables_begin(const struct output *out);
void tables_end(const struct output *out);

/* Values. Empty text is NULL. */
char *value_text(const char *text);
char *value_format(const char *fmt, ...) PRINTF(1, 2);
char *value_number(__u64 number);
/* NULL for the number that stands for "not known". */
char *value_unless(int unknown, int number);
char *value_size(const struct output *out, __u64 bytes);
char *value_bool(bool value);

#endif
