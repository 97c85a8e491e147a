// SPDX-License-Identifier: GPL-2.0-only
/*
 * Collects what the checks of "doctor" find, and prints it as a table with the
 * next step below each finding and a summary, or as JSON.
 */
#include "doctor/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/table.h"

static const char * const words[NR_SEVERITIES] = {
	[SEVERITY_FAIL] = "fail",
	[SEVERITY_WARN] = "warn",
	[SEVERITY_UNKNOWN] = "unknown",
	[SEVERITY_OK] = "ok",
};

void finding_add(struct findings *findings, const char *check,
		 enum severity severity, const char *next, const char *fmt, ...)
{
	struct finding *finding;
	va_list args;

	findings->list = grow(findings->list, findings->nr,
			      sizeof(*findings->list));
	finding = &findings->list[findings->nr++];
	finding->check = check;
	finding->severity = severity;
	snprintf(finding->next, sizeof(finding->next), "%s", next ? next : "");
	va_start(args, fmt);
	vsnprintf(finding->text, sizeof(finding->text), fmt, args);
	va_end(args);
}

/* In JSON the next step is a column, on the terminal a line of its own. */
static void add_line(struct table *table, const struct finding *finding)
{
	table_add_line(table, (char *[]){
		value_text(finding->check),
		value_text(words[finding->severity]),
		value_text(finding->text),
		value_text(finding->next),
	});
	if (*finding->next)
		table_add_note(table, 2, value_format("-> %s", finding->next));
}

static void print_summary(const unsigned int *count)
{
	printf("\n%u ok, %u warn, %u fail", count[SEVERITY_OK],
	       count[SEVERITY_WARN], count[SEVERITY_FAIL]);
	if (count[SEVERITY_UNKNOWN])
		printf(", %u unknown", count[SEVERITY_UNKNOWN]);
	putchar('\n');
}

static void print_unknown(const struct findings *findings)
{
	const char *sep = "kmemctl: run as root to add: ";
	size_t i;

	fflush(stdout);
	for (i = 0; i < findings->nr; i++) {
		if (findings->list[i].severity != SEVERITY_UNKNOWN)
			continue;
		fprintf(stderr, "%s%s", sep, findings->list[i].check);
		sep = ", ";
	}
	fputc('\n', stderr);
}

int findings_print(const struct findings *findings, const struct output *out)
{
	static const struct table_column columns[] = {
		{ "CHECK", COLTYPE_STR },
		{ "VERDICT", COLTYPE_STR },
		{ "FINDING", COLTYPE_WRAP },
		{ "NEXT", COLTYPE_STR },
		{ 0 },
	};
	unsigned int count[NR_SEVERITIES] = { 0 };
	enum severity severity;
	struct table *table;
	size_t i;

	tables_begin(out);
	table = table_new("checks", out, columns, "CHECK,VERDICT,FINDING",
			  out->json ? "+NEXT" : NULL);
	for (severity = 0; severity < NR_SEVERITIES; severity++) {
		for (i = 0; i < findings->nr; i++) {
			if (findings->list[i].severity != severity)
				continue;
			count[severity]++;
			add_line(table, &findings->list[i]);
		}
	}
	table_print(table);
	tables_end(out);
	if (!out->json && !out->no_headings)
		print_summary(count);
	if (count[SEVERITY_UNKNOWN])
		print_unknown(findings);
	return count[SEVERITY_FAIL] ? EX_FAILED : EX_DONE;
}
