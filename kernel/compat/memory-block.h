/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memmap that a memory block holds itself. struct memory_block describes it
 * in one of two ways:
 * Linux commit 1a8c64e11043 ("mm/memory_hotplug: embed vmem_altmap details in
 * memory block") replaced the number of pages by the whole altmap.
 */
#ifndef _KMEM_COMPAT_MEMORY_BLOCK_H
#define _KMEM_COMPAT_MEMORY_BLOCK_H

#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/memremap.h>

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
 * kmem_memmap_per_block() - whether such blocks must be added one by one
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
 * kmem_memmap_falls_back() - whether the kernel would place a memmap that is
 *	wanted on the memory in RAM instead, without an error
 *
 * Kernels that need blocks to be added one by one return -EINVAL instead.
 */
static inline bool kmem_memmap_falls_back(void)
{
#ifdef KMEM_HAVE_mhp_supports_memmap_on_memory
	return !mhp_supports_memmap_on_memory();
#else
	return false;
#endif
}

#endif /* _KMEM_COMPAT_MEMORY_BLOCK_H */
