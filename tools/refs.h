/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reference counts of pages, which no file but the kernel's own memory shows.
 */
#ifndef KMEMCTL_REFS_H
#define KMEMCTL_REFS_H

#include "util.h"

struct segment {
	__u64 start;		/* address */
	__u64 size;
	__u64 offset;		/* in the file */
};

struct refs {
	int fd;
	__u64 memmap;		/* address of the struct page of page 0 */
	__u64 page_size;	/* of the struct, and where its fields are */
	__u64 refcount;
	__u64 mapcount;
	__u64 private;
	__u64 buddy;		/* in mapcount: the first of 2^private free pages */
	struct segment *segments;
	size_t nr;
};

/* All return 0 or a negative errno. */
int refs_open(struct refs *refs);
void refs_close(struct refs *refs);
int refs_read(const struct refs *refs, __u64 pfn, size_t nr, __u32 *counts);
/* Sets a byte for each page that is free, and leaves the others. */
int refs_find_free(const struct refs *refs, __u64 pfn, size_t nr, __u8 *bytes,
		   __u8 value);

/* Bring pages in per-CPU batches, which hold a reference, to their lists. */
void refs_settle(void);

#endif
