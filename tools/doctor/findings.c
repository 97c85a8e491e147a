// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the checks of "doctor" found: collected one by one, then printed as a
 * table with the next step below each, or as JSON, and a summary.
 */
#include "doctor/findings.h"

#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/table.h"

static const char * const words[] = {
	[SEVERITY_OK] = "ok",
	[SEVERITY_WARN] = "warn",
	[SEVERITY_FAIL] = "fail",
	[SEVERITY_UNKNOWN] = "unknown",
};

#define NR_SEVERITIES (sizeof(words) / sizeof(*words))

void finding_add(struct findings *findings, const char *check, enum severity severity,
		const char *next, const char *fmt, ...)
{
	struct finding *finding;
	va_list args;

	findings->list = need_memory(realloc(findings->list,
					       (findings->nr + 1) *
					       sizeof(*findings->list)));
	finding = &findings->list[findings->nr++];
	finding->check = check;
	finding->severity = severity;
	snprintf(finding->next, sizeof(finding->next), "%s", next ? next : "");
	va_start(args, fmt);
	vsnprintf(finding->text, sizeof(finding->text), fmt, args);
	va_end(args);
}

static struct libscols_table *new_table(const struct output *out)
{
	static const char * const names[] = { "CHECK", "VERDICT", "FINDING" };
	static const char * const keys[] = { "check", "verdict", "finding",
					     "next" };
	size_t i, nr = out->json ? 4 : 3;
	struct libscols_table *table = need_memory(scols_new_table());

	scols_table_set_name(table, "checks");
	scols_table_enable_json(table, out->json);
	scols_table_enable_noheadings(table, out->no_headings);
	for (i = 0; i < nr; i++)
		need_memory(scols_table_new_column(table,
						   out->json ? keys[i] :
						   names[i], 0, i == 2 ?
						   SCOLS_FL_WRAP : 0));
	return table;
}

/* The next step has a line of its own below the finding, or a key in JSON. */
static void add_finding(struct libscols_table *table,
			const struct output *out,
			const struct finding *finding)
{
	struct libscols_line *line;
	char text[200];

	line = need_memory(scols_table_new_line(table, NULL));
	scols_line_set_data(line, 0, finding->check);
	scols_line_set_data(line, 1, words[finding->severity]);
	scols_line_set_data(line, 2, finding->text);
	if (!*finding->next)
		return;
	if (out->json) {
		scols_line_set_data(line, 3, finding->next);
		return;
	}
	snprintf(text, sizeof(text), "-> %s", finding->next);
	line = need_memory(scols_table_new_line(table, NULL));
	scols_line_set_data(line, 2, text);
}

static void print_summary(const struct findings *findings)
{
	unsigned int count[NR_SEVERITIES] = { 0 };
	size_t i;

	for (i = 0; i < findings->nr; i++)
		count[findings->list[i].severity]++;
	printf("\n%u ok, %u warn, %u fail", count[SEVERITY_OK],
	       count[SEVERITY_WARN], count[SEVERITY_FAIL]);
	if (count[SEVERITY_UNKNOWN])
		printf(", %u unknown", count[SEVERITY_UNKNOWN]);
	putchar('\n');
}

static void say_root(const struct findings *findings)
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
	if (*sep == ',')
		fputc('\n', stderr);
}

int findings_print(const struct findings *findings, const struct output *out)
{
	struct libscols_table *table;
	int rc = EX_DONE;
	size_t i;

	scols_init_debug(0);
	table = new_table(out);
	for (i = 0; i < findings->nr; i++) {
		add_finding(table, out, &findings->list[i]);
		if (findings->list[i].severity == SEVERITY_FAIL)
			rc = EX_FAILED;
	}
	scols_print_table(table);
	scols_unref_table(table);
	if (!out->json && !out->no_headings)
		print_summary(findings);
	say_root(findings);
	return rc;
}
