// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of "doctor" on the system's settings: the default state of new memory
 * blocks, udev rules that change it, the place of the memmap, what a killed
 * kmemctl left changed, and kmemctl.conf.
 */
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change/change.h"
#include "config/config.h"
#include "device/memblock.h"
#include "device/numa.h"
#include "doctor/findings.h"
#include "lib/path.h"

bool cmdline_value(char *buf, size_t size, const char *name)
{
	size_t len, name_len = strlen(name);
	char *cmdline, *rest, *word;
	bool found = false;

	if (path_read_whole(&cmdline, &len, "/proc/cmdline"))
		return false;
	rest = cmdline;
	while ((word = strsep(&rest, "\n "))) {
		if (strncmp(word, name, name_len) || word[name_len] != '=')
			continue;
		snprintf(buf, size, "%s", word + name_len + 1);
		found = true;
	}
	free(cmdline);
	return found;
}

static void check_killed(struct findings *findings)
{
	char left[300];

	if (session_left(left, sizeof(left)))
		finding_add(findings, "killed", SEVERITY_WARN,
			    "the next kmemctl command that changes something restores it",
			    "%s", left);
}

static void check_auto_online(struct findings *findings)
{
	char policy[32], boot[64], from[100] = "";
	int rc;

	rc = path_read(policy, sizeof(policy),
		       "/sys/devices/system/memory/auto_online_blocks");
	if (rc) {
		finding_add(findings, "auto-online", SEVERITY_FAIL,
			    "boot a kernel with CONFIG_MEMORY_HOTPLUG",
			    "cannot read auto_online_blocks: %s", why(rc));
		return;
	}
	if (cmdline_value(boot, sizeof(boot), "memhp_default_state"))
		snprintf(from, sizeof(from),
			 " (booted with memhp_default_state=%s)", boot);
	if (!strcmp(policy, "offline") || !strcmp(policy, "online_movable"))
		finding_add(findings, "auto-online", SEVERITY_OK, NULL,
			    "auto_online_blocks is %s%s", policy, from);
	else
		finding_add(findings, "auto-online", SEVERITY_WARN,
			    "boot with memhp_default_state=offline, or bind with kmemctl only",
			    "auto_online_blocks is %s%s: memory that another program binds may go to zone Normal",
			    policy, from);
}

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

/*
 * Rules that online memory blocks race with whoever binds the device, and the
 * blocks go to a zone that was not chosen.
 */
static void check_udev(struct findings *findings)
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

static int add_size(const char *name, void *arg)
{
	__u64 *total = arg, size;

	if (!strncmp(name, "dax", 3) &&
	    !path_read_u64(&size, 10, "/sys/bus/dax/devices/%s/size", name))
		*total += size;
	return 0;
}

static void check_memmap(struct findings *findings)
{
	__u64 total = 0, available = mem_available();
	char value[32], cost[32], room[32];

	path_each("/sys/bus/dax/devices", add_size, &total);
	size_to_human(cost, sizeof(cost), memmap_cost(total));
	size_to_human(room, sizeof(room), available);
	if (!memmap_parameter(value, sizeof(value)))
		snprintf(value, sizeof(value), "not supported");
	if (!strcmp(value, "Y") || !strcmp(value, "force"))
		finding_add(findings, "memmap", SEVERITY_OK, NULL,
			    "memmap_on_memory is %s: the memmap can be kept on the device",
			    value);
	else if (available && memmap_cost(total) > available)
		finding_add(findings, "memmap", SEVERITY_WARN,
			    "boot with memory_hotplug.memmap_on_memory=1",
			    "memmap_on_memory is %s: the memmap of all devices needs %s of RAM, but only %s is available",
			    value, cost, room);
	else
		finding_add(findings, "memmap", SEVERITY_OK, NULL,
			    "memmap_on_memory is %s: the memmap of all devices needs %s of RAM",
			    value, cost);
}

void doctor_system(struct findings *findings)
{
	check_killed(findings);
	check_auto_online(findings);
	check_memmap(findings);
	check_udev(findings);
}

void doctor_conflicts(struct findings *findings)
{
	size_t i, kept = 0;

	check_killed(findings);
	check_auto_online(findings);
	check_udev(findings);
	for (i = 0; i < findings->nr; i++)
		if (findings->list[i].severity == SEVERITY_WARN)
			findings->list[kept++] = findings->list[i];
	findings->nr = kept;
}

void doctor_config(struct findings *findings)
{
	struct config config = { .quiet = true };
	int rc = config_load(&config);

	if (config.denied)
		finding_add(findings, "config", SEVERITY_UNKNOWN, NULL, "%s",
			    config.first_error);
	else if (rc)
		finding_add(findings, "config", SEVERITY_FAIL,
			    "'kmemctl check-config' shows all errors",
			    "%s", config.first_error);
	else
		finding_add(findings, "config", SEVERITY_OK, NULL,
			    "%zu section%s in %zu file%s", config.nr,
			    config.nr == 1 ? "" : "s", config.nr_files,
			    config.nr_files == 1 ? "" : "s");
	config_free(&config);
}
