/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each page of a set of memory blocks is used for.
 */
#ifndef KMEMCTL_PAGES_H
#define KMEMCTL_PAGES_H

#include "device/memblock.h"

/* Each page is of one kind, so that the sizes add up. */
enum page_kind {
	PAGE_ABSENT,		/* no page, or its block is offline */
	PAGE_FREE,
	PAGE_ANON,
	PAGE_MLOCKED,
	PAGE_FILE,
	PAGE_SHMEM,
	PAGE_HUGETLB,
	PAGE_PINNED,		/* user page with a reference nobody explains */
	PAGE_SLAB,
	PAGE_TABLE,
	PAGE_KERNEL,		/* other page the kernel allocated for itself */
	PAGE_UNCLEAR,		/* free in a per-CPU list, or the kernel's */
	PAGE_RESERVED,
	PAGE_MEMMAP,		/* struct pages of the block itself */
	PAGE_POISONED,
	PAGE_BALLOON,		/* PageOffline: a driver gave it up */
	PAGE_POOL,		/* huge page of the pool that nobody uses */
	NR_PAGE_KINDS
};

/* Set in a page's kind once a process was found that maps it. */
#define PAGE_MAPPED 0x80
#define page_kind(byte) ((enum page_kind)((byte) & ~PAGE_MAPPED))

/* What a control group is charged for. */
struct charge {
	__u64 inode;
	__u64 bytes[NR_PAGE_KINDS];
};

struct pages {
	const struct block_set *blocks;
	size_t page_size;
	size_t per_block;	/* pages */
	__u8 *kinds;		/* per_block for each block of the set */
	struct charge *charges;
	size_t nr_charges;
	int no_refs;		/* errno why pinned pages cannot be told, or 0 */
	int no_cgroups;		/* errno why charges cannot be told, or 0 */
};

const char *page_kind_name(enum page_kind kind);
/* Belongs to a program or to the page cache. */
bool page_is_user(enum page_kind kind);

/* Where all blocks are offline: there is nothing to read, nor need of root. */
void pages_none(struct pages *pages, const struct block_set *blocks);
void pages_free(struct pages *pages);

/* The bytes of the pages of one block, NULL when it is not of the set. */
__u8 *pages_block(const struct pages *pages, __u64 id);

/* How many pages of the i-th block have each value of a byte. */
#define NR_BYTES 256
void pages_tally(const struct pages *pages, size_t i, __u64 counts[NR_BYTES]);
/* Adds the bytes of each kind in the i-th block. */
void pages_count(const struct pages *pages, size_t i,
		 __u64 bytes[NR_PAGE_KINDS]);
/* Adds pages of a kind to what a control group is charged for. */
void pages_charge(struct pages *pages, __u64 inode, enum page_kind kind,
		  size_t nr);

#endif
