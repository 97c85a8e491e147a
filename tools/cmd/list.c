// SPDX-License-Identifier: GPL-2.0-only
/*
 * "list": one line per dax device, and per piece of memory whose device is
 * gone. Reads only and needs no root; it says what only root can see.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/list.h"

#define DEFAULT_COLUMNS \
	"DEVICE,SIZE,USABLE,LOST,NODE,DISTANCE,TIER,DRIVER,STATE,BLOCKS,ZONES"

void list_print_columns(void)
{
	printf("\nColumns:");
	table_print_names(list_columns);
	puts("Default:\n  " DEFAULT_COLUMNS);
}

struct list {
	const struct output *out;
	struct table *table;
	struct stranded stranded;
	struct tally tally;
	bool need_root;
};

static void add_line(struct list *list, const struct list_device *device,
		     int rc)
{
	char *values[NR_LIST_COLUMNS] = { NULL };
	size_t i;

	for (i = 0; i < NR_LIST_COLUMNS; i++) {
		if (!table_shows(list->table, i))
			continue;
		values[i] = list_value(device, i, list->out);
		list->need_root |= list_needs_root(device, i);
	}
	table_add_line(list->table, values);
	if (rc)
		fail_print(device->dev.name, NULL);
	tally_add(&list->tally, rc);
}

static void add_device(struct list *list, const char *name)
{
	struct list_device device;
	bool gone;
	int rc;

	rc = list_read(&device, name, &gone);
	if (gone) {
		fail_forget();
	} else {
		add_line(list, &device, rc);
		stranded_drop(&list->stranded, &device.dev);
	}
	dax_free(&device.dev);
}

/* Memory that the driver has on record for devices that no longer exist. */
static void add_stranded(struct list *list)
{
	const struct stranded *stranded = &list->stranded;
	struct list_device device;
	size_t i;
	int rc;

	for (i = 0; i < stranded->nr; i++) {
		if (!*stranded->records[i].name)
			continue;
		rc = list_read_stranded(&device, &stranded->records[i]);
		add_line(list, &device, rc);
	}
}

static void print_root_hint(const struct list *list)
{
	bool both = list->need_root && list->stranded.hidden;

	if (list->need_root || list->stranded.hidden)
		fprintf(stderr, "kmemctl: run as root to see %s%s%s\n",
			list->need_root ? "memory blocks, zones and ranges" :
					  "",
			both ? ", and " : "",
			list->stranded.hidden ?
			"memory left by devices that are gone" : "");
}

static int print_list(struct list *list, char **names, size_t nr)
{
	const struct output *out = list->out;
	size_t i;

	tables_begin(out);
	list->table = table_new("devices", out, list_columns,
				out->all_columns ? NULL : DEFAULT_COLUMNS,
				out->all_columns ? NULL : out->columns);
	for (i = 0; i < nr; i++)
		add_device(list, names[i]);
	add_stranded(list);
	print_root_hint(list);
	if (!table_lines(list->table))
		fputs("kmemctl: no dax device\n", stderr);
	table_print(list->table);
	tables_end(out);
	return tally_exit(&list->tally);
}

static int check_names(char **names, int nr)
{
	int i, rc;

	for (i = 0; i < nr; i++) {
		rc = dax_check_name(names[i]);
		if (rc) {
			fail_print(names[i], NULL);
			return rc;
		}
	}
	return 0;
}

static int list_named(struct list *list, char **names, int nr)
{
	int rc;

	rc = check_names(names, nr);
	return rc ? rc : print_list(list, names, nr);
}

static int list_all(struct list *list)
{
	char **names;
	size_t i, nr;
	int rc;

	rc = dax_names(&names, &nr);
	if (rc) {
		fail_print(NULL, NULL);
		return rc;
	}
	rc = stranded_read(&list->stranded);
	if (rc) {
		rc = fail(EX_FAILED, what_next(rc),
			  "cannot read what is stranded: %s", why(rc));
		fail_print(NULL, NULL);
	} else {
		rc = print_list(list, names, nr);
	}
	for (i = 0; i < nr; i++)
		free(names[i]);
	free(names);
	stranded_free(&list->stranded);
	return rc;
}

int cmd_list(const struct options *opts, char **devices, int nr)
{
	struct list list = { .out = &opts->out };
	int rc = 0;

	if (opts->out.columns && !opts->out.all_columns)
		rc = table_check(list_columns, opts->out.columns,
				 "'kmemctl list --help' shows the columns");
	if (!rc)
		rc = dax_bus_check();
	if (rc) {
		fail_print(NULL, NULL);
		return rc;
	}
	return nr ? list_named(&list, devices, nr) : list_all(&list);
}
