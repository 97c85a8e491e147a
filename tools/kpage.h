/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the flags, map counts and reference counts of a run of pages to the
 * kind of each. Pure: reads no files.
 */
#ifndef KMEMCTL_KPAGE_H
#define KMEMCTL_KPAGE_H

#include "pages.h"

/* The kind of each page by /proc/kpageflags; at_start: a block begins here. */
void kpage_classify(const __u64 *flags, size_t nr, bool at_start, __u8 *kinds);

/* Whether a reference count would tell more of this kind. */
bool kpage_wants_refs(enum page_kind kind);

/*
 * With map and reference counts: pages of programs that somebody else holds as
 * well become PAGE_PINNED, unclear ones free or the kernel's.
 */
void kpage_refine(const __u64 *flags, const __u64 *maps, const __u32 *refs,
		  size_t nr, __u8 *kinds);

#endif
