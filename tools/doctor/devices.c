// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dax bus and its devices: their nodes, and memory that an unbind left
 * behind.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/dax.h"
#include "device/identity.h"
#include "doctor/findings.h"
#include "lib/path.h"

struct devices {
	struct dax_dev *list;
	size_t nr;
};

/* One that cannot be read is kept with what could be read of it. */
static void read_devices(struct findings *findings, struct devices *devices)
{
	char **names = NULL;
	size_t i, nr = 0;

	memset(devices, 0, sizeof(*devices));
	if (dax_names(&names, &nr))
		fail_forget();
	if (nr)
		devices->list = need_memory(calloc(nr, sizeof(*devices->list)));
	for (i = 0; i < nr; i++) {
		struct dax_dev *dev = &devices->list[devices->nr++];

		if (dax_read(dev, names[i]) && !dev->no_permission)
			finding_add(findings, "devices", SEVERITY_FAIL, SEE_DMESG,
				   "%s: %.160s", names[i], fail_text());
		fail_forget();
		free(names[i]);
	}
	free(names);
}

static void check_bus(struct findings *findings)
{
	if (path_exists("/sys/bus/dax/devices"))
		finding_add(findings, "dax-bus", SEVERITY_OK, NULL,
			   "the kernel has /sys/bus/dax");
	else if (path_exists("/sys/class/dax"))
		finding_add(findings, "dax-bus", SEVERITY_FAIL,
			   "run 'daxctl migrate-device-model' and reboot",
			   "devices are in /sys/class/dax, where none can be bound to kmem");
	else
		finding_add(findings, "dax-bus", SEVERITY_FAIL,
			   "try 'modprobe device_dax'",
			   "the kernel shows no /sys/bus/dax");
}

static const char *short_id(const struct dax_dev *dev, char *buf, size_t size)
{
	struct identity id;

	identity_read(&id, dev);
	identity_text(&id, buf, size);
	return *buf ? buf : "no id";
}

/* Only what is wrong has a line; else one line has all. */
static void check_nodes(struct findings *findings, const struct devices *devices)
{
	char text[200] = "", id[IDENTITY_TEXT];
	size_t i, used = 0;
	bool good = true;

	for (i = 0; i < devices->nr; i++) {
		const struct dax_dev *dev = &devices->list[i];

		if (dev->target_node == NO_NODE) {
			good = false;
			finding_add(findings, "nodes", SEVERITY_FAIL,
				   "check SRAT, HMAT and 'ndctl list -v': firmware gave it none",
				   "%s has no target_node and cannot become memory (%s)",
				   dev->name, short_id(dev, id, sizeof(id)));
		} else if (dev->target_node == dev->numa_node) {
			good = false;
			finding_add(findings, "nodes", SEVERITY_WARN,
				   "programs cannot choose it: check SRAT and the firmware's settings",
				   "%s becomes memory of node %d, which is its nearest with CPUs (%s)",
				   dev->name, dev->target_node,
				   short_id(dev, id, sizeof(id)));
		} else if (used < sizeof(text)) {
			used += snprintf(text + used, sizeof(text) - used,
					 "%s%s: %d (near %d)", used ? ", " : "",
					 dev->name, dev->target_node,
					 dev->numa_node);
		}
	}
	if (good)
		finding_add(findings, "nodes", SEVERITY_OK, NULL, "%s",
			   devices->nr ? text : "no dax device");
}

static bool managed(const struct devices *devices, const struct range *range)
{
	size_t i, k;

	for (i = 0; i < devices->nr; i++) {
		const struct dax_dev *dev = &devices->list[i];

		if (strcmp(dev->driver, KMEM_DRIVER))
			continue;
		for (k = 0; k < dev->nr_ranges; k++)
			if (dev->ranges[k].start <= range->start &&
			    dev->ranges[k].end >= range->end)
				return true;
	}
	return false;
}

/* "  108000000-1ffffffff : System RAM (kmem)"; false: another line. */
static bool parse_line(struct range *range, const char *line, size_t len)
{
	static const char name[] = "System RAM (kmem)";
	char *end;

	if (len < sizeof(name) ||
	    strncmp(line + len - strlen(name), name, strlen(name)))
		return false;
	range->start = strtoull(line, &end, 16);
	if (*end != '-')
		return false;
	range->end = strtoull(end + 1, NULL, 16);
	return true;
}

struct leaks {
	size_t nr;
	struct range first;
	bool hidden;		/* addresses are for root only */
};

static void find_leaks(struct leaks *leaks, const struct devices *devices)
{
	struct range range;
	const char *line;
	char *text;
	size_t len;

	memset(leaks, 0, sizeof(*leaks));
	if (path_read_whole(&text, &len, "/proc/iomem"))
		return;
	for (line = text; *line; line += len + !!line[len]) {
		len = strcspn(line, "\n");
		if (!parse_line(&range, line, len))
			continue;
		if (!range.end)
			leaks->hidden = true;
		else if (!managed(devices, &range) && !leaks->nr++)
			leaks->first = range;
	}
	free(text);
}

/* The first line of what the driver itself has on record; empty: nothing. */
static void read_stranded(char *buf, size_t size)
{
	char *text;
	size_t len;

	*buf = '\0';
	if (path_read_whole(&text, &len, "/sys/bus/dax/drivers/kmem/stranded"))
		return;
	snprintf(buf, size, "%.*s", (int)strcspn(text, "\n"), text);
	free(text);
}

static void check_leaks(struct findings *findings, const struct devices *devices)
{
	char stranded[160];
	struct leaks leaks;

	read_stranded(stranded, sizeof(stranded));
	find_leaks(&leaks, devices);
	if (*stranded)
		finding_add(findings, "left-behind", SEVERITY_WARN,
			   "'kmemctl bind' its device to manage it again, or 'kmemctl offline' it",
			   "an unbind left memory in use: %s", stranded);
	else if (leaks.nr)
		finding_add(findings, "left-behind", SEVERITY_FAIL,
			   "only a reboot gives it back: offline before you unbind",
			   "%zu range%s of memory without a device, the first %#llx-%#llx",
			   leaks.nr, leaks.nr == 1 ? "" : "s", leaks.first.start,
			   leaks.first.end);
	else if (leaks.hidden)
		finding_add(findings, "left-behind", SEVERITY_UNKNOWN, NULL,
			   "the addresses in /proc/iomem are for root alone");
	else
		finding_add(findings, "left-behind", SEVERITY_OK, NULL,
			   "no memory was left behind by an unbind");
}

void doctor_devices(struct findings *findings)
{
	struct devices devices;
	size_t i;

	check_bus(findings);
	read_devices(findings, &devices);
	check_nodes(findings, &devices);
	check_leaks(findings, &devices);
	for (i = 0; i < devices.nr; i++)
		dax_free(&devices.list[i]);
	free(devices.list);
}
