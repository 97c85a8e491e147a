// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices of the dax bus: their attributes, physical ranges and driver. Memory
 * belongs to a device by its mapping ranges alone, never by its node.
 */
#include "dax.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session.h"
#include "sysfs.h"

#define BUS "/sys/bus/dax"
#define DEV BUS "/devices/%s"
#define DRV BUS "/drivers/%s"

#define RUN_LIST "run 'kmemctl list' to see the devices"

/* Names that may still stand in a driver's new_id, for want of a way to read it. */
static struct id_left {
	char name[32];
	char driver[64];
} ids_left[8];

#define NR_IDS_LEFT (sizeof(ids_left) / sizeof(*ids_left))

int dax_bus_check(void)
{
	if (sysfs_exists(BUS "/devices"))
		return 0;
	return fail(EX_NODEV, "try 'modprobe device_dax'",
		    "no dax bus: this kernel shows no " BUS);
}

/* daxX.Y and nothing else: the name becomes part of paths. */
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
	return sysfs_exists(DEV, name);
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
	int rc = sysfs_link(driver, size, DEV "/driver", name);

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
	int rc = sysfs_read_int(node, DEV "/%s", name, attr);

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
	rc = sysfs_read_u64(&r->start, 16, DEV "/%s/start", dev->name, mapping);
	if (!rc)
		rc = sysfs_read_u64(&r->end, 16, DEV "/%s/end", dev->name,
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

/* The ranges must be what they claim: apart, and together the size. */
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
	rc = sysfs_names(path, each_mapping, dev);
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
	rc = sysfs_read_u64(&dev->size, 10, DEV "/size", name);
	if (rc)
		return attr_failed(rc, "size");
	rc = sysfs_read_u64(&dev->align, 10, DEV "/align", name);
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

	rc = sysfs_names(BUS "/devices", each_device, &all);
	if (rc)
		return fail(EX_FAILED, what_next(rc), BUS "/devices: %s",
			    why(rc));
	if (all.nr)
		qsort(all.names, all.nr, sizeof(*all.names), by_name);
	*names = all.names;
	*nr = all.nr;
	return 0;
}

static int driver_failed(int rc, const char *verb, const char *driver)
{
	const char *next = what_next(rc);

	if (rc == -EBUSY)
		next = "its range is in use: see /proc/iomem and 'dmesg'";
	return fail(EX_FAILED, next, "cannot %s %s: %s", verb, driver,
		    why(rc));
}

static int read_driver(const char *name, char *driver, size_t size)
{
	int rc = dax_driver(name, driver, size);

	return rc ? attr_failed(rc, "driver") : 0;
}

int dax_unbind(const char *name, const char *driver)
{
	char now[64];
	int rc;

	rc = sysfs_write(name, DRV "/unbind", driver);
	if (rc)
		return driver_failed(rc, "unbind from", driver);
	rc = read_driver(name, now, sizeof(now));
	if (rc)
		return rc;
	if (*now)
		return fail(EX_FAILED, SEE_DMESG,
			    "unbound from %s, yet %s holds it", driver, now);
	return 0;
}

/* The entry of this name and driver, or else a free one, becomes "now". */
static void note_id(const char *name, const char *driver, const char *now)
{
	struct id_left *slot = NULL;
	size_t i;

	for (i = 0; i < NR_IDS_LEFT; i++) {
		if (!strcmp(ids_left[i].driver, driver) &&
		    !strcmp(ids_left[i].name, name)) {
			slot = &ids_left[i];
			break;
		}
		if (!*ids_left[i].driver)
			slot = &ids_left[i];
	}
	if (!slot)
		return;
	snprintf(slot->name, sizeof(slot->name), "%s", name);
	snprintf(slot->driver, sizeof(slot->driver), "%s", now);
}

static int forget_in(const char *name, const char *driver)
{
	int rc = sysfs_write(name, DRV "/remove_id", driver);

	/* A driver that is gone has forgotten all it knew. */
	if (rc && rc != -ENOENT)
		return driver_failed(rc, "clear the name from", driver);
	note_id(name, driver, "");
	return 0;
}

int dax_forget_id(const char *name)
{
	return forget_in(name, KMEM_DRIVER);
}

int dax_forget_left(const char *name)
{
	int rc = 0;
	size_t i;

	for (i = 0; i < NR_IDS_LEFT; i++)
		if (*ids_left[i].driver && !strcmp(ids_left[i].name, name))
			rc |= forget_in(name, ids_left[i].driver);
	return rc;
}

static int bind_once(const char *name, const char *driver, bool *no_match)
{
	char now[64];
	int rc;

	rc = sysfs_write(name, DRV "/bind", driver);
	if (no_match) {
		*no_match = rc == -ENODEV;
		if (*no_match)
			return 0;
	}
	if (rc)
		return driver_failed(rc, "bind to", driver);
	rc = read_driver(name, now, sizeof(now));
	if (!rc && strcmp(now, driver))
		return fail(EX_FAILED, SEE_DMESG, "bound to %s, yet %s holds it",
			    driver, *now ? now : "no driver");
	return rc;
}

static int bind_with_id(const char *name, const char *driver)
{
	char now[64];
	int rc;

	rc = sysfs_write(name, DRV "/new_id", driver);
	if (rc)
		return driver_failed(rc, "give the name to", driver);
	rc = read_driver(name, now, sizeof(now));
	if (!rc && *now && strcmp(now, driver))
		rc = dax_unbind(name, now);
	if (!rc)
		rc = read_driver(name, now, sizeof(now));
	if (!rc)
		rc = session_check();
	if (rc || !strcmp(now, driver))
		return rc;
	return bind_once(name, driver, NULL);
}

/*
 * As few probes as can be, since bind alone returns the driver's errno, and
 * 6.1's device_dax cannot bind a device it once failed to bind. A device that
 * has no driver may match as it is. One that has a driver keeps it until its
 * name is known to the new one, so that new_id does not probe it.
 */
int dax_bind(const char *name, const char *driver)
{
	bool no_match = true;
	char now[64];
	int rc, rc_forget;

	rc = read_driver(name, now, sizeof(now));
	if (!rc)
		rc = session_check();
	if (!rc && !*now)
		rc = bind_once(name, driver, &no_match);
	if (rc || !no_match)
		return rc;
	/* A failing new_id may have taken the name all the same. */
	note_id(name, driver, driver);
	rc = bind_with_id(name, driver);
	/* Matching is over: a name left here is grabbed at the next new_id. */
	rc_forget = dax_forget_left(name);
	return rc ? rc : rc_forget;
}
