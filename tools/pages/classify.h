/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the flags, map counts and reference counts of a run of pages to the
 * kind of each. Pure: reads no files.
 */
#ifndef KMEMCTL_CLASSIFY_H
#define KMEMCTL_CLASSIFY_H

#include "pages/pages.h"

/* The kind of each page by /proc/kpageflags; at_start: a block begins here. */
void classify_pages(const __u64 *flags, size_t nr, bool at_start, __u8 *kinds);

/* The kind of one page that is no tail, and whether it is of a memmap. */
enum page_kind classify_flags(__u64 flags);
bool flags_are_memmap(__u64 flags);

/*
 * With the references and map counts of a folio: what somebody else holds as
 * well becomes PAGE_PINNED, what is unclear free or the kernel's. The map
 * counts, of each of its pages, may be left out where nobody wants them.
 */
enum page_kind classify_folio(enum page_kind kind, __u64 flags, __u32 refs,
			     const __u64 *maps, size_t size);
bool classify_needs_maps(enum page_kind kind, __u64 flags, __u32 refs,
		      size_t size);

#endif
