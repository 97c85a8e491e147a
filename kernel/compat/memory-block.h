/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kernels keep differently for a memory block: its poisoned pages, and the
 * memmap that it holds itself. struct memory_block describes that in one of two
 * ways:
 * Linux commit 1a8c64e11043 ("mm/memory_hotplug: embed vmem_altmap details in
 * memory block") replaced the number of pages by the whole altmap.
 */
#ifndef _KMEM_COMPAT_MEMORY_BLOCK_H
#define _KMEM_COMPAT_MEMORY_BLOCK_H

#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/page-flags.h>

#include "btf-offsets.h"

/**
 * kmem_block_memmap_pages() - pages of a block that hold its own memmap
 * @mem: the block
 */
static inline unsigned long
kmem_block_memmap_pages(const struct memory_block *mem)
{
#ifdef KMEM_HAVE_nr_vmemmap_pages
	return mem->nr_vmemmap_pages;
#else
	return mem->altmap ? mem->altmap->free : 0;
#endif
}

/**
 * kmem_memory_per_block() - whether memory must be added block by block
 *
 * On arm64 one entry of a page table may map several blocks that are added at
 * once. None of them goes offline since Linux commit 95a58852b0e5 ("arm64/mm:
 * Reject memory removal that splits a kernel leaf mapping") (in v7.1).
 */
static inline bool kmem_memory_per_block(void)
{
	return IS_ENABLED(CONFIG_ARM64);
}

/**
 * kmem_memmap_per_block() - whether memory that holds its own memmap must be
 *
 * Linux commit 6b8f0798b85a ("mm/memory_hotplug: split memmap_on_memory
 * requests across memblocks") removed that limit, in the same series as
 * 42d9358252e5 ("mm/memory_hotplug: export mhp_supports_memmap_on_memory()").
 */
static inline bool kmem_memmap_per_block(void)
{
#ifdef KMEM_HAVE_mhp_supports_memmap_on_memory
	return false;
#else
	return true;
#endif
}

/**
 * kmem_memmap_falls_back() - whether the kernel may place a memmap that is
 *	wanted on the memory in RAM instead, without an error
 *
 * Before Linux commit e3c2bfdd33a3 ("mm/memory_hotplug: allow memmap on memory
 * hotplug request to fallback") (in v6.6) it returns -EINVAL instead. From there
 * to 42d9358252e5 (in v6.9) a module cannot ask.
 */
static inline bool kmem_memmap_falls_back(void)
{
#ifdef KMEM_HAVE_mhp_supports_memmap_on_memory
	return !mhp_supports_memmap_on_memory();
#elif defined(KMEM_HAVE_nr_vmemmap_pages)
	return false;
#else
	return true;
#endif
}

/**
 * kmem_memmap_would_stay() - whether memory that holds its own memmap could never
 *	go offline again
 *
 * A block goes offline without the pages that hold its memmap. On arm64 an
 * entry of a page table maps their part of the memmap and more, and the commit
 * above, which made the function of this name, refuses to split that.
 */
static inline bool kmem_memmap_would_stay(void)
{
#ifdef BTF_prevent_memory_remove_notifier
	return true;
#else
	return false;
#endif
}

/**
 * kmem_memmap_stays() - whether that is so, and such memory can be had
 */
static inline bool kmem_memmap_stays(void)
{
	return kmem_memmap_would_stay() && !kmem_memmap_falls_back();
}

/**
 * kmem_pages_poisoned() - whether going online would revive poisoned pages
 * @pfn: first page of a memory block that has just gone offline
 * @nr_pages: its pages
 *
 * Since Linux commit 5033091de814 ("mm/hwpoison: introduce per-memory_block
 * hwpoison counter") the core refuses to online such a block.
 */
static inline bool kmem_pages_poisoned(unsigned long pfn,
				       unsigned long nr_pages)
{
#if !defined(KMEM_HAVE_nr_hwpoison) && defined(CONFIG_MEMORY_FAILURE)
	unsigned long end = pfn + nr_pages, flags = 0;
	const struct page *page;

	/* Eight at a time: this is a visible part of the cost of an unplug. */
	for (; pfn < end; pfn += 8) {
		page = pfn_to_page(pfn);
		flags |= page[0].flags | page[1].flags | page[2].flags |
			 page[3].flags | page[4].flags | page[5].flags |
			 page[6].flags | page[7].flags;
	}
	return flags & BIT(PG_hwpoison);
#else
	return false;
#endif
}

#endif /* _KMEM_COMPAT_MEMORY_BLOCK_H */
