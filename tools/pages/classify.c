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

enum page_kind classify_flags(__u64 flags)
{
	if (HAS(flags, KPF_NOPAGE))
		return PAGE_ABSENT;
	if (HAS(flags, KPF_HWPOISON))
		return PAGE_POISONED;
	if (HAS(flags, KPF_BUDDY))
		return PAGE_FREE;
	if (HAS(flags, KPF_OFFLINE))
		return PAGE_BALLOON;
	if (HAS(flags, KPF_SLAB))
		return PAGE_SLAB;
	if (HAS(flags, KPF_PGTABLE))
		return PAGE_TABLE;
	if (HAS(flags, KPF_HUGE))
		return PAGE_HUGETLB;
	if (HAS(flags, KPF_RESERVED))
		return PAGE_RESERVED;
	if (HAS(flags, KPF_ZERO_PAGE))
		return PAGE_KERNEL;
	if (HAS(flags, KPF_MLOCKED))
		return PAGE_MLOCKED;
	if (HAS(flags, KPF_ANON))
		return PAGE_ANON;
	if (flags & FILE_FLAGS)
		return HAS(flags, KPF_SWAPBACKED) ? PAGE_SHMEM : PAGE_FILE;
	if (HAS(flags, KPF_COMPOUND_HEAD) || HAS(flags, KPF_COMPOUND_TAIL))
		return PAGE_KERNEL;
	return PAGE_UNCLEAR;
}

/* The memmap is at the start of a block, marked as self-hosted. */
bool flags_are_memmap(__u64 flags)
{
	const __u64 others = FILE_FLAGS | BIT(KPF_ANON) | BIT(KPF_BUDDY) |
			     BIT(KPF_SLAB) | BIT(KPF_HUGE) | BIT(KPF_NOPAGE);

	return HAS(flags, KPF_OWNER_PRIVATE) && !(flags & others);
}

void classify_pages(const __u64 *flags, size_t nr, __u8 *kinds)
{
	bool at_start = true;	/* all pages so far are the memmap */
	enum page_kind kind;
	size_t i;

	for (i = 0; i < nr; i++) {
		at_start = at_start && flags_are_memmap(flags[i]);
		kind = at_start ? PAGE_MEMMAP : classify_flags(flags[i]);
		/* some kernels show the flags in the head page alone */
		if (i && HAS(flags[i], KPF_COMPOUND_TAIL) &&
		    kind != PAGE_POISONED &&
		    page_kind(kinds[i - 1]) != PAGE_POISONED)
			kind = page_kind(kinds[i - 1]);
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

static bool is_users(enum page_kind kind)
{
	return kind == PAGE_ANON || kind == PAGE_MLOCKED ||
	       kind == PAGE_FILE || kind == PAGE_SHMEM;
}

bool classify_needs_maps(enum page_kind kind, __u64 flags, __u32 refs,
			 size_t size)
{
	return is_users(kind) && refs > cache_refs(flags, size);
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
