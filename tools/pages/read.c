// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chooses the reader: the memmap, or, if the kernel does not let it be read,
 * /proc/kpageflags, which has no reference counts.
 */
#include "pages/read.h"

#include <stdlib.h>

#include "pages/flags_scan.h"
#include "pages/memmap_scan.h"

int pages_read(struct pages *pages, const struct block_set *blocks)
{
	pages_init(pages, blocks);
	pages->no_refs = memmap_scan(pages);
	if (!pages->no_refs)
		return 0;
	free(pages->charges);
	pages->charges = NULL;
	pages->nr_charges = 0;
	return flags_scan(pages);
}
