// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices of the dax bus: attributes, physical ranges and driver. The ranges, and
 * never the node, tell which memory belongs to a device.
 */
#include "device/dax.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/path.h"

#define BUS "/sys/bus/dax"
#define DEV BUS "/devices/%s"

#define RUN_LIST "run 'kmemctl list' to see the devices"

int dax_bus_check(void)
{
	if (path_exists(BUS "/devices"))
		return 0;
	return fail(EX_NODEV, "try 'modprobe device_dax'",
		    "no dax bus: this kernel shows no " BUS);
}

/* Only daxX.Y, since the name becomes part of paths. */
static bool name_is_valid(const char *name)
{
	size_t region, id, len = strlen(name);

	if (len >= 30 || strncmp(name, "dax", 3))
		return false;
	region = strspn(name + 3, "0123456789");
	if (!region || name[3 + region] != '.')
		return false;
	id = strspn(name + 4 + region, "0123456789");
	return id && 4 + region + id == len;
}

bool dax_exists(const char *name)
{
	return path_exists(DEV, name);
}

int dax_check_name(const char *name)
{
	if (!name_is_valid(name))
		return fail(EX_NODEV, RUN_LIST,
			    "no such device: names look like dax0.0");
	if (!dax_exists(name))
		return fail(EX_NODEV, RUN_LIST, "no such device");
	return 0;
}

int dax_driver(const char *name, char *driver, size_t size)
{
	int rc = path_link(driver, size, DEV "/driver", name);

	if (rc)
		*driver = '\0';
	if (rc == -ENOENT && dax_exists(name))
		return 0;
	return rc;
}

static int attr_failed(int rc, const char *attr)
{
	return fail(EX_FAILED, what_next(rc), "cannot read %s: %s", attr,
		    why(rc));
}

static int read_node(int *node, const char *name, const char *attr)
{
	int rc = path_read_int(node, DEV "/%s", name, attr);

	if (rc != -ENOENT)
		return rc;
	*node = NO_NODE;
	return 0;
}

static int read_range(struct dax_dev *dev, const char *mapping)
{
	struct range *r;
	int rc;

	dev->ranges = need_memory(realloc(dev->ranges, (dev->nr_ranges + 1) *
					  sizeof(*dev->ranges)));
	r = &dev->ranges[dev->nr_ranges];
	rc = path_read_u64(&r->start, 16, DEV "/%s/start", dev->name, mapping);
	if (!rc)
		rc = path_read_u64(&r->end, 16, DEV "/%s/end", dev->name,
				   mapping);
	if (rc == -EACCES)
		dev->no_permission = true;
	if (rc)
		return fail(EX_FAILED, what_next(rc), "cannot read %s: %s",
			    mapping, why(rc));
	if (r->end < r->start)
		return fail(EX_FAILED, SEE_DMESG,
			    "%s: end %#llx lies below start %#llx", mapping,
			    r->end, r->start);
	dev->nr_ranges++;
	return 0;
}

static int each_mapping(const char *name, void *arg)
{
	const char *digits = name + strlen("mapping");

	if (strncmp(name, "mapping", strlen("mapping")) || !*digits ||
	    digits[strspn(digits, "0123456789")])
		return 0;
	return read_range(arg, name);
}

static int by_start(const void *a, const void *b)
{
	const struct range *left = a, *right = b;

	return left->start < right->start ? -1 : left->start > right->start;
}

static void forget_ranges(struct dax_dev *dev)
{
	free(dev->ranges);
	dev->ranges = NULL;
	dev->nr_ranges = 0;
}

/* They must not overlap, and their sum must be the size. */
static int check_ranges(const struct dax_dev *dev)
{
	__u64 sum = 0;
	size_t i;

	for (i = 0; i < dev->nr_ranges; i++) {
		const struct range *r = &dev->ranges[i];
		__u64 len = r->end - r->start + 1;

		if (i && r->start <= dev->ranges[i - 1].end)
			return fail(EX_FAILED, SEE_DMESG,
				    "two mappings overlap at %#llx",
				    r->start);
		if (!len || sum + len < sum)
			return fail(EX_FAILED, SEE_DMESG,
				    "mappings: size: number too large");
		sum += len;
	}
	if (sum != dev->size)
		return fail(EX_FAILED, SEE_DMESG,
			    "size is %llu but its mappings hold %llu",
			    dev->size, sum);
	return 0;
}

static int read_ranges_once(struct dax_dev *dev)
{
	char path[128];
	int rc;

	forget_ranges(dev);
	snprintf(path, sizeof(path), DEV, dev->name);
	rc = path_each(path, each_mapping, dev);
	if (rc < 0)
		return attr_failed(rc, "mappings");
	if (!rc && dev->nr_ranges)
		qsort(dev->ranges, dev->nr_ranges, sizeof(*dev->ranges),
		      by_start);
	return rc;
}

/* A new device has its size, and even its driver, before its mappings. */
static int read_ranges(struct dax_dev *dev)
{
	int tries = 20, rc;

	do {
		rc = read_ranges_once(dev);
	} while (!rc && dev->size && !dev->nr_ranges && --tries &&
		 !usleep(10000));
	return rc ? rc : check_ranges(dev);
}

int dax_read(struct dax_dev *dev, const char *name)
{
	int rc;

	memset(dev, 0, sizeof(*dev));
	snprintf(dev->name, sizeof(dev->name), "%s", name);
	rc = path_read_u64(&dev->size, 10, DEV "/size", name);
	if (rc)
		return attr_failed(rc, "size");
	rc = path_read_u64(&dev->align, 10, DEV "/align", name);
	if (rc && rc != -ENOENT)
		return attr_failed(rc, "align");
	rc = read_node(&dev->target_node, name, "target_node");
	if (rc)
		return attr_failed(rc, "target_node");
	rc = read_node(&dev->numa_node, name, "numa_node");
	if (rc)
		return attr_failed(rc, "numa_node");
	rc = dax_driver(name, dev->driver, sizeof(dev->driver));
	if (rc)
		return attr_failed(rc, "driver");
	return read_ranges(dev);
}

void dax_free(struct dax_dev *dev)
{
	forget_ranges(dev);
	memset(dev, 0, sizeof(*dev));
}

struct names {
	char **names;
	size_t nr;
};

static int each_device(const char *name, void *arg)
{
	struct names *all = arg;

	if (!name_is_valid(name))
		return 0;
	all->names = need_memory(realloc(all->names, (all->nr + 1) *
					 sizeof(*all->names)));
	all->names[all->nr++] = need_memory(strdup(name));
	return 0;
}

/* dax2.0 before dax10.0 */
static int by_name(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

int dax_names(char ***names, size_t *nr)
{
	struct names all = { 0 };
	int rc;

	rc = path_each(BUS "/devices", each_device, &all);
	if (rc)
		return fail(EX_FAILED, what_next(rc), BUS "/devices: %s",
			    why(rc));
	if (all.nr)
		qsort(all.names, all.nr, sizeof(*all.names), by_name);
	*names = all.names;
	*nr = all.nr;
	return 0;
}
