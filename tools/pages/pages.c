// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store of what each page is used for, one byte a page. memmap_scan.c and
 * flags_scan.c fill it.
 */
#include "pages/pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char * const kind_names[NR_PAGE_KINDS] = {
	[PAGE_ABSENT]	= "absent",
	[PAGE_FREE]	= "free",
	[PAGE_ANON]	= "anon",
	[PAGE_MLOCKED]	= "mlocked",
	[PAGE_FILE]	= "file",
	[PAGE_SHMEM]	= "shmem",
	[PAGE_HUGETLB]	= "hugetlb",
	[PAGE_PINNED]	= "pinned",
	[PAGE_SLAB]	= "slab",
	[PAGE_TABLE]	= "pagetable",
	[PAGE_KERNEL]	= "kernel",
	[PAGE_UNCLEAR]	= "unclear",
	[PAGE_RESERVED]	= "reserved",
	[PAGE_MEMMAP]	= "memmap",
	[PAGE_POISONED]	= "poisoned",
	[PAGE_BALLOON]	= "balloon",
	[PAGE_POOL]	= "hugepool",
};

const char *page_kind_name(enum page_kind kind)
{
	return kind_names[kind];
}

__u64 kinds_sum(const __u64 bytes[NR_PAGE_KINDS], __u32 kinds)
{
	__u64 sum = 0;
	size_t k;

	for (k = 0; k < NR_PAGE_KINDS; k++)
		if (kinds & KIND_BIT(k))
			sum += bytes[k];
	return sum;
}

void kinds_list(const __u64 bytes[NR_PAGE_KINDS], __u32 kinds, char *buf,
		size_t size)
{
	size_t k, used = 0;
	char text[32];

	*buf = '\0';
	for (k = 0; k < NR_PAGE_KINDS; k++) {
		if (!(kinds & KIND_BIT(k)) || !bytes[k] || used >= size)
			continue;
		size_to_human(text, sizeof(text), bytes[k]);
		used += snprintf(buf + used, size - used, "%s%s %s",
				 used ? ", " : "", page_kind_name(k), text);
	}
}

void pages_init(struct pages *pages, const struct block_set *blocks)
{
	memset(pages, 0, sizeof(*pages));
	pages->blocks = blocks;
	pages->page_size = sysconf(_SC_PAGESIZE);
	pages->per_block = blocks->block_size / pages->page_size;
	/* the part of offline blocks is not written, so it takes no memory */
	pages->kinds = need_memory(calloc(blocks->nr + 1, pages->per_block));
}

void pages_free(struct pages *pages)
{
	free(pages->kinds);
	free(pages->charges);
	memset(pages, 0, sizeof(*pages));
}

__u8 *pages_block(const struct pages *pages, __u64 id)
{
	const struct block_set *set = pages->blocks;
	const struct block *block = NULL;

	/* the blocks of most devices have consecutive numbers */
	if (set->nr && id - set->blocks[0].id < set->nr)
		block = &set->blocks[id - set->blocks[0].id];
	if (!block || block->id != id)
		block = blocks_find(set, id);
	return block ? pages->kinds + (block - set->blocks) * pages->per_block :
	       NULL;
}

/* Neighbouring pages are mostly of one kind: compare eight at a time. */
void pages_tally(const struct pages *pages, size_t i, __u64 counts[NR_BYTES])
{
	const __u8 *kinds = pages->kinds + i * pages->per_block;
	__u64 word, alike;
	size_t k = 0;

	memset(counts, 0, NR_BYTES * sizeof(*counts));
	while (k < pages->per_block) {
		alike = kinds[k] * 0x0101010101010101ULL;
		for (; k + sizeof(word) <= pages->per_block;
		     k += sizeof(word)) {
			memcpy(&word, kinds + k, sizeof(word));
			if (word != alike)
				break;
			counts[(__u8)alike] += sizeof(word);
		}
		if (k < pages->per_block)
			counts[kinds[k++]]++;
	}
}

void pages_charge(struct pages *pages, __u64 inode, enum page_kind kind,
		  size_t nr)
{
	static size_t last;
	size_t i = last;

	if (i >= pages->nr_charges || pages->charges[i].inode != inode)
		for (i = 0; i < pages->nr_charges; i++)
			if (pages->charges[i].inode == inode)
				break;
	if (i == pages->nr_charges) {
		pages->charges = grow(pages->charges, pages->nr_charges++,
				      sizeof(*pages->charges));
		pages->charges[i] = (struct charge){ .inode = inode };
	}
	last = i;
	pages->charges[i].bytes[kind] += nr * pages->page_size;
}

void pages_count(const struct pages *pages, size_t i,
		 __u64 bytes[NR_PAGE_KINDS])
{
	__u64 counts[NR_BYTES];
	size_t k;

	if (pages->blocks->blocks[i].zone == ZONE_OFFLINE) {
		bytes[PAGE_ABSENT] += pages->blocks->block_size;
		return;
	}
	pages_tally(pages, i, counts);
	for (k = 0; k < NR_PAGE_KINDS; k++)
		bytes[k] += (counts[k] + counts[k | PAGE_MAPPED]) *
			    pages->page_size;
}
