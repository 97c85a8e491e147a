/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What "list" knows of one device, or of memory a device left behind.
 */
#ifndef KMEMCTL_LIST_ROW_H
#define KMEMCTL_LIST_ROW_H

#include "device/memblock.h"

/* How much of a device anybody but root may know depends on its driver. */
enum know { KNOW_ALL, KNOW_NO_RANGES, KNOW_NO_BLOCKS };

struct row {
	struct dax_dev dev;
	struct block_counts counts;
	__u64 block_size;
	bool broken;		/* could not be read */
	bool left_behind;	/* the device is gone, its name may be another's */
	enum know know;
};

/* Returns 0 or an exit code, with the failure remembered. */
int row_read(struct row *row, const char *name, bool *gone);
void row_free(struct row *row);

/* Memory whose device is gone. The row borrows what the record has. */
int row_of_stranded(struct row *row, const struct dax_dev *record);

/* "online" and so on; NULL: not known. */
const char *row_state(const struct row *row);

#endif
