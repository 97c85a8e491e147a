// SPDX-License-Identifier: GPL-2.0-only
/*
 * Collects what the checks of "doctor" find, and prints it as a table with the
 * next step below each finding and a summary, or as JSON.
 */
#include "doctor/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/table.h"

static const char * const words[] = { "fail", "warn", "unknown", "ok" };

static struct finding {
	const char *check;
	enum severity severity;
	char text[240];
	char next[160];		/* the next step; empty: none */
} *list;
static size_t nr;

void finding(const char *check, enum severity severity, const char *next,
	     const char *fmt, ...)
{
	struct finding *added;
	va_list args;

	list = grow(list, nr, sizeof(*list));
	added = &list[nr++];
	added->check = check;
	added->severity = severity;
	snprintf(added->next, sizeof(added->next), "%s", next ? next : "");
	va_start(args, fmt);
	vsnprintf(added->text, sizeof(added->text), fmt, args);
	va_end(args);
}

void finding_else(const char *check, const char *text)
{
	if (!nr || strcmp(list[nr - 1].check, check))
		finding(check, OK, NULL, "%s", text);
}

static void findings_forget(void)
{
	free(list);
	list = NULL;
	nr = 0;
}

/* In JSON the next step is a column, on the terminal a line of its own. */
static unsigned int add_lines(struct table *table, enum severity severity)
{
	unsigned int count = 0;
	struct finding *at;

	for (at = list; at < list + nr; at++) {
		if (at->severity != severity)
			continue;
		count++;
		table_add_line(table, (char *[]){
			value_text(at->check),
			value_text(words[severity]),
			value_text(at->text),
			value_text(at->next),
		});
		if (*at->next)
			table_add_note(table, 2,
				       value_format("-> %s", at->next));
	}
	return count;
}

static void print_unknown(void)
{
	const char *sep = "kmemctl: run as root to add: ";
	size_t i;

	fflush(stdout);
	for (i = 0; i < nr; i++) {
		if (list[i].severity != UNKNOWN)
			continue;
		fprintf(stderr, "%s%s", sep, list[i].check);
		sep = ", ";
	}
	fputc('\n', stderr);
}

int findings_print(const struct output *out)
{
	static const struct table_column columns[] = {
		{ "CHECK", COLTYPE_STR },
		{ "VERDICT", COLTYPE_STR },
		{ "FINDING", COLTYPE_WRAP },
		{ "NEXT", COLTYPE_STR },
		{ 0 },
	};
	unsigned int count[OK + 1];
	enum severity severity;
	struct table *table;

	tables_begin(out);
	table = table_new("checks", out, columns, "CHECK,VERDICT,FINDING",
			  out->json ? "+NEXT" : NULL);
	for (severity = FAIL; severity <= OK; severity++)
		count[severity] = add_lines(table, severity);
	table_print(table);
	tables_end(out);
	if (!out->json && !out->no_headings) {
		printf("\n%u ok, %u warn, %u fail", count[OK], count[WARN],
		       count[FAIL]);
		if (count[UNKNOWN])
			printf(", %u unknown", count[UNKNOWN]);
		putchar('\n');
	}
	if (count[UNKNOWN])
		print_unknown();
	findings_forget();
	return count[FAIL] ? EX_FAILED : EX_DONE;
}

void findings_warnings(char **lines)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (list[i].severity == WARN)
			append_line(lines, "%s: %s; %s", list[i].check,
				    list[i].text, list[i].next);
	findings_forget();
}
