// SPDX-License-Identifier: GPL-2.0-only
/*
 * What "list" knows of one device, or of memory a device left behind, and what
 * has become of it in one word.
 */
#include "cmd/list_row.h"

#include <string.h>

const char *row_state(const struct row *row)
{
	const struct block_counts *counts = &row->counts;

	if (strcmp(row->dev.driver, KMEM_DRIVER)) {
		if (counts->present)
			return "stranded";
		if (!*row->dev.driver)
			return "unbound";
		return strcmp(row->dev.driver, DEVDAX_DRIVER) ? "other" :
								"devdax";
	}
	if (row->know == KNOW_NO_BLOCKS)
		return NULL;
	if (!counts->present)
		return "unplugged";
	if (!counts->online)
		return "offline";
	return counts->online == counts->total ? "online" : "partial";
}

/* A device may go while we look: then it is simply not there any more. */
int row_read(struct row *row, const char *name, bool *gone)
{
	int rc;

	memset(row, 0, sizeof(*row));
	*gone = false;
	rc = dax_read(&row->dev, name);
	if (rc && row->dev.no_permission) {
		row->know = block_counts_of_driver(&row->counts, name) ?
			    KNOW_NO_BLOCKS : KNOW_NO_RANGES;
		fail_forget();
		rc = 0;
	} else if (!rc) {
		rc = blocks_count(&row->counts, &row->dev);
	}
	if (!rc)
		rc = blocks_size(&row->block_size);
	row->broken = rc;
	*gone = rc && !dax_exists(name);
	return rc;
}

void row_free(struct row *row)
{
	dax_free(&row->dev);
}

int row_of_stranded(struct row *row, const struct dax_dev *record)
{
	int rc;

	memset(row, 0, sizeof(*row));
	row->dev = *record;
	row->left_behind = true;
	/* by the blocks: another device may have the name today */
	row->dev.name[0] = '\0';
	rc = blocks_count(&row->counts, &row->dev);
	if (!rc)
		rc = blocks_size(&row->block_size);
	row->broken = rc;
	memcpy(row->dev.name, record->name, sizeof(row->dev.name));
	return rc;
}
