// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of "doctor" on the system's settings: the default state of new memory
 * blocks, the place of the memmap, what a killed kmemctl left changed, and
 * kmemctl.conf.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change/session.h"
#include "config/config.h"
#include "device/memmap.h"
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
			    "the next 'kmemctl apply', 'online' or 'offline' puts it back first",
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
}

void doctor_conflicts(struct findings *findings)
{
	size_t i, kept = 0;

	check_killed(findings);
	check_auto_online(findings);
	doctor_udev(findings);
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
