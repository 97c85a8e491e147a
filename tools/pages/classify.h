/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Classifies pages by their flags, map counts and reference counts. Reads no
 * file.
 */
#ifndef KMEMCTL_CLASSIFY_H
#define KMEMCTL_CLASSIFY_H

#include "pages/pages.h"

/* By flags of /proc/kpageflags alone; they begin at the start of a block. */
void classify_pages(const __u64 *flags, size_t nr, __u8 *kinds);

/*
 * A folio, by the reference count and the map count of each of its pages: one
 * with unexplained references is PAGE_PINNED, an unclear one free or the
 * kernel's. The map counts are used only if classify_needs_maps() says so.
 */
enum page_kind classify_folio(enum page_kind kind, __u64 flags, __u32 refs,
			      const __u64 *maps, size_t size);
bool classify_needs_maps(enum page_kind kind, __u64 flags, __u32 refs,
			 size_t size);

#endif
