// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store of what each page is used for, one byte a page. read.c fills it.
 */
#include "pages/pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct kind page_kinds[NR_PAGE_KINDS] = {
	[PAGE_ABSENT]	= { "absent", "no obstacle", NULL },
	[PAGE_FREE]	= { "free", "no obstacle", NULL },
	[PAGE_ANON]	= { "anon", "is moved", NULL },
	[PAGE_MLOCKED]	= { "mlocked", "is moved", NULL },
	[PAGE_FILE]	= { "file", "is moved", NULL },
	[PAGE_SHMEM]	= { "shmem", "is moved", NULL },
	[PAGE_HUGETLB]	= { "hugetlb", "is moved", NULL },
	[PAGE_PINNED]	= { "pinned", "cannot be moved until released", NULL },
	[PAGE_SLAB]	= { "slab", "is moved", "never moved" },
	[PAGE_TABLE]	= { "pagetable", "is moved", "never moved" },
	[PAGE_KERNEL]	= { "kernel", "is moved", "never moved" },
	[PAGE_UNCLEAR]	= { "unclear", "no obstacle", "free, or never moved" },
	[PAGE_RESERVED]	= { "reserved", "never moved", NULL },
	[PAGE_MEMMAP]	= { "memmap", "no obstacle", NULL },
	[PAGE_POISONED]	= { "poisoned", "no obstacle", NULL },
	[PAGE_BALLOON]	= { "balloon", "no obstacle", NULL },
	[PAGE_POOL]	= { "hugepool", "no obstacle", NULL },
};

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
				 used ? ", " : "", page_kinds[k].name, text);
	}
}

struct holder *holder_add(struct holder_list *holders)
{
	struct holder *holder;

	holders->list = grow(holders->list, holders->nr, sizeof(*holder));
	holder = &holders->list[holders->nr++];
	memset(holder, 0, sizeof(*holder));
	return holder;
}

void holders_free(struct holder_list *holders)
{
	while (holders->nr)
		free(holders->list[--holders->nr].cgroup);
	free(holders->list);
}

void pages_free(struct pages *pages)
{
	free(pages->kinds);
	holders_free(&pages->cgroups);
	memset(pages, 0, sizeof(*pages));
}

__u8 *pages_block(const struct pages *pages, __u64 id)
{
	const struct block *block = blocks_find(pages->blocks, id);

	return block ? pages->kinds + (block - pages->blocks->blocks) *
				      pages->per_block : NULL;
}

void pages_tally(const struct pages *pages, size_t i, __u64 counts[NR_BYTES])
{
	const __u8 *kinds = pages->kinds + i * pages->per_block;
	size_t k;

	memset(counts, 0, NR_BYTES * sizeof(*counts));
	for (k = 0; k < pages->per_block; k++)
		counts[kinds[k]]++;
}

void pages_charge(struct pages *pages, __u64 inode, enum page_kind kind,
		  size_t nr)
{
	struct holder_list *cgroups = &pages->cgroups;
	struct holder *cgroup = cgroups->list;

	while (cgroup < cgroups->list + cgroups->nr && cgroup->inode != inode)
		cgroup++;
	if (cgroup == cgroups->list + cgroups->nr) {
		cgroup = holder_add(cgroups);
		cgroup->inode = inode;
	}
	cgroup->bytes[kind] += nr * pages->page_size;
	cgroup->total += nr * pages->page_size;
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
