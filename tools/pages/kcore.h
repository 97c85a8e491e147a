/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's struct pages (the memmap), read through /proc/kcore.
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
	__u64 start;		/* address of the struct page of PFN 0 */
	__u64 page_size;	/* of a struct page; below, offsets in it */
	__u64 flags;
	__u64 mapping;
	__u64 compound;		/* bit 0: a tail */
	__u64 counts;		/* map count; the reference count follows */
	__u64 private;
	__u64 owner;		/* the control group that is charged */
	__u64 buddy;		/* map count of the first of 2^private free pages */
	struct segment *segments;
	size_t nr;
};

/*
 * The fields that decide how a page is classified: equal for similar pages.
 * Flags take 64 bits: the compiler would compare them and the bits as one word,
 * which is slow right after both were written.
 */
struct page_signature {
	__u32 mapcount;		/* less 1; a negative one is the page's type */
	__u32 refcount;
	__u64 owner;
	__u64 flags;		/* the lower half: without zone and node */
	__u32 bits;		/* low bits of the mapping, or SIGNATURE_TAIL */
};

#define SIGNATURE_MAPPING	3u
#define SIGNATURE_TAIL		4u

/* Returns 0 or a negative errno; then there is nothing to close. */
int kcore_open(struct kcore *kcore);
void kcore_close(struct kcore *kcore);

/* Struct pages of a run, which must lie in one segment: 0 or negative errno. */
int kcore_read(const struct kcore *kcore, __u64 pfn, size_t nr, char *structs);

/* How many free pages begin at this one; 0 when it is in use. */
__u64 kcore_free(const struct kcore *kcore, const char *page, __u64 pfn);

/* Empty the per-CPU batches of the LRU, which hold references to pages. */
void kcore_settle(void);

static inline __u64 kcore_word(const char *page, __u64 offset)
{
	__u64 word;

	memcpy(&word, page + offset, sizeof(word));
	return word;
}

static inline void kcore_signature(const struct kcore *kcore, const char *page,
				   struct page_signature *sig)
{
	__u64 counts = kcore_word(page, kcore->counts);

	sig->mapcount = counts;
	sig->refcount = counts >> 32;
	sig->owner = kcore_word(page, kcore->owner);
	sig->flags = (__u32)kcore_word(page, kcore->flags);
	/* a tail uses its mapping for something else */
	sig->bits = kcore_word(page, kcore->compound) & 1 ? SIGNATURE_TAIL :
		    kcore_word(page, kcore->mapping) & SIGNATURE_MAPPING;
}

static inline bool same_signature(const struct page_signature *a,
				  const struct page_signature *b)
{
	return a->mapcount == b->mapcount && a->refcount == b->refcount &&
	       a->owner == b->owner && a->flags == b->flags &&
	       a->bits == b->bits;
}

#endif
