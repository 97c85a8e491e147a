// SPDX-License-Identifier: GPL-2.0-only
/*
 * The columns of "list": reads one device and gives the value of each column.
 * What a single column needs is read only if that column is printed.
 */
#include "cmd/list.h"

#include <stdlib.h>
#include <string.h>

#include "device/identity.h"
#include "device/numa.h"
#include "lib/path.h"

const struct table_column list_columns[NR_LIST_COLUMNS + 1] = {
	[COL_DEVICE]	  = { "DEVICE", COLTYPE_STR },
	[COL_SIZE]	  = { "SIZE", COLTYPE_SIZE },
	[COL_USABLE]	  = { "USABLE", COLTYPE_SIZE },
	[COL_LOST]	  = { "LOST", COLTYPE_SIZE },
	[COL_NODE]	  = { "NODE", COLTYPE_NUM },
	[COL_DISTANCE]	  = { "DISTANCE", COLTYPE_NUM },
	[COL_TIER]	  = { "TIER", COLTYPE_NUM },
	[COL_DRIVER]	  = { "DRIVER", COLTYPE_STR },
	[COL_STATE]	  = { "STATE", COLTYPE_STR },
	[COL_BLOCKS]	  = { "BLOCKS", COLTYPE_STR },
	[COL_ZONES]	  = { "ZONES", COLTYPE_STR },
	[COL_MEMMAP]	  = { "MEMMAP", COLTYPE_STR },
	[COL_MEMMAP_SIZE] = { "MEMMAP_SIZE", COLTYPE_SIZE },
	[COL_SOURCE]	  = { "SOURCE", COLTYPE_STR },
	[COL_ONLINE]	  = { "ONLINE", COLTYPE_NUM },
	[COL_TOTAL]	  = { "TOTAL", COLTYPE_NUM },
	[COL_RANGES]	  = { "RANGES", COLTYPE_LINES },
	[COL_RESOURCE]	  = { "RESOURCE", COLTYPE_STR },
	[COL_ALIGN]	  = { "ALIGN", COLTYPE_SIZE },
	[COL_NUMA_NODE]	  = { "NUMA_NODE", COLTYPE_NUM },
	[COL_EXCLUSIVE]	  = { "EXCLUSIVE", COLTYPE_BOOL },
};

/* A device may vanish while it is read; then "list" leaves it out. */
int list_read(struct list_device *device, const char *name, bool *gone)
{
	int rc;

	memset(device, 0, sizeof(*device));
	rc = dax_read(&device->dev, name);
	if (rc && device->dev.no_permission) {
		fail_forget();
		device->readable = READ_NO_RANGES;
		if (block_counts_of_driver(&device->counts, name))
			device->readable = READ_NO_BLOCKS;
		rc = 0;
	} else if (!rc) {
		rc = blocks_count(&device->counts, &device->dev);
	}
	if (!rc)
		rc = blocks_size(&device->block_size);
	device->broken = rc;
	*gone = rc && !dax_exists(name);
	return rc;
}

int list_read_stranded(struct list_device *device,
		       const struct dax_dev *record)
{
	int rc;

	memset(device, 0, sizeof(*device));
	device->dev = *record;
	device->stranded = true;
	/* count by ranges: another device may have the name today */
	device->dev.name[0] = '\0';
	rc = blocks_count(&device->counts, &device->dev);
	if (!rc)
		rc = blocks_size(&device->block_size);
	device->broken = rc;
	memcpy(device->dev.name, record->name, sizeof(device->dev.name));
	return rc;
}

bool list_needs_root(const struct list_device *device,
		     enum list_column column)
{
	switch (column) {
	case COL_RANGES:
	case COL_RESOURCE:
		return device->readable != READ_ALL;
	case COL_USABLE:
	case COL_LOST:
	case COL_STATE:
	case COL_BLOCKS:
	case COL_ZONES:
	case COL_MEMMAP:
	case COL_MEMMAP_SIZE:
	case COL_ONLINE:
	case COL_TOTAL:
		return device->readable == READ_NO_BLOCKS;
	default:
		return false;
	}
}

/* A driver other than kmem needs no count of blocks to tell. */
static const char *state(const struct list_device *device)
{
	const struct block_counts *counts = &device->counts;
	const char *driver = device->dev.driver;

	if (strcmp(driver, KMEM_DRIVER)) {
		if (counts->present)
			return "stranded";
		if (!*driver)
			return "unbound";
		return strcmp(driver, DEVDAX_DRIVER) ? "other" : "devdax";
	}
	if (device->readable == READ_NO_BLOCKS)
		return NULL;
	if (!counts->present)
		return "unplugged";
	if (!counts->online)
		return "offline";
	return counts->online == counts->total ? "online" : "partial";
}

static char *node_value(int node)
{
	return node == NO_NODE ? NULL : value_number(node);
}

static char *distance_value(int node)
{
	int distance = numa_distance(node);

	return distance ? value_number(distance) : NULL;
}

static char *tier_value(int node)
{
	int tier = numa_tier(node);

	return tier < 0 ? NULL : value_number(tier);
}

static char *zones_value(const struct block_counts *counts)
{
	char zones[256];

	block_counts_zones(counts, zones, sizeof(zones));
	return value_text(zones);
}

/* One range a line. */
static char *ranges_value(const struct dax_dev *dev)
{
	char *text = NULL, *more;
	size_t i;

	for (i = 0; i < dev->nr_ranges; i++) {
		more = value_format("%s%s%#llx-%#llx", i ? text : "",
				    i ? "\n" : "", dev->ranges[i].start,
				    dev->ranges[i].end);
		free(text);
		text = more;
	}
	return text;
}

static char *source_value(const struct list_device *device)
{
	static const char * const words[] = {
		[SOURCE_UNKNOWN] = NULL,
		[SOURCE_NVDIMM] = "nvdimm",
		[SOURCE_CXL] = "cxl",
		[SOURCE_SOFT_RESERVED] = "soft-reserved",
	};
	char text[IDENTITY_TEXT];
	struct identity id;

	if (device->stranded)
		return NULL;
	identity_read(&id, &device->dev);
	identity_text(&id, text, sizeof(text));
	return value_text(*text ? text : words[id.source]);
}

static char *memmap_value(const struct list_device *device)
{
	const char *name = device->dev.name;
	__u64 bytes;

	if (!device->counts.present || device->stranded)
		return NULL;
	if (memmap_held(name, &bytes))
		return value_text(bytes ? "device" : "ram");
	if (memmap_setting(name) != 1 || !memmap_allowed())
		return value_text("ram");
	/* on the device if asked for, unless the kernel could not do it */
	return NULL;
}

static char *memmap_size_value(const struct list_device *device,
			       const struct output *out)
{
	__u64 bytes;

	if (!device->counts.present || device->stranded)
		return NULL;
	if (!memmap_held(device->dev.name, &bytes) || !bytes)
		bytes = memmap_cost(device->counts.present *
				    device->block_size);
	return value_size(out, bytes);
}

/* The kernel's own kmem has no such attribute. */
static char *exclusive_value(const struct list_device *device)
{
	__u64 exclusive;

	if (device->stranded ||
	    path_read_u64(&exclusive, 10,
			  "/sys/bus/dax/devices/%s/kmem/exclusive",
			  device->dev.name))
		return NULL;
	return value_bool(exclusive);
}

char *list_value(const struct list_device *device, enum list_column column,
		 const struct output *out)
{
	const struct block_counts *counts = &device->counts;
	const struct dax_dev *dev = &device->dev;

	if (column == COL_DEVICE)
		return value_text(dev->name);
	if (device->broken)
		return NULL;
	if (column == COL_STATE)
		return value_text(state(device));
	if (list_needs_root(device, column))
		return NULL;
	switch (column) {
	case COL_SIZE:
		return value_size(out, dev->size);
	case COL_USABLE:
		return value_size(out, counts->total * device->block_size);
	case COL_LOST:
		return value_size(out, counts->lost);
	case COL_NODE:
		return node_value(dev->target_node);
	case COL_DISTANCE:
		return distance_value(dev->target_node);
	case COL_TIER:
		return tier_value(dev->target_node);
	case COL_DRIVER:
		return value_text(dev->driver);
	case COL_BLOCKS:
		return counts->present ? value_format("%llu/%llu",
						      counts->online,
						      counts->total) : NULL;
	case COL_ZONES:
		return zones_value(counts);
	case COL_MEMMAP:
		return memmap_value(device);
	case COL_MEMMAP_SIZE:
		return memmap_size_value(device, out);
	case COL_SOURCE:
		return source_value(device);
	case COL_ONLINE:
		return value_number(counts->online);
	case COL_TOTAL:
		return value_number(counts->total);
	case COL_RANGES:
		return ranges_value(dev);
	case COL_RESOURCE:
		return dev->nr_ranges ? value_format("%#llx",
						     dev->ranges[0].start) :
					NULL;
	case COL_ALIGN:
		return dev->align ? value_size(out, dev->align) : NULL;
	case COL_NUMA_NODE:
		return node_value(dev->numa_node);
	case COL_EXCLUSIVE:
		return exclusive_value(device);
	default:
		return NULL;
	}
}
