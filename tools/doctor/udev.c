// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check of "doctor" for udev rules that online memory blocks: they race with
 * whoever binds the device, and the blocks go to a zone that was not chosen.
 */
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/findings.h"
#include "lib/path.h"

/* As for udev, a file masks one of the same name in a later directory. */
static const char * const dirs[] = {
	"/etc/udev/rules.d", "/run/udev/rules.d",
	"/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d",
	"/lib/udev/rules.d",
};

#define NR_DIRS (sizeof(dirs) / sizeof(*dirs))

/* The file has rules for memory blocks. */
#define MEMORY_FILE \
	"(SUBSYSTEMS?|KERNEL|DEVPATH)[ \t]*[!=]=[^,\n]*memory"
/* A rule that writes a state; its first word is no comment. */
#define SETS_STATE \
	"^[ \t]*([^# \t\n][^\n]*)?ATTR\\{state\\}[ \t]*=[^=]"

struct search {
	struct findings *findings;
	size_t dir;
	bool found;
	regex_t memory_file;
	regex_t sets_state;
};

static void search_text(struct search *search, const char *file, char *text)
{
	unsigned int number = 0;
	char *line;

	if (regexec(&search->memory_file, text, 0, NULL, 0))
		return;
	while ((line = strsep(&text, "\n"))) {
		number++;
		if (regexec(&search->sets_state, line, 0, NULL, 0))
			continue;
		/* the rule itself may name another subsystem */
		if (strstr(line, "SUBSYSTEM") && !strstr(line, "memory"))
			continue;
		search->found = true;
		finding_add(search->findings, "udev-rules", SEVERITY_WARN,
			    "disable it: create an empty file of that name in /etc/udev/rules.d",
			    "%.100s:%u onlines memory blocks by itself", file,
			    number);
		return;
	}
}

static int search_file(const char *name, void *arg)
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
		finding_add(search->findings, "udev-rules", SEVERITY_UNKNOWN,
			    NULL, "%.100s: %s", file, why(rc));
	/* anything but a plain file, such as a link to /dev/null, is a mask */
	if (rc)
		return 0;
	search_text(search, file, text);
	free(text);
	return 0;
}

void doctor_udev(struct findings *findings)
{
	struct search search = { .findings = findings };
	const int flags = REG_EXTENDED | REG_NOSUB;

	/* constant and right: only memory can run out */
	if (regcomp(&search.memory_file, MEMORY_FILE, flags) ||
	    regcomp(&search.sets_state, SETS_STATE, flags))
		need_memory(NULL);
	for (search.dir = 0; search.dir < NR_DIRS; search.dir++)
		path_each(dirs[search.dir], search_file, &search);
	if (!search.found)
		finding_add(findings, "udev-rules", SEVERITY_OK, NULL,
			    "no udev rule onlines memory blocks");
	regfree(&search.memory_file);
	regfree(&search.sets_state);
}
