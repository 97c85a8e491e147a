/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's struct pages (the memmap), read through /proc/kcore.
 */
#ifndef KMEMCTL_KCORE_H
#define KMEMCTL_KCORE_H

#include <elf.h>

#include "lib/util.h"

struct kcore {
	int fd;
	__u64 start;		/* address of the struct page of PFN 0 */
	__u64 page_size;	/* of a struct page; below, offsets in it */
	__u64 flags;
	__u64 mapping;
	__u64 compound;		/* bit 0: a tail */
	__u64 counts;		/* map count; the reference count follows */
	__u64 owner;		/* likely: the control group that is charged */
	__u64 private;
	__u64 buddy;		/* map count of the first of 2^private free pages */
	Elf64_Phdr *segments;	/* of the memmap */
	size_t nr;
};

/* Returns 0 or a negative errno; then there is nothing to close. */
int kcore_open(struct kcore *kcore);
void kcore_close(struct kcore *kcore);

/* Struct pages of a run, which must lie in one segment: 0 or negative errno. */
int kcore_read(const struct kcore *kcore, __u64 pfn, size_t nr, char *structs);

/* How many free pages begin at this one; 0 when it is in use. */
__u64 kcore_free(const struct kcore *kcore, const char *page, __u64 pfn);
/* Whether the flags, counts and control groups of these pages are likely equal. */
bool kcore_alike(const struct kcore *kcore, const char *first, size_t nr);
/* References of a page, and how often it is mapped. */
void kcore_counts(const struct kcore *kcore, const char *page, __u32 *refs,
		  __u64 *maps);

#endif
