// SPDX-License-Identifier: GPL-2.0-only
/*
 * pages/memmap_scan.c on a made-up memmap of two blocks: every page becomes what the
 * kernel says, though it is asked for a few only; what contradicts it, or goes
 * on changing, is noticed. Prints KTAP. Built and run by pages.sh.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/signals.h"
#include "madeup.h"
#include "pages/pages.h"

#define PER_BLOCK	4096
#define FIRST		(2 * PER_BLOCK)		/* page of the first block */
#define NR		(2 * PER_BLOCK)

#define LRU		0x20ULL
#define ANON		0x1000ULL
#define HEAD		0x8000ULL
#define TAIL		0x10000ULL
#define HUGE		0x20000ULL
#define POISON		0x80000ULL
#define MEMMAP_PAGE	0x2000000000ULL

static __u64 flags[MADEUP_PAGES], maps[MADEUP_PAGES], cgroups[MADEUP_PAGES];
static unsigned int asked, charged[4];
static __u64 changes_at;	/* this page, as soon as it is asked for */
static bool released_later;
static bool stopped;

static struct block blocks[2] = {
	{ .id = 2, .zone = ZONE_MOVABLE },
	{ .id = 3, .zone = ZONE_MOVABLE },
};

static const struct block_set set = {
	.blocks = blocks,
	.nr = 2,
	.block_size = PER_BLOCK * 4096,
};

void pages_charge(struct pages *pages, __u64 inode, enum page_kind kind,
		  size_t nr)
{
	charged[inode] += nr;
}

bool stop_requested(void)
{
	return stopped;
}

static void make_page(__u64 pfn, __u64 flag, __u32 refs, __s32 mapped)
{
	flags[pfn] = flag;
	maps[pfn] = mapped;
	set_word(pfn, FLAGS, flag >> 4 | 1ULL << 54);
	set_word(pfn, MAPPING, 0xffff888000000100ULL | !!(flag & ANON));
	set_page(pfn, refs, mapped - 1, 0);
}

int madeup_read(int fd, void *buf, size_t size, __u64 offset)
{
	__u64 pfn = offset / sizeof(*flags);

	asked++;
	memcpy(buf, fd == FLAGS_FD ? &flags[pfn] : fd == COUNT_FD ?
	       &maps[pfn] : &cgroups[pfn], size);
	if (fd == FLAGS_FD && pfn == changes_at) {
		make_page(pfn, LRU | ANON, 2, 1);
		changes_at = 0;
	}
	return 0;
}

/* The second look at a page that was pinned for a moment. */
void madeup_looked(__u64 offset)
{
	if (released_later && offset == (__u64)(madeup_page(FIRST + 700) - kcore))
		make_page(FIRST + 700, LRU | ANON, 1, 1);
}

static void make_folio(__u64 pfn, size_t nr, __u64 flag, __u32 refs)
{
	size_t i;

	make_page(pfn, flag | HEAD, refs, 1);
	for (i = 1; i < nr; i++) {
		make_page(pfn + i, TAIL, 0, 1);
		flags[pfn + i] |= flag & (ANON | HUGE);
		set_word(pfn + i, COMPOUND, 1);
	}
}

/* All is anon and charged to group 1. */
static void make_all(void)
{
	__u64 i;

	make_kcore();
	asked = 0;
	changes_at = 0;
	released_later = false;
	memset(charged, 0, sizeof(charged));
	memset(cgroups, 0, sizeof(cgroups));
	for (i = FIRST; i < FIRST + NR; i++) {
		make_page(i, LRU | ANON, 1, 1);
		set_word(i, OWNER, 0xaaa0);
		cgroups[i] = 1;
	}
}

static int scan(__u8 *kinds)
{
	struct pages pages = {
		.blocks = &set,
		.page_size = 4096,
		.per_block = PER_BLOCK,
		.kinds = kinds,
	};

	memset(kinds, PAGE_ABSENT, NR);
	return memmap_scan(&pages);
}

static bool all_are(const __u8 *kinds, size_t first, size_t nr,
		    enum page_kind kind)
{
	while (nr && kinds[first + nr - 1] == kind)
		nr--;
	return !nr;
}

static void test_kinds(__u8 *kinds)
{
	size_t i;

	make_all();
	make_page(FIRST, MEMMAP_PAGE, 1, 0);
	make_page(FIRST + 9, MEMMAP_PAGE, 1, 0);
	make_page(FIRST + 500, LRU | ANON, 2, 1);
	make_page(FIRST + 600, LRU | ANON | POISON, 1, 1);
	for (i = 800; i < 900; i++) {
		set_word(FIRST + i, OWNER, 0xbbb0);
		cgroups[FIRST + i] = 2;
	}
	set_page(FIRST + 1024, 0, BUDDY, 9);
	make_folio(FIRST + 2048, 512, LRU | ANON, 1);
	make_page(FIRST + 2100, TAIL | POISON, 0, 1);
	make_folio(FIRST + 2560, 512, HUGE, 0);
	make_folio(FIRST + 3072, 4, LRU | ANON, 5);
	make_folio(FIRST + PER_BLOCK, 512, HUGE, 1);
	claim(!scan(kinds), "A memmap is scanned");
	claim(kinds[0] == PAGE_MEMMAP && kinds[9] == PAGE_KERNEL,
	      "The block's own memmap is told from what looks the same");
	claim(kinds[499] == PAGE_ANON && kinds[500] == PAGE_PINNED &&
	      kinds[501] == PAGE_ANON, "One pinned page is found");
	claim(kinds[600] == PAGE_POISONED, "One poisoned page is found");
	claim(all_are(kinds, 1024, 512, PAGE_FREE), "A free run is found");
	claim(all_are(kinds, 2048, 52, PAGE_ANON) &&
	      kinds[2100] == PAGE_POISONED &&
	      all_are(kinds, 2101, 459, PAGE_ANON),
	      "A folio is what its head is, but for a poisoned page");
	claim(all_are(kinds, 2560, 512, PAGE_POOL),
	      "An unused huge page is of the pool");
	claim(all_are(kinds, 3072, 4, PAGE_PINNED),
	      "A folio with one reference too many is pinned");
	claim(all_are(kinds, PER_BLOCK, 512, PAGE_HUGETLB),
	      "A huge page in use is hugetlb");
	claim(all_are(kinds, PER_BLOCK + 512, PER_BLOCK - 512, PAGE_ANON),
	      "All else in the second block is anon");
	claim(charged[1] == NR - 2 - 1 - 100 - 512 - 1 - 512 &&
	      charged[2] == 100 && !charged[0],
	      "Each user page is charged once, pinned ones too");
	claim(asked < 60, "The kernel is asked for a few pages only");
}

static void test_change(__u8 *kinds)
{
	make_all();
	make_page(FIRST + 700, LRU | ANON, 2, 1);
	released_later = true;
	claim(!scan(kinds) && kinds[700] == PAGE_ANON && charged[1] == NR,
	      "What is pinned on the first look only is not");
	make_all();
	make_page(FIRST + 700, LRU | 0x800, 1, 0);
	changes_at = FIRST + 700;
	claim(!scan(kinds) && kinds[700] == PAGE_PINNED &&
	      all_are(kinds, 701, NR - 701, PAGE_ANON),
	      "A page that changes while it is asked for is looked at again");
}

static void test_lies(__u8 *kinds)
{
	make_all();
	flags[FIRST + PER_BLOCK] = LRU;
	claim(scan(kinds) == -EBADMSG,
	      "Two flags for the same signature are not believed");
	make_all();
	cgroups[FIRST + PER_BLOCK] = 3;
	claim(scan(kinds) == -EBADMSG,
	      "Two control groups for the same owner are not believed");
	make_all();
	blocks[1].id = 4;
	claim(scan(kinds) == -ENXIO, "Nor is a block outside the memmap");
	blocks[1].id = 3;
}

static void test_stop(__u8 *kinds)
{
	make_all();
	stopped = true;
	memset(kinds, PAGE_ABSENT, NR);
	claim(scan(kinds) == -EINTR && all_are(kinds, 0, PER_BLOCK, PAGE_ANON),
	      "A scan that is to stop stops after the first block");
	stopped = false;
}

int main(void)
{
	__u8 *kinds = malloc(NR);

	puts("TAP version 13");
	test_kinds(kinds);
	test_change(kinds);
	test_lies(kinds);
	test_stop(kinds);
	free(kinds);
	return claims_done();
}
