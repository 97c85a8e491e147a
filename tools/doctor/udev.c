// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds udev rules that online memory by themselves: what they do races with
 * whoever binds the device, and lands in a zone nobody asked for.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/findings.h"
#include "lib/path.h"

/* A file hides one of the same name in a later directory, as udev has it. */
static const char * const dirs[] = {
	"/etc/udev/rules.d", "/run/udev/rules.d",
	"/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d",
	"/lib/udev/rules.d",
};

#define NR_DIRS (sizeof(dirs) / sizeof(*dirs))

struct search {
	struct findings *findings;
	size_t dir;
	bool found;
};

/* Behind KEY or KEY{...}: its operator, skipping blanks. */
static const char *operator_at(const char *text)
{
	while (*text == ' ' || *text == '\t')
		text++;
	return text;
}

/* SUBSYSTEM=="memory" or !=: the file is about memory blocks. */
static bool about_memory(const char *text)
{
	static const char * const keys[] = { "SUBSYSTEM", "SUBSYSTEMS",
					     "KERNEL", "DEVPATH" };
	const char *at, *op;
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		for (at = text; (at = strstr(at, keys[i]));) {
			at += strlen(keys[i]);
			op = operator_at(at);
			if ((*op == '=' || *op == '!') && op[1] == '=' &&
			    strstr(op, "memory") &&
			    strstr(op, "memory") < op + strcspn(op, ",\n"))
				return true;
		}
	}
	return false;
}

/* ATTR{state}="...", an assignment, not a comparison. */
static bool sets_state(const char *line, size_t len)
{
	static const char key[] = "ATTR{state}";
	const char *at = line, *op;

	while ((at = memmem(at, line + len - at, key, strlen(key)))) {
		at += strlen(key);
		op = operator_at(at);
		if (op < line + len && *op == '=' && op[1] != '=')
			return true;
	}
	return false;
}

/* The rule itself says that it is for another subsystem. */
static bool for_others(const char *line, size_t len)
{
	return memmem(line, len, "SUBSYSTEM", strlen("SUBSYSTEM")) &&
	       !memmem(line, len, "memory", strlen("memory"));
}

static void search_text(struct search *search, const char *file,
			const char *text)
{
	unsigned int number = 0;
	const char *line = text;
	size_t len;

	if (!about_memory(text))
		return;
	for (; *line; line += len + !!line[len]) {
		number++;
		len = strcspn(line, "\n");
		if (line[strspn(line, " \t")] == '#' ||
		    !sets_state(line, len) || for_others(line, len))
			continue;
		search->found = true;
		finding_add(search->findings, "udev-rules", SEVERITY_WARN,
			   "mask it: an empty file of that name in /etc/udev/rules.d",
			   "%.100s:%u onlines memory by itself", file, number);
		return;
	}
}

static int each_rules(const char *name, void *arg)
{
	struct search *search = arg;
	size_t i, len = strlen(name);
	char file[400], *text;
	int rc;

	if (len < 7 || strcmp(name + len - 6, ".rules") || len > 255)
		return 0;
	for (i = 0; i < search->dir; i++)
		if (path_exists("%s/%s", dirs[i], name))
			return 0;
	snprintf(file, sizeof(file), "%s/%s", dirs[search->dir], name);
	rc = path_read_whole(&text, &len, "%s", file);
	if (rc == -EACCES || rc == -EPERM)
		finding_add(search->findings, "udev-rules", SEVERITY_UNKNOWN, NULL,
			   "%.100s: %s", file, why(rc));
	/* what is no plain file, /dev/null above all, is a mask */
	if (rc)
		return 0;
	search_text(search, file, text);
	free(text);
	return 0;
}

void doctor_udev(struct findings *findings)
{
	struct search search = { .findings = findings };

	for (search.dir = 0; search.dir < NR_DIRS; search.dir++)
		path_each(dirs[search.dir], each_rules, &search);
	if (!search.found)
		finding_add(findings, "udev-rules", SEVERITY_OK, NULL,
			   "no rule of udev onlines memory");
}
