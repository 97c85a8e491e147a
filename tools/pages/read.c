// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads what each page is used for: from the memmap, or, where the kernel does
 * not let that be read, from /proc/kpageflags.
 */
#include "pages/read.h"

#include <stdlib.h>

#include "pages/flags_scan.h"
#include "pages/memmap_scan.h"

int pages_read(struct pages *pages, const struct block_set *blocks)
{
	pages_none(pages, blocks);
	pages->no_refs = memmap_scan(pages);
	if (!pages->no_refs)
		return 0;
	free(pages->charges);
	pages->charges = NULL;
	pages->nr_charges = 0;
	return flags_scan(pages);
}
