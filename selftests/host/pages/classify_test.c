// SPDX-License-Identifier: GPL-2.0-only
/*
 * pages/classify.c by hand-made runs of pages: what a page is by its flags, and
 * which references are one too many. Prints KTAP. Built and run by pages.sh.
 */
#include <stdio.h>
#include <string.h>

#include "pages/classify.h"

#define LRU		0x20
#define ANON		0x1000
#define SWAPCACHE	0x2000
#define SWAPBACKED	0x4000
#define HEAD		0x8000
#define TAIL		0x10000
#define HUGE		0x20000
#define POISON		0x80000
#define RESERVED	0x100000000ULL
#define PRIVATE		0x1000000000ULL
#define OWNER		0x2000000000ULL

static unsigned int claims, failures;

/* Two pages with flags, mappings and references become these kinds. */
static const struct {
	const char *sentence;
	__u64 flags[2];
	__u64 maps[2];
	__u32 refs[2];
	enum page_kind kinds[2];
} cases[] = {
	{ "Anonymous pages mapped once have one reference",
	  { LRU | ANON, LRU | ANON }, { 1, 1 }, { 1, 1 },
	  { PAGE_ANON, PAGE_ANON } },
	{ "One reference more is a pin", { LRU | ANON, LRU | ANON }, { 1, 1 },
	  { 2, 1 }, { PAGE_PINNED, PAGE_ANON } },
	{ "The swap cache has a reference of its own",
	  { LRU | ANON | SWAPCACHE, LRU | ANON }, { 1, 2 }, { 2, 2 },
	  { PAGE_ANON, PAGE_ANON } },
	{ "So has who takes a page to the LRU", { ANON, ANON }, { 1, 1 },
	  { 2, 3 }, { PAGE_ANON, PAGE_PINNED } },
	{ "The page cache has one, buffers another",
	  { LRU, LRU | PRIVATE }, { 0, 1 }, { 1, 3 },
	  { PAGE_FILE, PAGE_FILE } },
	{ "Files can be pinned as well", { LRU, LRU | SWAPBACKED }, { 0, 1 },
	  { 2, 3 }, { PAGE_PINNED, PAGE_PINNED } },
	{ "A folio mapped whole has one reference",
	  { LRU | ANON | HEAD, TAIL }, { 1, 1 }, { 1, 0 },
	  { PAGE_ANON, PAGE_ANON } },
	{ "A folio mapped page by page has one for each",
	  { LRU | ANON | HEAD, TAIL }, { 1, 1 }, { 2, 0 },
	  { PAGE_ANON, PAGE_ANON } },
	{ "A pin of a folio is one of all its pages",
	  { LRU | ANON | HEAD, TAIL }, { 1, 1 }, { 3, 0 },
	  { PAGE_PINNED, PAGE_PINNED } },
	{ "Tails are what their head is", { LRU | HEAD, TAIL }, { 0, 0 },
	  { 2, 0 }, { PAGE_FILE, PAGE_FILE } },
	{ "But a poisoned tail is poisoned", { LRU | HEAD, TAIL | POISON },
	  { 0, 0 }, { 2, 0 }, { PAGE_FILE, PAGE_POISONED } },
	{ "A compound page of nobody is the kernel's", { HEAD, TAIL },
	  { 0, 0 }, { 1, 0 }, { PAGE_KERNEL, PAGE_KERNEL } },
	{ "Without flags, the references tell free from the kernel's",
	  { 0, 0 }, { 0, 0 }, { 0, 1 }, { PAGE_FREE, PAGE_KERNEL } },
	{ "An unused huge page is of the pool", { HEAD | HUGE, TAIL | HUGE },
	  { 0, 0 }, { 0, 0 }, { PAGE_POOL, PAGE_POOL } },
	{ "A huge page in use is hugetlb", { HEAD | HUGE, TAIL | HUGE },
	  { 1, 1 }, { 1, 0 }, { PAGE_HUGETLB, PAGE_HUGETLB } },
	{ "The memmap ends at the first page that is none",
	  { OWNER | RESERVED, RESERVED }, { 0, 0 }, { 1, 1 },
	  { PAGE_MEMMAP, PAGE_RESERVED } },
};

/* Each folio among the two. */
static void refine(const __u64 *flags, const __u64 *maps, const __u32 *refs,
		   __u8 *kinds)
{
	size_t i, k, size;
	__u8 now;

	for (i = 0; i < 2; i += size) {
		size = !i && flags[1] & TAIL ? 2 : 1;
		now = classify_folio(kinds[i], flags[i], refs[i], maps + i,
				     size);
		for (k = 1; k < size; k++)
			if (kinds[i + k] == kinds[i])
				kinds[i + k] = now;
		kinds[i] = now;
	}
}

int main(void)
{
	size_t i, nr = sizeof(cases) / sizeof(*cases);
	__u8 kinds[2];
	bool holds;

	printf("TAP version 13\n1..%zu\n", nr);
	for (i = 0; i < nr; i++) {
		classify_pages(cases[i].flags, 2, kinds);
		refine(cases[i].flags, cases[i].maps, cases[i].refs, kinds);
		holds = kinds[0] == cases[i].kinds[0] &&
			kinds[1] == cases[i].kinds[1];
		if (!holds)
			printf("# kinds %u and %u, not %u and %u\n", kinds[0],
			       kinds[1], cases[i].kinds[0], cases[i].kinds[1]);
		printf("%sok %u - %s\n", holds ? "" : "not ", ++claims,
		       cases[i].sentence);
		failures += !holds;
	}
	return !!failures;
}
