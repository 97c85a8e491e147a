// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices of the dax bus: attributes, physical ranges and driver. The ranges, and
 * never the node, tell which memory belongs to a device. Also what dax-kmem has
 * on record of devices whose memory an unbind left in use.
 */
#include "device/dax.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/path.h"

#define BUS "/sys/bus/dax"
#define DEV BUS "/devices/%s"

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
	int end = 0;

	return sscanf(name, "dax%*[0-9].%*[0-9]%n", &end) == 0 && end &&
	       end < 30 && !name[end];
}

bool dax_exists(const char *name)
{
	return path_exists(DEV, name);
}

int dax_check_name(const char *name)
{
	bool valid = name_is_valid(name);

	if (valid && dax_exists(name))
		return 0;
	return fail(EX_NODEV, "run 'kmemctl list' to see the devices",
		    "no such device%s",
		    valid ? "" : ": names look like dax0.0");
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

/* Or the device went while it was read. */
static int attr_failed(const char *name, int rc, const char *attr)
{
	if (!dax_exists(name))
		return dax_check_name(name);
	return fail(EX_FAILED, what_next(rc), "cannot read %s: %s", attr,
		    why(rc));
}

static int read_node(int *node, const char *name, const char *attr)
{
	int rc = path_read_int(node, DEV "/%s", name, attr);

	if (rc == -ENOENT) {
		*node = NO_NODE;
		rc = 0;
	}
	return rc ? attr_failed(name, rc, attr) : 0;
}

static void add_range(struct dax_dev *dev, const struct range *range)
{
	dev->ranges = grow(dev->ranges, dev->nr_ranges, sizeof(*range));
	dev->ranges[dev->nr_ranges++] = *range;
}

static int each_mapping(const char *name, void *arg)
{
	struct dax_dev *dev = arg;
	struct range range;
	__u64 number;
	int rc;

	if (!name_number(&number, name, "mapping"))
		return 0;
	rc = path_read_u64(&range.start, 16, DEV "/%s/start", dev->name, name);
	if (!rc)
		rc = path_read_u64(&range.end, 16, DEV "/%s/end", dev->name,
				   name);
	if (rc == -EACCES)
		dev->no_permission = true;
	if (rc)
		return attr_failed(dev->name, rc, name);
	if (range.end < range.start)
		return fail(EX_FAILED, SEE_DMESG,
			    "%s: end %#llx lies below start %#llx", name,
			    range.end, range.start);
	add_range(dev, &range);
	return 0;
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

	dev->nr_ranges = 0;
	snprintf(path, sizeof(path), DEV, dev->name);
	rc = path_each(path, each_mapping, dev);
	if (rc < 0)
		return attr_failed(dev->name, rc, "mappings");
	if (!rc && dev->nr_ranges)
		qsort(dev->ranges, dev->nr_ranges, sizeof(*dev->ranges),
		      compare_u64);
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
		return attr_failed(name, rc, "size");
	rc = path_read_u64(&dev->align, 10, DEV "/align", name);
	if (rc && rc != -ENOENT)
		return attr_failed(name, rc, "align");
	rc = read_node(&dev->target_node, name, "target_node");
	if (!rc)
		rc = read_node(&dev->numa_node, name, "numa_node");
	if (rc)
		return rc;
	rc = dax_driver(name, dev->driver, sizeof(dev->driver));
	if (rc)
		return attr_failed(name, rc, "driver");
	return read_ranges(dev);
}

void dax_free(struct dax_dev *dev)
{
	free(dev->ranges);
	memset(dev, 0, sizeof(*dev));
}

static int is_device(const struct dirent *entry)
{
	return name_is_valid(entry->d_name);
}

/* dax2.0 before dax10.0; the names stand behind the pointers to them. */
int dax_names(char ***names, size_t *nr)
{
	const size_t room = sizeof(((struct dax_dev *)0)->name);
	struct dirent **entries;
	char *text;
	int i, found;

	found = scandir(path_of(BUS "/devices"), &entries, is_device,
			versionsort);
	if (found < 0)
		return fail(EX_FAILED, what_next(-errno), BUS "/devices: %s",
			    why(-errno));
	*names = need_memory(calloc(found + 1, sizeof(**names) + room));
	text = (char *)(*names + found);
	for (i = 0; i < found; i++, text += room) {
		(*names)[i] = strcpy(text, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	*nr = found;
	return 0;
}

/* A line such as "dax0.0 1 100000000-13fffffff": name, node and ranges. */
static int parse_record(struct stranded *all, char *line)
{
	struct range range;
	struct dax_dev *dev;
	char *word, more;
	int used;

	all->records = grow(all->records, all->nr, sizeof(*dev));
	dev = &all->records[all->nr++];
	*dev = (struct dax_dev){ .numa_node = NO_NODE };
	if (sscanf(line, "%31s %d %n", dev->name, &dev->target_node,
		   &used) != 2)
		return -EBADMSG;
	line += used;
	while ((word = strsep(&line, " "))) {
		if (sscanf(word, "%llx-%llx%c", &range.start, &range.end,
			   &more) != 2 || range.end < range.start)
			return -EBADMSG;
		add_range(dev, &range);
		dev->size += range.end - range.start + 1;
	}
	return 0;
}

int stranded_read(struct stranded *all)
{
	char *text, *rest, *line;
	size_t len;
	int rc;

	memset(all, 0, sizeof(*all));
	rc = path_read_whole(&text, &len, BUS "/drivers/kmem/stranded");
	all->hidden = rc == -EACCES;
	if (rc)
		return rc == -ENOENT || all->hidden ? 0 : rc;
	rest = text;
	while (!rc && (line = strsep(&rest, "\n")))
		if (*line)
			rc = parse_record(all, line);
	free(text);
	return rc;
}

static bool overlap(const struct dax_dev *a, const struct dax_dev *b)
{
	size_t i, k;

	for (i = 0; i < a->nr_ranges; i++)
		for (k = 0; k < b->nr_ranges; k++)
			if (a->ranges[i].start <= b->ranges[k].end &&
			    b->ranges[k].start <= a->ranges[i].end)
				return true;
	return false;
}

void stranded_drop(struct stranded *all, const struct dax_dev *dev)
{
	struct dax_dev *record;
	size_t i;

	for (i = 0; i < all->nr; i++) {
		record = &all->records[i];
		if (overlap(record, dev) ||
		    (dev->no_permission && !strcmp(record->name, dev->name)))
			dax_free(record);
	}
}

void stranded_free(struct stranded *all)
{
	size_t i;

	for (i = 0; i < all->nr; i++)
		dax_free(&all->records[i]);
	free(all->records);
}
