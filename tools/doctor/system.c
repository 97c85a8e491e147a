// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of "doctor" on the system's settings: the default state of new memory
 * blocks, udev rules that change it, the place of the memmap, and what a killed
 * kmemctl left changed.
 */
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change/change.h"
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

static void check_killed(void)
{
	char left[300];

	if (session_left(left, sizeof(left)))
		finding("killed", WARN,
			"the next kmemctl command that changes something restores it",
			"%s", left);
}

static bool avoids_zone_normal(const char *state)
{
	static const char * const states[] = {
		"unplugged", "offline", "online_movable",
	};
	size_t i;

	for (i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (!strcmp(state, states[i]))
			return true;
	return false;
}

/* dax-kmem has a setting of its own, which goes before the system's. */
static bool check_bind_state(const char *policy)
{
	char state[32];

	if (path_read(state, sizeof(state),
		      "/sys/module/kmem/parameters/bind_state") ||
	    !strcmp(state, "policy"))
		return false;
	if (avoids_zone_normal(state))
		finding("auto-online", OK, NULL,
			"auto_online_blocks is %s, but bind_state of kmem is %s",
			policy, state);
	else
		finding("auto-online", WARN,
			"write offline to /sys/module/kmem/parameters/bind_state; 'modprobe -c' shows the option",
			"bind_state of kmem is %s: memory that another program binds may go to zone Normal",
			state);
	return true;
}

static void check_auto_online(void)
{
	char policy[32], boot[64], from[100] = "";
	const char *check = "auto-online";
	int rc;

	rc = path_read(policy, sizeof(policy),
		       "/sys/devices/system/memory/auto_online_blocks");
	if (rc) {
		finding(check, FAIL, "boot a kernel with CONFIG_MEMORY_HOTPLUG",
			"cannot read auto_online_blocks: %s", why(rc));
		return;
	}
	if (check_bind_state(policy))
		return;
	if (cmdline_value(boot, sizeof(boot), "memhp_default_state"))
		snprintf(from, sizeof(from),
			 " (booted with memhp_default_state=%s)", boot);
	if (avoids_zone_normal(policy))
		finding(check, OK, NULL, "auto_online_blocks is %s%s", policy,
			from);
	else
		finding(check, WARN,
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

static regex_t memory_file, sets_state;
static bool found_rule;

static void search_text(const char *file, char *text)
{
	unsigned int number = 0;
	char *line;

	if (regexec(&memory_file, text, 0, NULL, 0))
		return;
	while ((line = strsep(&text, "\n"))) {
		number++;
		if (regexec(&sets_state, line, 0, NULL, 0))
			continue;
		/* the rule itself may name another subsystem */
		if (strstr(line, "SUBSYSTEM") && !strstr(line, "memory"))
			continue;
		found_rule = true;
		finding("udev-rules", WARN,
			"disable it: create an empty file of that name in /etc/udev/rules.d",
			"%.100s:%u onlines memory blocks by itself", file,
			number);
		return;
	}
}

static int search_file(const char *name, void *arg)
{
	const size_t *dir = arg;
	size_t i, len = strlen(name);
	char file[400], *text;
	int rc;

	if (len < 7 || strcmp(name + len - 6, ".rules") || len > 255)
		return 0;
	for (i = 0; i < *dir; i++)
		if (path_exists("%s/%s", dirs[i], name))
			return 0;
	snprintf(file, sizeof(file), "%s/%s", dirs[*dir], name);
	rc = path_read_whole(&text, &len, "%s", file);
	if (rc == -EACCES || rc == -EPERM)
		finding("udev-rules", UNKNOWN, NULL, "%.100s: %s", file,
			why(rc));
	/* anything but a plain file, such as a link to /dev/null, is a mask */
	if (rc)
		return 0;
	search_text(file, text);
	free(text);
	return 0;
}

/*
 * Rules that online memory blocks race with whoever binds the device, and the
 * blocks go to a zone that was not chosen.
 */
static void check_udev(void)
{
	const int flags = REG_EXTENDED | REG_NOSUB;
	size_t dir;

	/* constant and right: only memory can run out */
	if (regcomp(&memory_file, MEMORY_FILE, flags) ||
	    regcomp(&sets_state, SETS_STATE, flags))
		need_memory(NULL);
	found_rule = false;
	for (dir = 0; dir < NR_DIRS; dir++)
		path_each(dirs[dir], search_file, &dir);
	if (!found_rule)
		finding("udev-rules", OK, NULL,
			"no udev rule onlines memory blocks");
	regfree(&memory_file);
	regfree(&sets_state);
}

static int add_size(const char *name, void *arg)
{
	__u64 *total = arg, size;

	if (!strncmp(name, "dax", 3) &&
	    !path_read_u64(&size, 10, "/sys/bus/dax/devices/%s/size", name))
		*total += size;
	return 0;
}

static void check_memmap(void)
{
	__u64 total = 0, available = kernel_available();
	char value[32], cost[32], room[32];

	path_each("/sys/bus/dax/devices", add_size, &total);
	size_to_human(cost, sizeof(cost), memmap_cost(total));
	size_to_human(room, sizeof(room), available);
	if (!memmap_parameter(value, sizeof(value)))
		snprintf(value, sizeof(value), "not supported");
	if (memmap_allowed() && !memmap_would_stay())
		finding("memmap", OK, NULL,
			"memmap_on_memory is %s: the memmap can be kept on the device",
			value);
	else if (available && memmap_cost(total) > available)
		finding("memmap", WARN, memmap_advice(),
			"memmap_on_memory is %s: the memmap of all devices needs %s of RAM, but only %s is available",
			value, cost, room);
	else
		finding("memmap", OK, NULL,
			"memmap_on_memory is %s: the memmap of all devices needs %s of RAM",
			value, cost);
}

void doctor_system(void)
{
	check_killed();
	check_auto_online();
	check_memmap();
	check_udev();
}

void doctor_conflicts(char **lines)
{
	check_killed();
	check_auto_online();
	check_udev();
	findings_warnings(lines);
}
