/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether the kernel would offline a memory block, by the kinds of its pages.
 */
#ifndef KMEMCTL_OFFLINABLE_H
#define KMEMCTL_OFFLINABLE_H

#include "pages/pages.h"

/* Ascending: the higher, the worse. */
enum offlinable {
	OFFLINABLE_YES,
	OFFLINABLE_ALREADY,	/* it is offline */
	OFFLINABLE_MAYBE,	/* depends on what cannot be seen */
	OFFLINABLE_UNLIKELY,	/* not while a page is pinned */
	OFFLINABLE_NO,
};

const char *offlinable_name(enum offlinable offlinable);

/*
 * One block, by the bytes of each kind. The reason is empty for a block that is
 * offline or can go offline.
 */
enum offlinable block_offlinable(const struct block *block,
				 const __u64 bytes[NR_PAGE_KINDS],
				 char *reason, size_t size);

/* What happens to pages of a kind when a block of a zone goes offline. */
const char *kind_effect(enum page_kind kind, enum zone zone);

#endif
