// SPDX-License-Identifier: GPL-2.0-only
/*
 * The columns of "list": what stands in each for a device. What only some
 * column needs is read only when that column is asked for.
 */
#include "cmd/list_columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/identity.h"
#include "device/memmap.h"
#include "device/numa.h"
#include "lib/path.h"

const struct column_info columns[NR_COLUMNS] = {
	[COL_DEVICE] = { "DEVICE", "device", TEXT, KNOW_ALL },
	[COL_SIZE] = { "SIZE", "size", BYTES, KNOW_ALL },
	[COL_USABLE] = { "USABLE", "usable", BYTES, KNOW_NO_BLOCKS },
	[COL_LOST] = { "LOST", "lost", BYTES, KNOW_NO_BLOCKS },
	[COL_NODE] = { "NODE", "node", NUMBER, KNOW_ALL },
	[COL_DISTANCE] = { "DISTANCE", "distance", NUMBER, KNOW_ALL },
	[COL_TIER] = { "TIER", "tier", NUMBER, KNOW_ALL },
	[COL_DRIVER] = { "DRIVER", "driver", TEXT, KNOW_ALL },
	[COL_STATE] = { "STATE", "state", TEXT, KNOW_NO_BLOCKS },
	[COL_BLOCKS] = { "BLOCKS", "blocks", TEXT, KNOW_NO_BLOCKS },
	[COL_ZONES] = { "ZONES", "zones", TEXT, KNOW_NO_BLOCKS },
	[COL_MEMMAP] = { "MEMMAP", "memmap", TEXT, KNOW_NO_BLOCKS },
	[COL_MEMMAP_SIZE] = { "MEMMAP_SIZE", "memmap_size", BYTES,
			      KNOW_NO_BLOCKS },
	[COL_SOURCE] = { "SOURCE", "source", TEXT, KNOW_ALL },
	[COL_ONLINE] = { "ONLINE", "online", NUMBER, KNOW_NO_BLOCKS },
	[COL_TOTAL] = { "TOTAL", "total", NUMBER, KNOW_NO_BLOCKS },
	[COL_RANGES] = { "RANGES", "ranges", LINES, KNOW_NO_RANGES },
	[COL_RESOURCE] = { "RESOURCE", "resource", TEXT, KNOW_NO_RANGES },
	[COL_ALIGN] = { "ALIGN", "align", BYTES, KNOW_ALL },
	[COL_NUMA_NODE] = { "NUMA_NODE", "numa_node", NUMBER, KNOW_ALL },
};

static char *format_number(__u64 value)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", value);
	return need_memory(strdup(text));
}

static char *format_address(__u64 value)
{
	char text[32];

	snprintf(text, sizeof(text), "%#llx", value);
	return need_memory(strdup(text));
}

static char *format_bytes(const struct options *opts, __u64 bytes)
{
	char text[32];

	if (opts->out.bytes)
		return format_number(bytes);
	size_to_human(text, sizeof(text), bytes);
	return need_memory(strdup(text));
}

static char *format_text(const char *text)
{
	return text && *text ? need_memory(strdup(text)) : NULL;
}

static char *format_node(int node)
{
	return node == NO_NODE ? NULL : format_number(node);
}

static char *format_zones(const struct row *row)
{
	char zones[256];

	block_counts_zones(&row->counts, zones, sizeof(zones));
	return format_text(zones);
}

static char *format_blocks(const struct row *row)
{
	char text[64];

	if (!row->counts.present)
		return NULL;
	snprintf(text, sizeof(text), "%llu/%llu", row->counts.online,
		 row->counts.total);
	return need_memory(strdup(text));
}

/* One range a line; libsmartcols makes a JSON array of it. */
static char *format_ranges(const struct options *opts,
			   const struct dax_dev *dev)
{
	const char *between = opts->out.pairs || opts->out.raw ? "," : "\n";
	size_t i, used = 0, size = dev->nr_ranges * 48 + 1;
	char *text;

	if (!dev->nr_ranges)
		return NULL;
	text = need_memory(malloc(size));
	for (i = 0; i < dev->nr_ranges; i++)
		used += snprintf(text + used, size - used,
				 "%s%#llx-%#llx", i ? between : "",
				 dev->ranges[i].start, dev->ranges[i].end);
	return text;
}

static char *format_distance(int node)
{
	int distance = numa_distance(node);

	return distance ? format_number(distance) : NULL;
}

static char *format_tier(int node)
{
	int tier = numa_tier(node);

	return tier >= 0 ? format_number(tier) : NULL;
}

static char *format_source(const struct dax_dev *dev)
{
	static const char * const words[] = {
		[SOURCE_UNKNOWN] = NULL,
		[SOURCE_NVDIMM] = "nvdimm",
		[SOURCE_CXL] = "cxl",
		[SOURCE_SOFT_RESERVED] = "soft-reserved",
	};
	char text[IDENTITY_TEXT];
	struct identity id;

	identity_read(&id, dev);
	identity_text(&id, text, sizeof(text));
	return format_text(*text ? text : words[id.source]);
}

static char *format_memmap(const struct row *row)
{
	const char *name = row->dev.name;
	char word[16];
	__u64 bytes;

	if (!row->counts.present || row->left_behind)
		return NULL;
	if (memmap_held(row->dev.name, &bytes))
		return format_text(bytes ? "device" : "dram");
	if (path_read(word, sizeof(word),
		       "/sys/bus/dax/devices/%s/memmap_on_memory", name) ||
	    !strcmp(word, "0"))
		return format_text("dram");
	if (!memmap_allowed())
		return format_text("dram");
	/* it was asked for, which is not yet that the kernel could */
	return NULL;
}

static char *format_memmap_size(const struct options *opts,
				const struct row *row)
{
	__u64 bytes;

	if (!row->counts.present || row->left_behind)
		return NULL;
	if (!memmap_held(row->dev.name, &bytes) || !bytes)
		bytes = memmap_cost(row->counts.present *
				    row->block_size);
	return format_bytes(opts, bytes);
}

bool cell_is_hidden(const struct row *row, enum column column)
{
	return columns[column].until && row->know >= columns[column].until;
}

char *cell(const struct options *opts, const struct row *row,
	   enum column column)
{
	const struct dax_dev *dev = &row->dev;

	if (column == COL_DEVICE)
		return format_text(dev->name);
	if (row->broken)
		return NULL;
	if (column == COL_STATE)
		return format_text(row_state(row));
	if (cell_is_hidden(row, column))
		return NULL;
	switch (column) {
	case COL_SIZE:
		return format_bytes(opts, dev->size);
	case COL_USABLE:
		return format_bytes(opts, row->counts.total * row->block_size);
	case COL_DISTANCE:
		return format_distance(dev->target_node);
	case COL_TIER:
		return format_tier(dev->target_node);
	case COL_MEMMAP:
		return format_memmap(row);
	case COL_MEMMAP_SIZE:
		return format_memmap_size(opts, row);
	case COL_SOURCE:
		return row->left_behind ? NULL : format_source(dev);
	case COL_NODE:
		return format_node(dev->target_node);
	case COL_DRIVER:
		return format_text(dev->driver);
	case COL_BLOCKS:
		return format_blocks(row);
	case COL_ZONES:
		return format_zones(row);
	case COL_ONLINE:
		return format_number(row->counts.online);
	case COL_TOTAL:
		return format_number(row->counts.total);
	case COL_RANGES:
		return format_ranges(opts, dev);
	case COL_RESOURCE:
		return dev->nr_ranges ? format_address(dev->ranges[0].start) :
					NULL;
	case COL_LOST:
		return format_bytes(opts, row->counts.lost);
	case COL_ALIGN:
		return dev->align ? format_bytes(opts, dev->align) : NULL;
	case COL_NUMA_NODE:
		return format_node(dev->numa_node);
	default:
		return NULL;
	}
}
