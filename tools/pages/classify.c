// SPDX-License-Identifier: GPL-2.0-only
/*
 * Classifies pages by the flags of /proc/kpageflags (flags above 31 are in no
 * header, but have not changed since they exist). User pages are pinned if they
 * have more references than mappings and the page cache explain.
 */
#include "pages/classify.h"

#include <linux/kernel-page-flags.h>

#define KPF_RESERVED		32
#define KPF_MLOCKED		33
#define KPF_PRIVATE		36
#define KPF_OWNER_PRIVATE	37

#define HAS(flags, bit)	((flags) >> (bit) & 1)
#define BIT(bit)	(1ULL << (bit))

/* Any of them: the page holds data of a file. */
#define FILE_FLAGS	(BIT(KPF_LRU) | BIT(KPF_UPTODATE) | BIT(KPF_DIRTY) | \
			 BIT(KPF_WRITEBACK) | BIT(KPF_MMAP))

/* The first flag that a page has decides. */
static const struct {
	__u64 flags;
	enum page_kind kind;
} kinds_of_flags[] = {
	{ BIT(KPF_NOPAGE),	PAGE_ABSENT },
	{ BIT(KPF_HWPOISON),	PAGE_POISONED },
	{ BIT(KPF_BUDDY),	PAGE_FREE },
	{ BIT(KPF_OFFLINE),	PAGE_BALLOON },
	{ BIT(KPF_SLAB),	PAGE_SLAB },
	{ BIT(KPF_PGTABLE),	PAGE_TABLE },
	{ BIT(KPF_HUGE),	PAGE_HUGETLB },
	{ BIT(KPF_RESERVED),	PAGE_RESERVED },
	{ BIT(KPF_ZERO_PAGE),	PAGE_KERNEL },
	{ BIT(KPF_MLOCKED),	PAGE_MLOCKED },
	{ BIT(KPF_ANON),	PAGE_ANON },
	{ FILE_FLAGS,		PAGE_FILE },
	{ BIT(KPF_COMPOUND_HEAD) | BIT(KPF_COMPOUND_TAIL), PAGE_KERNEL },
};

static enum page_kind classify_flags(__u64 flags)
{
	const size_t nr = sizeof(kinds_of_flags) / sizeof(*kinds_of_flags);
	size_t i;

	for (i = 0; i < nr && !(flags & kinds_of_flags[i].flags); i++)
		;
	if (i == nr)
		return PAGE_UNCLEAR;
	if (kinds_of_flags[i].kind == PAGE_FILE && HAS(flags, KPF_SWAPBACKED))
		return PAGE_SHMEM;
	return kinds_of_flags[i].kind;
}

/* The memmap is at the start of a block, marked as self-hosted. */
static bool flags_are_memmap(__u64 flags)
{
	const __u64 others = FILE_FLAGS | BIT(KPF_ANON) | BIT(KPF_BUDDY) |
			     BIT(KPF_SLAB) | BIT(KPF_HUGE) | BIT(KPF_NOPAGE);

	return HAS(flags, KPF_OWNER_PRIVATE) && !(flags & others);
}

void classify_pages(const __u64 *flags, size_t nr, __u8 *kinds)
{
	bool at_start = true;	/* all pages so far are the memmap */
	enum page_kind kind, head = PAGE_POISONED;	/* none yet */
	size_t i;

	for (i = 0; i < nr; i++) {
		if (i && flags[i] == flags[i - 1]) {
			kinds[i] = kinds[i - 1];
			continue;
		}
		at_start = at_start && flags_are_memmap(flags[i]);
		kind = at_start ? PAGE_MEMMAP : classify_flags(flags[i]);
		/* some kernels show the flags in the head page alone */
		if (!HAS(flags[i], KPF_COMPOUND_TAIL))
			head = kind;
		else if (kind != PAGE_POISONED && head != PAGE_POISONED)
			kind = head;
		kinds[i] = kind;
	}
}

/* References of the page cache, its buffers, and the per-CPU LRU batches. */
static __u64 cache_refs(__u64 flags, size_t size)
{
	__u64 refs = HAS(flags, KPF_PRIVATE) + !HAS(flags, KPF_LRU);

	return !HAS(flags, KPF_ANON) || HAS(flags, KPF_SWAPCACHE) ?
	       refs + size : refs;
}

bool classify_needs_maps(enum page_kind kind, __u64 flags, __u32 refs,
			 size_t size)
{
	return page_is_user(kind) && kind != PAGE_HUGETLB &&
	       refs > cache_refs(flags, size);
}

/*
 * A folio mapped whole has one reference for each mapping, one mapped page by
 * page one for each mapped page. The kernel does not tell which it is.
 */
static bool is_pinned(__u64 flags, __u32 refs, const __u64 *maps, size_t size)
{
	__u64 mapped = 0, cached = cache_refs(flags, size);
	size_t i;

	for (i = 0; i < size; i++)
		mapped += maps[i];
	return refs > mapped + cached ||
	       (refs > maps[0] + cached && refs < mapped + cached);
}

/* References of a hugetlb page differ between kernel versions: 0 is unused. */
enum page_kind classify_folio(enum page_kind kind, __u64 flags, __u32 refs,
			      const __u64 *maps, size_t size)
{
	if (kind == PAGE_UNCLEAR)
		return refs ? PAGE_KERNEL : PAGE_FREE;
	if (kind == PAGE_HUGETLB)
		return refs ? PAGE_HUGETLB : PAGE_POOL;
	return classify_needs_maps(kind, flags, refs, size) &&
	       is_pinned(flags, refs, maps, size) ? PAGE_PINNED : kind;
}
