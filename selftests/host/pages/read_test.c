// SPDX-License-Identifier: GPL-2.0-only
/*
 * pages/read.c on a made-up memmap of two blocks: every page becomes what the
 * kernel says, though it is not asked for free ones; what is pinned only for a
 * moment is not. Prints KTAP. Built and run by pages.sh.
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
#define WINDOW		256	/* of pages that are read at once */

#define LRU		0x20ULL
#define ANON		0x1000ULL
#define SWAPCACHE	0x2000ULL
#define HEAD		0x8000ULL
#define TAIL		0x10000ULL
#define HUGE		0x20000ULL
#define POISON		0x80000ULL
#define MEMMAP_PAGE	0x2000000000ULL

/* The kernel knows of one block more than the memmap has. */
static __u64 flags[MADEUP_PAGES + PER_BLOCK], maps[MADEUP_PAGES + PER_BLOCK],
	     cgroups[MADEUP_PAGES + PER_BLOCK];
static unsigned int asked, charged[4], looks;
static bool asked_for_free, changes, released_later, stopped;

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

int stop_check(void)
{
	return stopped ? EX_FAILED : 0;
}

size_t blocks_online(const struct block_set *blocks_of)
{
	return blocks_of->nr;
}

int fail(int code, const char *next, const char *fmt, ...)
{
	return code;
}

const char *why(int err)
{
	return "";
}

const char *what_next(int err)
{
	return "";
}

static void make_page(__u64 pfn, __u64 flag, __u32 refs, __s32 mapped)
{
	flags[pfn] = flag;
	maps[pfn] = mapped;
	set_word(pfn, FLAGS, flag >> 4 | 1ULL << 54);
	set_word(pfn, MAPPING, 0xffff888000000100ULL | !!(flag & ANON));
	set_page(pfn, refs, mapped - 1, 0);
}

/* Page 700 is in the swap cache when counted, but no more when asked for. */
int madeup_read(int fd, void *buf, size_t size, __u64 offset)
{
	__u64 pfn = offset / sizeof(*flags), end = pfn + size / sizeof(*flags);

	asked += size / sizeof(*flags);
	if (fd == FLAGS_FD && pfn < FIRST + 1536 && end > FIRST + 1024)
		asked_for_free = true;
	if (changes && pfn <= FIRST + 700 && end > FIRST + 700)
		make_page(FIRST + 700, LRU | ANON, 1, 1);
	memcpy(buf, fd == FLAGS_FD ? &flags[pfn] : fd == COUNT_FD ?
	       &maps[pfn] : &cgroups[pfn], size);
	return 0;
}

/* The second look at a page that was pinned for a moment. */
void madeup_looked(__u64 offset)
{
	__u64 at = (__u64)(madeup_page(FIRST + 700) - kcore);

	if (at - offset < WINDOW * MADEUP_STRUCT && ++looks == 2 && released_later)
		make_page(FIRST + 700, LRU | ANON, 1, 1);
}

static void make_folio(__u64 pfn, size_t nr, __u64 flag, __u32 refs)
{
	size_t i;

	make_page(pfn, flag | HEAD, refs, 1);
	for (i = 1; i < nr; i++) {
		make_page(pfn + i, TAIL | (flag & (ANON | HUGE)), 0, 1);
		set_word(pfn + i, COMPOUND, 1);
	}
}

/* All is anon and charged to group 1. */
static void make_all(void)
{
	__u64 i;

	make_kcore();
	asked = 0;
	looks = 0;
	asked_for_free = false;
	changes = false;
	released_later = false;
	memset(charged, 0, sizeof(charged));
	memset(cgroups, 0, sizeof(cgroups));
	for (i = FIRST; i < FIRST + NR; i++) {
		make_page(i, LRU | ANON, 1, 1);
		set_word(i, OWNER, 0xaaa0);
		cgroups[i] = 1;
	}
}

static struct pages pages;
static __u8 *kinds;

static int scan(void)
{
	int rc;

	free(kinds);
	rc = pages_read(&pages, &set);
	kinds = pages.kinds;
	return rc;
}

static bool all_are(size_t first, size_t nr, enum page_kind kind)
{
	while (nr && kinds[first + nr - 1] == kind)
		nr--;
	return !nr;
}

static void test_kinds(void)
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
	claim(!scan() && !pages.no_refs && !pages.no_cgroups,
	      "Pages are read with their counts and control groups");
	claim(kinds[0] == PAGE_MEMMAP && kinds[9] == PAGE_KERNEL,
	      "The block's own memmap is told from what looks the same");
	claim(kinds[499] == PAGE_ANON && kinds[500] == PAGE_PINNED &&
	      kinds[501] == PAGE_ANON, "One pinned page is found");
	claim(kinds[600] == PAGE_POISONED, "One poisoned page is found");
	claim(all_are(1024, 512, PAGE_FREE), "A free run is found");
	claim(all_are(2048, 52, PAGE_ANON) &&
	      kinds[2100] == PAGE_POISONED &&
	      all_are(2101, 459, PAGE_ANON),
	      "A folio is what its head is, but for a poisoned page");
	claim(all_are(2560, 512, PAGE_POOL),
	      "An unused huge page is of the pool");
	claim(all_are(3072, 4, PAGE_PINNED),
	      "A folio with one reference too many is pinned");
	claim(all_are(PER_BLOCK, 512, PAGE_HUGETLB),
	      "A huge page in use is hugetlb");
	claim(all_are(PER_BLOCK + 512, PER_BLOCK - 512, PAGE_ANON),
	      "All else in the second block is anon");
	claim(charged[1] == NR - 2 - 1 - 100 - 512 - 1 - 512 &&
	      charged[2] == 100 && !charged[0],
	      "Each user page is charged once, pinned ones too");
	claim(!asked_for_free, "The kernel is not asked for a free run");
}

static void test_change(void)
{
	make_all();
	make_page(FIRST + 700, LRU | ANON, 2, 1);
	released_later = true;
	claim(!scan() && kinds[700] == PAGE_ANON && charged[1] == NR,
	      "What is pinned on the first look only is not");
	make_all();
	make_page(FIRST + 700, LRU | ANON | SWAPCACHE, 2, 1);
	changes = true;
	claim(!scan() && all_are(0, NR, PAGE_ANON),
	      "A page that changes while it is asked for is looked at again");
}

static void test_alike(void)
{
	make_all();
	claim(!scan() && asked < NR / 16,
	      "Of pages alike, the kernel is asked for a few only");
	make_all();
	flags[FIRST + WINDOW - 1] = LRU;
	cgroups[FIRST + 2 * WINDOW - 1] = 3;
	claim(!scan() && all_are(0, WINDOW - 1, PAGE_ANON) &&
	      kinds[WINDOW - 1] == PAGE_FILE && all_are(WINDOW, NR - WINDOW, PAGE_ANON),
	      "Two flags of pages that look alike are both found");
	claim(charged[1] == NR - 1 && charged[3] == 1,
	      "So are two control groups");
}

static void test_outside(void)
{
	make_all();
	make_page(FIRST, LRU | ANON, 2, 1);
	blocks[1].id = 4;
	claim(!scan() && pages.no_refs == -ENXIO,
	      "A block outside the memmap is noticed");
	claim(all_are(0, PER_BLOCK, PAGE_ANON) && charged[1] == PER_BLOCK,
	      "All pages are then told by their flags alone");
	blocks[1].id = 3;
}

static void test_stop(void)
{
	make_all();
	stopped = true;
	claim(scan() == EX_FAILED && all_are(0, PER_BLOCK, PAGE_ANON),
	      "A scan that is to stop stops after the first block");
	stopped = false;
}

int main(void)
{
	puts("TAP version 13");
	test_kinds();
	test_change();
	test_alike();
	test_outside();
	test_stop();
	free(kinds);
	return claims_done();
}
