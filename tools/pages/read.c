// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chooses the reader: the memmap, or, if the kernel does not let it be read,
 * /proc/kpageflags, which has no reference counts.
 */
#include "pages/read.h"

#include <errno.h>

#include "lib/signals.h"

int pages_read(struct pages *pages, const struct block_set *blocks)
{
	int rc = 0;

	pages_init(pages, blocks);
	pages->no_refs = memmap_scan(pages);
	if (pages->no_refs == -EINTR)
		rc = stop_check();
	if (!pages->no_refs || rc)
		return rc;
	pages->nr_charges = 0;
	return flags_scan(pages);
}
