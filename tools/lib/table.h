/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables on the terminal, or as arrays of one JSON object.
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

/* Lines are an array in JSON. */
enum cell_kind { CELL_TEXT, CELL_NUMBER, CELL_BYTES, CELL_BOOL, CELL_LINES };

struct table_column {
	const char *name;	/* of the heading; in lower case, of the key */
	enum cell_kind kind;
	const char *help;
};

struct table;

/* chosen: names separated by commas, known to be right; NULL: all. */
struct table *table_new(const char *name, const struct output *out,
			const struct table_column *columns, size_t nr,
			const char *chosen);
/* Checks what a user chose. Returns 0 or an exit code. */
int table_check(const struct table_column *columns, size_t nr,
		const char *chosen);

/* One cell for each column of all, which it frees; NULL: nothing to say. */
void table_row(struct table *table, char **cells);
size_t table_rows(const struct table *table);

/* Prints and frees. In JSON, a table is one member of the object around it. */
void table_print(struct table *table);
void tables_begin(const struct output *out);
void tables_end(const struct output *out);

char *cell_text(const char *text);
char *cell_number(__u64 number);
char *cell_bytes(const struct output *out, __u64 bytes);

#endif
