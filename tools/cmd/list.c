// SPDX-License-Identifier: GPL-2.0-only
/*
 * "list": one line per dax device, and per piece of memory whose device is
 * gone. Needs no root; it says what only root can see. What a single column
 * needs is read only if that column is printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "device/numa.h"
#include "lib/path.h"

#define DEFAULT_COLUMNS \
	"DEVICE,SIZE,USABLE,LOST,NODE,DISTANCE,TIER,DRIVER,STATE,BLOCKS,ZONES"

enum column {
	COL_DEVICE, COL_SIZE, COL_USABLE, COL_LOST, COL_NODE, COL_DISTANCE,
	COL_TIER, COL_DRIVER, COL_STATE, COL_BLOCKS, COL_ZONES, COL_MEMMAP,
	COL_MEMMAP_SIZE, COL_SOURCE, COL_ONLINE, COL_TOTAL, COL_RANGES,
	COL_RESOURCE, COL_ALIGN, COL_NUMA_NODE, COL_EXCLUSIVE, NR_COLUMNS
};

static const struct table_column columns[NR_COLUMNS + 1] = {
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

/* The columns that tell of addresses, and those that tell of blocks. */
#define BIT(column) (1u << (column))
#define OF_RANGES (BIT(COL_RANGES) | BIT(COL_RESOURCE))
#define OF_BLOCKS (BIT(COL_USABLE) | BIT(COL_LOST) | BIT(COL_STATE) | \
		   BIT(COL_BLOCKS) | BIT(COL_ZONES) | BIT(COL_MEMMAP) | \
		   BIT(COL_MEMMAP_SIZE) | BIT(COL_ONLINE) | BIT(COL_TOTAL))

struct device {
	struct dax_dev dev;
	struct block_counts counts;
	__u64 block_size;
	unsigned int hidden;	/* columns that only root can see */
	bool stranded;		/* no such device now; its name may be another's */
};

struct list {
	const struct output *out;
	struct table *table;
	struct stranded stranded;
	struct tally tally;
	bool need_root;
};

void list_print_columns(void)
{
	printf("\nColumns:");
	table_print_names(columns);
	puts("Default:\n  " DEFAULT_COLUMNS);
}

/* A driver other than kmem needs no count of blocks to tell. */
static const char *state(const struct device *device)
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
	if (device->hidden & OF_BLOCKS)
		return NULL;
	if (!counts->present)
		return "unplugged";
	if (!counts->online)
		return "offline";
	return counts->online == counts->total ? "online" : "partial";
}

static char *ranges_value(const struct dax_dev *dev)
{
	char *text = NULL;
	size_t i;

	for (i = 0; i < dev->nr_ranges; i++)
		append_line(&text, "%#llx-%#llx", dev->ranges[i].start,
			    dev->ranges[i].end);
	return text;
}

static char *source_value(const struct device *device)
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
	return value_text(*identity_text(&id, text, sizeof(text)) ? text :
			  words[id.source]);
}

static char *memmap_value(const struct device *device)
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

static char *memmap_size_value(const struct device *device,
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
static char *exclusive_value(const struct device *device)
{
	__u64 exclusive;

	if (device->stranded ||
	    path_read_u64(&exclusive, 10,
			  "/sys/bus/dax/devices/%s/kmem/exclusive",
			  device->dev.name))
		return NULL;
	return value_bool(exclusive);
}

/* Where a value goes; NULL: it is not printed. */
static char **slot_of(const struct list *list, const struct device *device,
		      char **values, enum column column)
{
	return table_shows(list->table, column) &&
	       !(device->hidden & BIT(column)) ? &values[column] : NULL;
}

/* What a column needs is read only if it is printed. */
#define SET(column, value) do { \
	char **slot = slot_of(list, device, values, column); \
	if (slot) \
		*slot = value; \
} while (0)

static void set_values(const struct list *list, const struct device *device,
		       char **values)
{
	const struct block_counts *counts = &device->counts;
	const struct output *out = list->out;
	const struct dax_dev *dev = &device->dev;

	values[COL_STATE] = value_text(state(device));
	SET(COL_SIZE, value_size(out, dev->size));
	SET(COL_USABLE, value_size(out, counts->total * device->block_size));
	SET(COL_LOST, value_size(out, counts->lost));
	SET(COL_NODE, value_unless(NO_NODE, dev->target_node));
	SET(COL_DISTANCE, value_unless(0, numa_distance(dev->target_node)));
	SET(COL_TIER, value_unless(-1, numa_tier(dev->target_node)));
	SET(COL_DRIVER, value_text(dev->driver));
	if (counts->present)
		SET(COL_BLOCKS, value_format("%llu/%llu", counts->online,
					     counts->total));
	SET(COL_ZONES, value_text(zones_text(counts)));
	SET(COL_MEMMAP, memmap_value(device));
	SET(COL_MEMMAP_SIZE, memmap_size_value(device, out));
	SET(COL_SOURCE, source_value(device));
	SET(COL_ONLINE, value_number(counts->online));
	SET(COL_TOTAL, value_number(counts->total));
	SET(COL_RANGES, ranges_value(dev));
	if (dev->nr_ranges)
		SET(COL_RESOURCE, value_format("%#llx", dev->ranges[0].start));
	if (dev->align)
		SET(COL_ALIGN, value_size(out, dev->align));
	SET(COL_NUMA_NODE, value_unless(NO_NODE, dev->numa_node));
	SET(COL_EXCLUSIVE, exclusive_value(device));
}

static void add_line(struct list *list, struct device *device, int rc)
{
	char *values[NR_COLUMNS] = { NULL };
	size_t i;

	if (!rc)
		rc = blocks_size(&device->block_size);
	values[COL_DEVICE] = value_text(device->dev.name);
	if (!rc)
		set_values(list, device, values);
	for (i = 0; i < NR_COLUMNS; i++)
		list->need_root |= table_shows(list->table, i) &&
				   device->hidden & BIT(i);
	table_add_line(list->table, values);
	if (rc)
		fail_print(device->dev.name, NULL);
	tally_add(&list->tally, rc);
}

static void add_device(struct list *list, const char *name)
{
	struct device device = { .hidden = 0 };
	int rc = dax_read(&device.dev, name);

	if (!rc) {
		rc = blocks_count(&device.counts, &device.dev);
	} else if (device.dev.no_permission) {
		rc = 0;
		fail_forget();
		device.hidden = OF_RANGES;
		/* dax-kmem shows anybody its counts */
		if (block_counts_of_driver(&device.counts, name))
			device.hidden |= OF_BLOCKS;
	}
	if (rc && !dax_exists(name)) {
		/* it has vanished since its name was read */
		fail_forget();
	} else {
		add_line(list, &device, rc);
		stranded_drop(&list->stranded, &device.dev);
	}
	dax_free(&device.dev);
}

/* Memory that the driver has on record for devices that no longer exist. */
static void add_stranded(struct list *list)
{
	const struct dax_dev *record;
	struct device device;
	size_t i;
	int rc;

	for (i = 0; i < list->stranded.nr; i++) {
		record = &list->stranded.records[i];
		if (!*record->name)
			continue;
		device = (struct device){ .dev = *record, .stranded = true };
		/* count by ranges: another device may have the name today */
		device.dev.name[0] = '\0';
		rc = blocks_count(&device.counts, &device.dev);
		memcpy(device.dev.name, record->name, sizeof(record->name));
		add_line(list, &device, rc);
	}
}

static void print_root_hint(const struct list *list)
{
	bool both = list->need_root && list->stranded.hidden;

	if (list->need_root || list->stranded.hidden)
		fprintf(stderr, "kmemctl: run as root to see %s%s%s\n",
			list->need_root ? "memory blocks, zones and ranges" :
					  "",
			both ? ", and " : "",
			list->stranded.hidden ?
			"memory left by devices that are gone" : "");
}

static int print_list(struct list *list, char **names, size_t nr)
{
	const struct output *out = list->out;
	size_t i;

	tables_begin(out);
	list->table = table_new("devices", out, columns,
				out->all_columns ? NULL : DEFAULT_COLUMNS,
				out->all_columns ? NULL : out->columns);
	for (i = 0; i < nr; i++)
		add_device(list, names[i]);
	add_stranded(list);
	print_root_hint(list);
	if (!table_lines(list->table))
		fputs("kmemctl: no dax device\n", stderr);
	table_print(list->table);
	tables_end(out);
	return tally_exit(&list->tally);
}

static int list_all(struct list *list)
{
	char **names = NULL;
	size_t nr;
	int rc;

	rc = dax_names(&names, &nr);
	if (!rc)
		rc = stranded_read(&list->stranded);
	if (rc < 0)
		rc = fail(EX_FAILED, what_next(rc),
			  "cannot read what is stranded: %s", why(rc));
	if (rc)
		fail_print(NULL, NULL);
	else
		rc = print_list(list, names, nr);
	free(names);
	stranded_free(&list->stranded);
	return rc;
}

int cmd_list(const struct options *opts, char **devices, int nr)
{
	struct list list = { .out = &opts->out };
	const char *device = NULL;
	int i, rc = 0;

	if (opts->out.columns && !opts->out.all_columns)
		rc = table_check(columns, opts->out.columns,
				 "'kmemctl list --help' shows the columns");
	if (!rc)
		rc = dax_bus_check();
	for (i = 0; !rc && i < nr; i++) {
		device = devices[i];
		rc = dax_check_name(device);
	}
	if (rc) {
		fail_print(device, NULL);
		return rc;
	}
	return nr ? print_list(&list, devices, nr) : list_all(&list);
}
