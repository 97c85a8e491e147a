/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What "list" reads of one device, and the value of each of its columns.
 */
#ifndef KMEMCTL_LIST_H
#define KMEMCTL_LIST_H

#include "cmd/cmd.h"

enum list_column {
	COL_DEVICE, COL_SIZE, COL_USABLE, COL_LOST, COL_NODE, COL_DISTANCE,
	COL_TIER, COL_DRIVER, COL_STATE, COL_BLOCKS, COL_ZONES, COL_MEMMAP,
	COL_MEMMAP_SIZE, COL_SOURCE, COL_ONLINE, COL_TOTAL, COL_RANGES,
	COL_RESOURCE, COL_ALIGN, COL_NUMA_NODE, COL_EXCLUSIVE, NR_LIST_COLUMNS
};

extern const struct table_column list_columns[];

/* What the kernel lets this user read. */
enum readable { READ_ALL, READ_NO_RANGES, READ_NO_BLOCKS };

struct list_device {
	struct dax_dev dev;
	struct block_counts counts;
	__u64 block_size;
	enum readable readable;
	bool broken;		/* could not be read */
	bool stranded;		/* no such device now; its name may be another's */
};

/*
 * Both return 0 or an exit code with the failure remembered. To be freed with
 * dax_free(&device->dev). "gone": the device vanished while it was read.
 */
int list_read(struct list_device *device, const char *name, bool *gone);
/* This one borrows from the record; it is not to be freed. */
int list_read_stranded(struct list_device *device,
		       const struct dax_dev *record);

/* To be freed. NULL: no value, or not known. */
char *list_value(const struct list_device *device, enum list_column column,
		 const struct output *out);
/* The value is not known because the user is not root. */
bool list_needs_root(const struct list_device *device,
		     enum list_column column);

#endif
