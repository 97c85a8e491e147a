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
	[VERDICT_OK] = "ok",
	[VERDICT_WARN] = "warn",
	[VERDICT_FAIL] = "fail",
	[VERDICT_UNKNOWN] = "unknown",
};

#define NR_VERDICTS (sizeof(words) / sizeof(*words))

void doctor_say(struct doctor *doctor, const char *check, enum verdict verdict,
		const char *next, const char *fmt, ...)
{
	struct finding *finding;
	va_list args;

	doctor->findings = need_memory(realloc(doctor->findings,
					       (doctor->nr + 1) *
					       sizeof(*doctor->findings)));
	finding = &doctor->findings[doctor->nr++];
	finding->check = check;
	finding->verdict = verdict;
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
	scols_line_set_data(line, 1, words[finding->verdict]);
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

static void print_summary(const struct doctor *doctor)
{
	unsigned int count[NR_VERDICTS] = { 0 };
	size_t i;

	for (i = 0; i < doctor->nr; i++)
		count[doctor->findings[i].verdict]++;
	printf("\n%u ok, %u warn, %u fail", count[VERDICT_OK],
	       count[VERDICT_WARN], count[VERDICT_FAIL]);
	if (count[VERDICT_UNKNOWN])
		printf(", %u unknown", count[VERDICT_UNKNOWN]);
	putchar('\n');
}

static void say_root(const struct doctor *doctor)
{
	const char *sep = "kmemctl: run as root to add: ";
	size_t i;

	fflush(stdout);
	for (i = 0; i < doctor->nr; i++) {
		if (doctor->findings[i].verdict != VERDICT_UNKNOWN)
			continue;
		fprintf(stderr, "%s%s", sep, doctor->findings[i].check);
		sep = ", ";
	}
	if (*sep == ',')
		fputc('\n', stderr);
}

int findings_print(const struct doctor *doctor, const struct output *out)
{
	struct libscols_table *table;
	int rc = EX_DONE;
	size_t i;

	scols_init_debug(0);
	table = new_table(out);
	for (i = 0; i < doctor->nr; i++) {
		add_finding(table, out, &doctor->findings[i]);
		if (doctor->findings[i].verdict == VERDICT_FAIL)
			rc = EX_FAILED;
	}
	scols_print_table(table);
	scols_unref_table(table);
	if (!out->json && !out->no_headings)
		print_summary(doctor);
	say_root(doctor);
	return rc;
}
