// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of "doctor" on the dax bus and its devices: their NUMA nodes, who may
 * change their memory blocks, and memory that an unbind left behind.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change/change.h"
#include "device/dax.h"
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

	if (dax_names(&names, &nr))
		fail_forget();
	devices->list = need_memory(calloc(nr + 1, sizeof(*devices->list)));
	for (i = 0; i < nr; i++) {
		struct dax_dev *dev = &devices->list[devices->nr++];

		if (dax_read(dev, names[i]) && !dev->no_permission)
			finding_add(findings, "devices", SEVERITY_FAIL,
				    SEE_DMESG, "%s: %.160s", names[i],
				    fail_text());
		fail_forget();
	}
	free(names);
}

static void check_bus(struct findings *findings)
{
	if (path_exists("/sys/bus/dax/devices"))
		finding_add(findings, "dax-bus", SEVERITY_OK, NULL,
			    "the kernel has /sys/bus/dax");
	else
		finding_add(findings, "dax-bus", SEVERITY_FAIL,
			    "run 'modprobe device_dax'",
			    "the kernel has no /sys/bus/dax");
}

static const char *short_id(const struct dax_dev *dev, char *buf, size_t size)
{
	struct identity id;

	identity_read(&id, dev);
	identity_text(&id, buf, size);
	return *buf ? buf : "no id";
}

/* A line for each device with a problem; else one line for all. */
static void check_nodes(struct findings *findings,
			const struct devices *devices)
{
	char text[200] = "no dax device", id[IDENTITY_TEXT];
	size_t i, used = 0, nr = findings->nr;

	for (i = 0; i < devices->nr; i++) {
		const struct dax_dev *dev = &devices->list[i];

		if (dev->target_node == NO_NODE)
			finding_add(findings, "nodes", SEVERITY_FAIL,
				    "the firmware assigned no node: check SRAT, HMAT and 'ndctl list -v'",
				    "%s has no target_node and cannot become memory (%s)",
				    dev->name, short_id(dev, id, sizeof(id)));
		else if (dev->target_node == dev->numa_node)
			finding_add(findings, "nodes", SEVERITY_WARN,
				    "programs cannot select it by node: check SRAT and the firmware settings",
				    "%s has no node of its own: its memory goes to node %d, the nearest with CPUs (%s)",
				    dev->name, dev->target_node,
				    short_id(dev, id, sizeof(id)));
		else if (used < sizeof(text))
			used += snprintf(text + used, sizeof(text) - used,
					 "%s%s: node %d (near node %d)",
					 used ? ", " : "", dev->name,
					 dev->target_node, dev->numa_node);
	}
	if (findings->nr == nr)
		finding_add(findings, "nodes", SEVERITY_OK, NULL, "%s", text);
}

static void check_exclusive(struct findings *findings,
			    const struct devices *devices)
{
	char next[160];
	size_t i;

	for (i = 0; i < devices->nr; i++) {
		const char *name = devices->list[i].name;

		if (!kmem_exclusive(name))
			continue;
		snprintf(next, sizeof(next),
			 "use kmemctl; or allow it: echo 0 >/sys/bus/dax/devices/%s/kmem/exclusive",
			 name);
		finding_add(findings, "exclusive", SEVERITY_OK, next,
			    "%s is exclusive: nobody can change its memory blocks one by one",
			    name);
	}
}

static bool contains(const struct dax_dev *dev, const struct range *range)
{
	size_t i;

	for (i = 0; i < dev->nr_ranges; i++)
		if (dev->ranges[i].start <= range->start &&
		    dev->ranges[i].end >= range->end)
			return true;
	return false;
}

/* Memory that kmem added and that belongs to no device bound to it. */
struct leaks {
	size_t nr;
	struct range first;
	const char *device;	/* whose memory the first is; NULL: unknown */
	bool hidden;		/* only root sees addresses */
};

static void add_leak(struct leaks *leaks, const struct range *range,
		     const struct devices *devices)
{
	const char *name = NULL;
	size_t i;

	for (i = 0; i < devices->nr; i++) {
		if (!contains(&devices->list[i], range))
			continue;
		if (!strcmp(devices->list[i].driver, KMEM_DRIVER))
			return;
		name = devices->list[i].name;
	}
	if (leaks->nr++)
		return;
	leaks->first = *range;
	leaks->device = name;
}

/* From lines such as "  108000000-1ffffffff : System RAM (kmem)". */
static void find_leaks(struct leaks *leaks, const struct devices *devices)
{
	char *text, *rest, *line;
	struct range range;
	size_t len;
	int end;

	if (path_read_whole(&text, &len, "/proc/iomem"))
		return;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		end = 0;
		if (sscanf(line, "%llx-%llx : System RAM (kmem)%n",
			   &range.start, &range.end, &end) != 2 ||
		    !end || line[end])
			continue;
		if (range.end)
			add_leak(leaks, &range, devices);
		else
			leaks->hidden = true;
	}
	free(text);
}

static void add_leaks(struct findings *findings, const struct leaks *leaks)
{
	static const char * const next[] = {
		"only a reboot gives it back; install dax-kmem, which can take back such memory, before the next unbind",
		"only a reboot gives it back: the kernel's own kmem was unbound before dax-kmem was loaded",
	};

	finding_add(findings, "left-behind", SEVERITY_FAIL,
		    next[dax_kmem_loaded()],
		    "an unbind left memory in use without a driver: %zu range%s, the first %#llx-%#llx%s%s",
		    leaks->nr, leaks->nr == 1 ? "" : "s", leaks->first.start,
		    leaks->first.end, leaks->device ? " of " : "",
		    leaks->device ? leaks->device : "");
}

static void check_left_behind(struct findings *findings,
			      const struct devices *devices)
{
	struct leaks leaks = { 0 };
	struct stranded stranded;
	int rc = stranded_read(&stranded);

	find_leaks(&leaks, devices);
	if (rc)
		finding_add(findings, "left-behind", SEVERITY_FAIL, SEE_DMESG,
			    "cannot read stranded of kmem: %s", why(rc));
	else if (stranded.nr && stranded.records[0].nr_ranges)
		finding_add(findings, "left-behind", SEVERITY_WARN,
			    "'kmemctl bind' the device to manage it again, or 'kmemctl offline' it",
			    "an unbind left memory of %zu device%s in use, the first %s: node %d, %#llx-%#llx",
			    stranded.nr, stranded.nr == 1 ? "" : "s",
			    stranded.records[0].name,
			    stranded.records[0].target_node,
			    stranded.records[0].ranges[0].start,
			    stranded.records[0].ranges[0].end);
	else if (leaks.nr)
		add_leaks(findings, &leaks);
	else if (leaks.hidden || stranded.hidden)
		finding_add(findings, "left-behind", SEVERITY_UNKNOWN, NULL,
			    "only root sees the addresses in /proc/iomem");
	else
		finding_add(findings, "left-behind", SEVERITY_OK, NULL,
			    "no unbind left memory behind");
	stranded_free(&stranded);
}

void doctor_devices(struct findings *findings)
{
	struct devices devices = { 0 };
	size_t i;

	check_bus(findings);
	read_devices(findings, &devices);
	check_nodes(findings, &devices);
	check_exclusive(findings, &devices);
	check_left_behind(findings, &devices);
	for (i = 0; i < devices.nr; i++)
		dax_free(&devices.list[i]);
	free(devices.list);
}
