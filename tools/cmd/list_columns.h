/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The columns of "list" and what stands in them.
 */
#ifndef KMEMCTL_LIST_COLUMNS_H
#define KMEMCTL_LIST_COLUMNS_H

#include "cmd/cmd.h"
#include "cmd/list_row.h"

enum column {
	COL_DEVICE, COL_SIZE, COL_USABLE, COL_LOST, COL_NODE, COL_DISTANCE,
	COL_TIER, COL_DRIVER, COL_STATE, COL_BLOCKS, COL_ZONES, COL_MEMMAP,
	COL_MEMMAP_SIZE, COL_SOURCE, COL_ONLINE, COL_TOTAL, COL_RANGES,
	COL_RESOURCE, COL_ALIGN, COL_NUMA_NODE, NR_COLUMNS
};

#define DEFAULT_COLUMNS \
	"DEVICE,SIZE,USABLE,LOST,NODE,DISTANCE,TIER,DRIVER,STATE,BLOCKS,ZONES"

enum kind { TEXT, NUMBER, BYTES, LINES };

struct column_info {
	const char *name;
	const char *key;	/* in JSON */
	enum kind kind;
	enum know until;	/* what hides it from all but root */
};

extern const struct column_info columns[NR_COLUMNS];

bool cell_is_hidden(const struct row *row, enum column column);
/* To be freed. NULL: there is nothing to say, or it is not known. */
char *cell(const struct options *opts, const struct row *row,
	   enum column column);

#endif
