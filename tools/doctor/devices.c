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
#include "device/memblock.h"
#include "doctor/findings.h"
#include "lib/path.h"

static struct dax_dev *devices;
static size_t nr_devices;

/* One that cannot be read is kept with what could be read of it. */
static void read_devices(void)
{
	char **names = NULL;
	size_t i;

	if (!path_exists("/sys/bus/dax/devices"))
		finding("dax-bus", FAIL, "run 'modprobe device_dax'",
			"the kernel has no /sys/bus/dax");
	finding_else("dax-bus", "the kernel has /sys/bus/dax");
	if (dax_names(&names, &nr_devices))
		fail_forget();
	devices = need_memory(calloc(nr_devices + 1, sizeof(*devices)));
	for (i = 0; i < nr_devices; i++) {
		if (dax_read(&devices[i], names[i]) &&
		    !devices[i].no_permission)
			finding("devices", FAIL, SEE_DMESG, "%s: %.160s",
				names[i], fail_text());
		fail_forget();
	}
	free(names);
}

static const char *short_id(const struct dax_dev *dev, char *buf, size_t size)
{
	struct identity id;

	identity_read(&id, dev);
	identity_text(&id, buf, size);
	return *buf ? buf : "no id";
}

/* A line for each device with a problem; else one line for all. */
static void check_nodes(void)
{
	char text[200] = "no dax device", id[IDENTITY_TEXT];
	const struct dax_dev *dev;
	size_t used = 0;

	for (dev = devices; dev < devices + nr_devices; dev++) {
		if (dev->target_node == NO_NODE)
			finding("nodes", FAIL,
				"the firmware assigned no node: check SRAT, HMAT and 'ndctl list -v'",
				"%s has no target_node and cannot become memory (%s)",
				dev->name, short_id(dev, id, sizeof(id)));
		else if (dev->target_node == dev->numa_node)
			finding("nodes", WARN,
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
	finding_else("nodes", text);
}

static void check_exclusive(const char *name)
{
	char next[160];

	snprintf(next, sizeof(next),
		 "use kmemctl; or allow it: echo 0 >/sys/bus/dax/devices/%s/kmem/exclusive",
		 name);
	if (kmem_exclusive(name))
		finding("exclusive", OK, next,
			"%s is exclusive: nobody can change its memory blocks one by one",
			name);
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
	const struct dax_dev *dev;	/* whose memory the first is; NULL: unknown */
	bool hidden;			/* only root sees addresses */
};

static void find_leak(const struct range *range, const char *name, void *arg)
{
	const struct dax_dev *dev, *owner = NULL;
	struct leaks *leaks = arg;

	if (strcmp(name, "System RAM (kmem)"))
		return;
	if (!range->end) {
		leaks->hidden = true;
		return;
	}
	for (dev = devices; dev < devices + nr_devices; dev++) {
		if (!contains(dev, range))
			continue;
		if (!strcmp(dev->driver, KMEM_DRIVER))
			return;
		owner = dev;
	}
	if (leaks->nr++)
		return;
	leaks->first = *range;
	leaks->dev = owner;
}

static bool has_its_range(const struct dax_dev *dev)
{
	__u64 block_size;

	if (!dev)
		return false;
	if (!blocks_size(&block_size))
		return iomem_reserves(dev, block_size);
	fail_forget();
	return false;
}

/* dax-kmem takes over what the kernel's own left, if a device has its range. */
static const char *take_over(const struct leaks *leaks, char *text, size_t size)
{
	const char *load = dax_kmem_loaded() ? "" :
		"with dax-kmem installed, run 'rmmod kmem', 'modprobe kmem', ";
	const struct dax_dev *dev = leaks->dev;

	if (has_its_range(dev))
		snprintf(text, size,
			 "%s'kmemctl offline %s' gives it back, 'kmemctl bind %s' manages it again",
			 load, dev->name, dev->name);
	else
		snprintf(text, size,
			 "have a device of exactly this range; %s'kmemctl offline' of it gives the memory back",
			 load);
	return text;
}

static void check_left_behind(void)
{
	const char *check = "left-behind";
	struct leaks leaks = { 0 };
	char next[256];
	struct stranded stranded;
	int rc = stranded_read(&stranded);
	int unread = iomem_each(find_leak, &leaks);
	const struct dax_dev *first = stranded.records;

	if (rc)
		finding(check, FAIL, SEE_DMESG,
			"cannot read stranded of kmem: %s", why(rc));
	else if (stranded.nr && first->nr_ranges)
		finding(check, WARN,
			"'kmemctl bind' the device to manage it again, or 'kmemctl offline' it",
			"an unbind left memory of %zu device%s in use, the first %s: node %d, %#llx-%#llx",
			stranded.nr, stranded.nr == 1 ? "" : "s", first->name,
			first->target_node, first->ranges->start,
			first->ranges->end);
	else if (leaks.nr)
		finding(check, FAIL, take_over(&leaks, next, sizeof(next)),
			"an unbind left memory in use without a driver: %zu range%s, the first %#llx-%#llx%s%s",
			leaks.nr, leaks.nr == 1 ? "" : "s", leaks.first.start,
			leaks.first.end, leaks.dev ? " of " : "",
			leaks.dev ? leaks.dev->name : "");
	else if (unread)
		finding(check, FAIL, "mount /proc", "cannot read /proc/iomem: %s",
			why(unread));
	else if (leaks.hidden || stranded.hidden)
		finding(check, UNKNOWN, NULL,
			"only root sees the addresses in /proc/iomem");
	finding_else(check, "no unbind left memory behind");
	stranded_free(&stranded);
}

void doctor_devices(void)
{
	size_t i;

	read_devices();
	check_nodes();
	for (i = 0; i < nr_devices; i++)
		check_exclusive(devices[i].name);
	check_left_behind();
	for (i = 0; i < nr_devices; i++)
		dax_free(&devices[i]);
	free(devices);
}
