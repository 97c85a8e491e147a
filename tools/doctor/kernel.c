// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel was built with, its command line, and what it says of the
 * system's onlining policy and the place of the memmap.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "change/session.h"
#include "device/dax.h"
#include "device/memmap.h"
#include "doctor/findings.h"
#include "lib/path.h"

bool cmdline_value(char *buf, size_t size, const char *name)
{
	size_t len, name_len = strlen(name);
	bool found = false;
	const char *word;
	char *cmdline;

	if (path_read_whole(&cmdline, &len, "/proc/cmdline"))
		return false;
	for (word = cmdline; *word; word += len) {
		word += strspn(word, "\n ");
		len = strcspn(word, "\n ");
		if (strncmp(word, name, name_len) || word[name_len] != '=')
			continue;
		snprintf(buf, size, "%.*s", (int)(len - name_len - 1),
			 word + name_len + 1);
		found = true;
	}
	free(cmdline);
	return found;
}

/* 'y', 'm', or 'n' for what is not set. */
static char option(const char *config, const char *name)
{
	size_t len = strlen(name);
	const char *line = config;

	while (line && *line) {
		if (!strncmp(line, name, len) && line[len] == '=')
			return line[len + 1];
		line = strchr(line, '\n');
		line += !!line;
	}
	return 'n';
}

/* The text of the configuration and where it came from; NULL: nowhere. */
static char *read_config(char *from, size_t size)
{
	static const char * const places[] = {
		"/boot/config-%s", "/lib/modules/%s/config",
	};
	char *data, *text;
	struct utsname host;
	size_t i, len;

	snprintf(from, size, "/proc/config.gz");
	if (!path_read_whole(&data, &len, "%s", from)) {
		text = gunzip(data, len);
		free(data);
		if (text)
			return text;
	}
	uname(&host);
	for (i = 0; i < sizeof(places) / sizeof(*places); i++) {
		snprintf(from, size, i ? "/lib/modules/%s/config" :
			 "/boot/config-%s", host.release);
		if (!path_read_whole(&text, &len, "%s", from))
			return text;
	}
	return NULL;
}

static void check_config(struct findings *findings)
{
	static const struct {
		const char *name;
		enum severity without;
		const char *next;
	} needs[] = {
		{ "CONFIG_MEMORY_HOTPLUG", SEVERITY_FAIL,
		  "boot a kernel that has it" },
		{ "CONFIG_MEMORY_HOTREMOVE", SEVERITY_FAIL,
		  "boot a kernel that has it: memory could never be given back" },
		{ "CONFIG_DEV_DAX", SEVERITY_FAIL, "boot a kernel that has it" },
		{ "CONFIG_DEV_DAX_PMEM", SEVERITY_WARN,
		  "without it NVDIMMs are no dax devices" },
		{ "CONFIG_DEV_DAX_HMEM", SEVERITY_WARN,
		  "without it reserved and CXL memory are no dax devices" },
	};
	char from[200], *config = read_config(from, sizeof(from));
	bool good = true;
	size_t i;

	if (!config) {
		finding_add(findings, "kernel-config", SEVERITY_WARN,
			   "install the kernel's package, which has it",
			   "no /proc/config.gz, nor config in /boot or /lib/modules");
		return;
	}
	for (i = 0; i < sizeof(needs) / sizeof(*needs); i++) {
		if (option(config, needs[i].name) != 'n')
			continue;
		good = false;
		finding_add(findings, "kernel-config", needs[i].without,
			   needs[i].next, "%s is not set in %s", needs[i].name,
			   from);
	}
	if (option(config, "CONFIG_DEV_DAX_KMEM") == 'y')
		finding_add(findings, "kernel-config", SEVERITY_WARN,
			   "boot a kernel that has it as a module",
			   "CONFIG_DEV_DAX_KMEM=y: dax-kmem cannot take the place of the kernel's own");
	else if (good)
		finding_add(findings, "kernel-config", SEVERITY_OK, NULL,
			   "%s has what is needed", from);
	free(config);
}

void doctor_kernel(struct findings *findings)
{
	check_config(findings);
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
			   "auto_online_blocks: %s", why(rc));
		return;
	}
	if (cmdline_value(boot, sizeof(boot), "memhp_default_state"))
		snprintf(from, sizeof(from),
			 ", memhp_default_state=%s at boot", boot);
	if (!strcmp(policy, "offline") || !strcmp(policy, "online_movable"))
		finding_add(findings, "auto-online", SEVERITY_OK, NULL, "%s%s",
			   policy, from);
	else
		finding_add(findings, "auto-online", SEVERITY_WARN,
			   "boot with memhp_default_state=offline, or bind by kmemctl alone",
			   "%s%s: memory bound by others may land in zone Normal",
			   policy, from);
}

struct dax_total {
	__u64 bytes;
};

static int add_size(const char *name, void *arg)
{
	struct dax_total *total = arg;
	__u64 size;

	if (!strncmp(name, "dax", 3) &&
	    !path_read_u64(&size, 10, "/sys/bus/dax/devices/%s/size", name))
		total->bytes += size;
	return 0;
}

static void check_memmap(struct findings *findings)
{
	struct dax_total total = { 0 };
	char value[32], cost[32], room[32];
	__u64 free_bytes = mem_available();

	path_each("/sys/bus/dax/devices", add_size, &total);
	size_to_human(cost, sizeof(cost), memmap_cost(total.bytes));
	size_to_human(room, sizeof(room), free_bytes);
	if (!memmap_parameter(value, sizeof(value)))
		snprintf(value, sizeof(value), "not there");
	if (!strcmp(value, "Y") || !strcmp(value, "force"))
		finding_add(findings, "memmap", SEVERITY_OK, NULL,
			   "memmap_on_memory is %s: the memmap can lie on the device",
			   value);
	else if (free_bytes && memmap_cost(total.bytes) > free_bytes)
		finding_add(findings, "memmap", SEVERITY_WARN,
			   "boot with memory_hotplug.memmap_on_memory=1",
			   "memmap_on_memory is %s: all devices would take %s of RAM, and %s is free",
			   value, cost, room);
	else
		finding_add(findings, "memmap", SEVERITY_OK, NULL,
			   "memmap_on_memory is %s: all devices would take %s of RAM",
			   value, cost);
}

static void check_left(struct findings *findings)
{
	char left[300];

	if (session_left(left, sizeof(left)))
		finding_add(findings, "killed", SEVERITY_WARN,
			   "run 'kmemctl apply', online or offline: it puts that back first",
			   "%s", left);
}

void doctor_conflicts(struct findings *findings)
{
	size_t i, kept = 0;

	check_left(findings);
	check_auto_online(findings);
	doctor_udev(findings);
	for (i = 0; i < findings->nr; i++)
		if (findings->list[i].severity == SEVERITY_WARN)
			findings->list[kept++] = findings->list[i];
	findings->nr = kept;
}

void doctor_policy(struct findings *findings)
{
	check_left(findings);
	check_auto_online(findings);
	check_memmap(findings);
}
