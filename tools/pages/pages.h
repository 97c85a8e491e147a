/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pages/ tells what holds memory: what each page is used for, by whom, whether
 * it can move, and it moves it ("offline --drain"). It may call change/,
 * device/ and lib/.
 *
 * This file: what each page of a set of memory blocks is used for.
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
	PAGE_PINNED,		/* user page with an unexplained reference */
	PAGE_SLAB,
	PAGE_TABLE,
	PAGE_KERNEL,		/* any other page of the kernel */
	PAGE_UNCLEAR,		/* free in a per-CPU list, or the kernel's */
	PAGE_RESERVED,
	PAGE_MEMMAP,		/* struct pages of the block itself */
	PAGE_POISONED,
	PAGE_BALLOON,		/* PageOffline: a driver gave it up */
	PAGE_POOL,		/* unused huge page of a pool */
	NR_PAGE_KINDS
};

/* Sets of kinds. */
#define KIND_BIT(kind) (1U << (kind))
#define KINDS_USED	(~(KIND_BIT(PAGE_ABSENT) | KIND_BIT(PAGE_FREE)))
#define KINDS_MOVED	(KIND_BIT(PAGE_ANON) | KIND_BIT(PAGE_MLOCKED) | \
			 KIND_BIT(PAGE_FILE) | KIND_BIT(PAGE_SHMEM) | \
			 KIND_BIT(PAGE_HUGETLB) | KIND_BIT(PAGE_PINNED))
#define KINDS_KERNEL	(KIND_BIT(PAGE_SLAB) | KIND_BIT(PAGE_TABLE) | \
			 KIND_BIT(PAGE_KERNEL))

extern const struct kind {
	const char *name;
	const char *effect;	/* of its pages on a block that goes offline */
	const char *not_movable;	/* outside zone Movable; NULL: the same */
} page_kinds[NR_PAGE_KINDS];

/* Belongs to a program or to the page cache. */
static inline bool page_is_user(enum page_kind kind)
{
	return KIND_BIT(kind) & KINDS_MOVED;
}

/* The bytes of all kinds of a set. */
__u64 kinds_sum(const __u64 bytes[NR_PAGE_KINDS], __u32 kinds);
/* The same as text: "anon 3M, file 12K". */
void kinds_list(const __u64 bytes[NR_PAGE_KINDS], __u32 kinds, char *buf,
		size_t size);

/* Added to a page's kind when a process maps the page. */
#define PAGE_MAPPED 0x80
#define page_kind(byte) ((enum page_kind)((byte) & ~PAGE_MAPPED))

/* A process or a control group. */
struct holder {
	int pid;		/* 0: a control group */
	char command[64];
	__u64 inode;		/* of a control group; 0: a process */
	char *cgroup;		/* path; NULL: not known */
	__u64 bytes[NR_PAGE_KINDS];
	__u64 total;
};

struct holder_list {
	struct holder *list;
	size_t nr;
};

/* Adds an empty one. */
struct holder *holder_add(struct holder_list *holders);
void holders_free(struct holder_list *holders);

struct pages {
	const struct block_set *blocks;
	size_t page_size;
	size_t per_block;	/* pages */
	__u8 *kinds;		/* per_block for each block of the set */
	struct holder_list cgroups;	/* that are charged */
	int no_refs;		/* negative errno if pinned pages are not known, or 0 */
	int no_cgroups;		/* negative errno if charges are not known, or 0 */
};

/* Returns 0 or an exit code, with the failure remembered. */
int pages_read(struct pages *pages, const struct block_set *blocks);
void pages_free(struct pages *pages);

/* The bytes of the pages of a block; NULL when it is not in the set. */
__u8 *pages_block(const struct pages *pages, __u64 id);

/* How many pages of the i-th block have each value of a byte. */
#define NR_BYTES 256
void pages_tally(const struct pages *pages, size_t i, __u64 counts[NR_BYTES]);
/* Adds the bytes of each kind in the i-th block. */
void pages_count(const struct pages *pages, size_t i,
		 __u64 bytes[NR_PAGE_KINDS]);
/* Charges a control group for pages of a kind. */
void pages_charge(struct pages *pages, __u64 inode, enum page_kind kind,
		  size_t nr);

/*
 * An estimate of how much of each block is in use, by the flags of some pages.
 * Returns 0 or a negative errno.
 */
int usage_sample(__u8 *percent, const struct block_set *blocks);

#endif
