/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether the kernel would offline a block, by the pages in it.
 */
#ifndef KMEMCTL_OFFLINABLE_H
#define KMEMCTL_OFFLINABLE_H

#include "pages/pages.h"

enum offlinable {
	OFFLINABLE_YES,
	OFFLINABLE_ALREADY,
	OFFLINABLE_MAYBE,		/* it depends on what cannot be seen */
	OFFLINABLE_UNLIKELY,	/* as long as somebody holds on to a page */
	OFFLINABLE_NO,
};

const char *offlinable_name(enum offlinable verdict);

/* Of one block by the bytes of each kind; the reason is empty when it can. */
enum offlinable block_offlinable(const struct block *block,
			const __u64 bytes[NR_PAGE_KINDS], char *reason,
			size_t size);

/* What becomes of pages of a kind when a block of a zone goes offline. */
const char *kind_effect(enum page_kind kind, enum zone zone);

/* "anon 3M, file 12K": those of some kinds, by a mask of their bits. */
void kinds_list(const __u64 bytes[NR_PAGE_KINDS], __u32 mask, char *buf,
		size_t size);

#define KIND_BIT(kind) (1U << (kind))
#define KINDS_USED	(~(KIND_BIT(PAGE_ABSENT) | KIND_BIT(PAGE_FREE)))
#define KINDS_MOVED	(KIND_BIT(PAGE_ANON) | KIND_BIT(PAGE_MLOCKED) | \
			 KIND_BIT(PAGE_FILE) | KIND_BIT(PAGE_SHMEM) | \
			 KIND_BIT(PAGE_HUGETLB) | KIND_BIT(PAGE_PINNED))
#define KINDS_KERNEL	(KIND_BIT(PAGE_SLAB) | KIND_BIT(PAGE_TABLE) | \
			 KIND_BIT(PAGE_KERNEL))

/* The bytes of all kinds in the mask. */
__u64 kinds_sum(const __u64 bytes[NR_PAGE_KINDS], __u32 mask);

#endif
