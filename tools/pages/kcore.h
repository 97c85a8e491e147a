/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's struct of each page, which no file but its own memory shows.
 */
#ifndef KMEMCTL_KCORE_H
#define KMEMCTL_KCORE_H

#include <string.h>

#include "lib/util.h"

#define MAX_STRUCT	256	/* bytes of a struct page */

struct segment {
	__u64 start;		/* address */
	__u64 size;
	__u64 offset;		/* in the file */
};

struct kcore {
	int fd;
	__u64 start;		/* address of the struct of page 0 */
	__u64 page_size;	/* of the struct, and where its fields are */
	__u64 flags;
	__u64 mapping;
	__u64 compound;		/* bit 0: a tail */
	__u64 counts;		/* of mappings; right after it, of references */
	__u64 private;
	__u64 owner;		/* the control group that is charged */
	__u64 buddy;		/* in mapcount: the first of 2^private free pages */
	struct segment *segments;
	size_t nr;
};

/* What tells a page from others, but for which one it is. */
struct look {
	__u64 counts;
	__u64 owner;
	__u32 flags;		/* zone, node and the like are in the upper half */
	__u32 bits;		/* the low ones of the mapping, LOOK_TAIL */
};

#define LOOK_MAPPING	3u
#define LOOK_TAIL	4u
#define LOOK_TAIL_BIT	1u	/* in the struct */

/* All return 0 or a negative errno. */
int kcore_open(struct kcore *kcore);
void kcore_close(struct kcore *kcore);

/* The structs of a run, which must lie in one segment. */
int kcore_read(const struct kcore *kcore, __u64 pfn, size_t nr, char *structs);

/* How many free pages begin at a struct; 0 when it is in use. */
__u64 kcore_free(const struct kcore *kcore, const char *page, __u64 pfn);

/* Bring pages in per-CPU batches, which hold a reference, to their lists. */
void kcore_settle(void);

static inline __u64 kcore_word(const char *page, __u64 offset)
{
	__u64 word;

	memcpy(&word, page + offset, sizeof(word));
	return word;
}

static inline __u32 kcore_half(const char *page, __u64 offset)
{
	__u32 half;

	memcpy(&half, page + offset, sizeof(half));
	return half;
}

static inline __u32 look_mapcount(const struct look *look)
{
	return look->counts;
}

static inline __u32 look_refcount(const struct look *look)
{
	return look->counts >> 32;
}

/* A tail's mapping is used for something else. */
static inline void kcore_look(const struct kcore *kcore, const char *page,
			      struct look *look)
{
	look->counts = kcore_word(page, kcore->counts);
	look->owner = kcore_word(page, kcore->owner);
	look->flags = kcore_word(page, kcore->flags);
	look->bits = kcore_word(page, kcore->compound) & LOOK_TAIL_BIT ?
		     LOOK_TAIL : kcore_word(page, kcore->mapping) & LOOK_MAPPING;
}

/* Whether a page has this look, which is no tail's. */
static inline bool kcore_alike(const struct kcore *kcore, const char *page,
			       const struct look *look)
{
	return kcore_word(page, kcore->counts) == look->counts &&
	       kcore_word(page, kcore->owner) == look->owner &&
	       kcore_half(page, kcore->flags) == look->flags &&
	       !(kcore_word(page, kcore->compound) & LOOK_TAIL_BIT) &&
	       (kcore_word(page, kcore->mapping) & LOOK_MAPPING) == look->bits;
}

#endif
