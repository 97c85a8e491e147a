// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reader of the memmap: classifies pages by their struct pages in /proc/kcore.
 * It skips free runs and classifies a run of pages with the same signature at
 * once. A page is pinned when a second scan finds the extra references too.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/kernel-page-flags.h>

#include "lib/signals.h"
#include "pages/classify.h"
#include "pages/flag_cache.h"

#define MIN_WINDOW	64	/* struct pages in one read, right after a skip */
#define MAX_WINDOW	4096
#define TRIES		1000

/* A folio of this many pages may be a hugetlb page: only its flags tell. */
#define LARGE	16

struct scan {
	struct pages *pages;
	struct kcore kcore;
	struct flag_cache cache;
	char *structs;		/* struct pages of the block, read up to end */
	__u64 *maps;		/* map counts of a folio */
	size_t limit;		/* the scan ends at this page of the block */
	size_t end;		/* end of the last read */
	size_t window;		/* struct pages in the next read */
	__u64 pfn;		/* of the block's first page */
	__u8 *kinds;		/* of the block's pages */
	bool at_start;		/* all pages so far are the block's memmap */
	bool second;		/* the scan of pinned pages */
};

/* Reads are small after a skip: there may be more to skip. */
static int get_struct(struct scan *scan, size_t i, const char **page)
{
	size_t nr = scan->limit - i;
	int rc = 0;

	*page = scan->structs + i * scan->kcore.page_size;
	if (i < scan->end)
		return 0;
	if (i > scan->end)
		scan->window = MIN_WINDOW;
	if (nr > scan->window)
		nr = scan->window;
	rc = kcore_read(&scan->kcore, scan->pfn + i, nr, (char *)*page);
	scan->end = i + nr;
	if (scan->window < MAX_WINDOW)
		scan->window *= 2;
	return rc;
}

/* How many single pages from the i-th on have its signature; reads no more. */
static size_t count_alike(const struct scan *scan, size_t i,
			  const struct page_signature *sig)
{
	const size_t size = scan->kcore.page_size;
	const char *page = scan->structs + i * size;
	struct page_signature next;
	size_t nr;

	for (nr = 1; i + nr < scan->end; nr++) {
		page += size;
		kcore_signature(&scan->kcore, page, &next);
		if (!same_signature(&next, sig))
			break;
	}
	return nr;
}

/* Tails are of the kind of their head, except poisoned ones. */
static int scan_tails(struct scan *scan, size_t i, enum page_kind kind,
		      size_t *nr)
{
	struct page_signature sig, last = { 0 };
	const char *page;
	__u64 flags = 0;
	int rc;

	for (*nr = 0; i < scan->limit; i++, ++*nr) {
		rc = get_struct(scan, i, &page);
		if (rc)
			return rc;
		kcore_signature(&scan->kcore, page, &sig);
		if (!(sig.bits & SIGNATURE_TAIL))
			return 0;
		if (!last.bits || last.flags != sig.flags)
			rc = flag_cache_get(&scan->cache, KPAGEFLAGS,
					    scan->pfn + i, &sig, &flags);
		if (rc)
			return rc;
		last = sig;
		scan->kinds[i] = classify_flags(flags) == PAGE_POISONED ?
				 PAGE_POISONED : kind;
	}
	return 0;
}

/* The second scan decides what is pinned, and so charges pinned pages. */
static int charge(struct scan *scan, size_t i, const struct page_signature *sig,
		  enum page_kind kind, size_t nr)
{
	__u64 inode;
	int rc;

	if (!page_is_user(kind) || (kind == PAGE_PINNED && !scan->second))
		return 0;
	if (scan->cache.fds[KPAGECGROUP] < 0) {
		scan->pages->no_cgroups = scan->cache.fds[KPAGECGROUP];
		return 0;
	}
	rc = flag_cache_get(&scan->cache, KPAGECGROUP, scan->pfn + i, sig,
			    &inode);
	if (!rc && inode)
		pages_charge(scan->pages, inode, kind, nr);
	return rc;
}

/* A compound page, or the part of it that lies in this block. */
static int scan_folio(struct scan *scan, size_t i,
		      const struct page_signature *sig, __u64 flags,
		      size_t *size)
{
	enum page_kind kind = classify_flags(flags), now;
	__u32 refs = sig->refcount;
	size_t k, nr;
	int rc;

	rc = scan_tails(scan, i + 1, kind, size);
	++*size;
	if (!rc && *size >= LARGE) {
		rc = flag_cache_bypass(&scan->cache, KPAGEFLAGS, scan->pfn + i,
				       &flags, 1);
		kind = classify_flags(flags);
	}
	if (!rc && classify_needs_maps(kind, flags, refs, *size))
		rc = flag_cache_bypass(&scan->cache, KPAGECOUNT, scan->pfn + i,
				       scan->maps, *size);
	if (rc)
		return rc;
	now = classify_folio(kind, flags, refs, scan->maps, *size);
	scan->kinds[i] = now;
	for (k = 1, nr = 1; k < *size; k++) {
		if (scan->kinds[i + k] == PAGE_POISONED)
			continue;
		scan->kinds[i + k] = now;
		nr++;
	}
	return charge(scan, i, sig, now, nr);
}

static int scan_run(struct scan *scan, size_t i,
		    const struct page_signature *sig, __u64 flags, size_t nr)
{
	__u64 maps = (__u32)(sig->mapcount + 1);
	enum page_kind kind;

	kind = scan->at_start && flags_are_memmap(flags) ? PAGE_MEMMAP :
	       classify_folio(classify_flags(flags), flags, sig->refcount,
			      &maps, 1);
	memset(scan->kinds + i, kind, nr);
	return charge(scan, i, sig, kind, nr);
}

/* Tails whose head is in the block before, or was just freed. */
static int scan_orphans(struct scan *scan, size_t i, size_t *nr)
{
	enum page_kind kind = scan->kinds[i];
	__u64 flags;
	int rc = 0;

	if (!scan->second) {
		rc = flag_cache_bypass(&scan->cache, KPAGEFLAGS, scan->pfn + i,
				       &flags, 1);
		kind = classify_flags(flags);
	}
	return rc ? rc : scan_tails(scan, i, kind, nr);
}

/* -EAGAIN: the i-th page changed during the scan. */
static int scan_used(struct scan *scan, size_t i, size_t *nr)
{
	const char *page = scan->structs + i * scan->kcore.page_size;
	struct page_signature sig;
	__u64 flags;
	int rc;

	kcore_signature(&scan->kcore, page, &sig);
	if (sig.bits & SIGNATURE_TAIL)
		return scan_orphans(scan, i, nr);
	rc = flag_cache_get(&scan->cache, KPAGEFLAGS, scan->pfn + i, &sig,
			    &flags);
	if (rc)
		return rc;
	if (flags >> KPF_COMPOUND_HEAD & 1)
		return scan_folio(scan, i, &sig, flags, nr);
	*nr = count_alike(scan, i, &sig);
	return scan_run(scan, i, &sig, flags, *nr);
}

static int scan_range(struct scan *scan, size_t first, size_t end)
{
	size_t i, nr = 0, tries = 0;
	const char *page;
	int rc = 0;

	scan->limit = end;
	scan->end = first;
	scan->window = MIN_WINDOW;
	scan->at_start = !scan->second;
	for (i = first; !rc && i < end; i += nr) {
		rc = get_struct(scan, i, &page);
		if (rc)
			break;
		nr = kcore_free(&scan->kcore, page, scan->pfn + i);
		if (nr > end - i)
			nr = end - i;
		if (nr)
			memset(scan->kinds + i, PAGE_FREE, nr);
		else
			rc = scan_used(scan, i, &nr);
		if (rc == -EAGAIN && tries++ < TRIES) {
			scan->end = i;
			nr = 0;
			rc = 0;
			continue;
		}
		scan->at_start = scan->at_start &&
				 scan->kinds[i] == PAGE_MEMMAP;
	}
	return rc;
}

/* The kernel holds a reference for a moment while it looks up or moves a page. */
static int scan_pinned(struct scan *scan)
{
	size_t i, end, nr = scan->pages->per_block;
	int rc = 0;

	for (i = 0; !rc && i < nr; i = end + 1) {
		for (end = i; end < nr && scan->kinds[end] == PAGE_PINNED;)
			end++;
		if (end > i)
			rc = scan_range(scan, i, end);
	}
	return rc;
}

/* The first block is read even if kmemctl is to stop, to tell why it failed. */
static int scan_blocks(struct scan *scan)
{
	struct pages *pages = scan->pages;
	size_t i;
	int rc = 0;

	kcore_settle();
	for (i = 0; !rc && i < pages->blocks->nr; i++) {
		if (i > 0 && stop_requested())
			return -EINTR;
		if (pages->blocks->blocks[i].zone == ZONE_OFFLINE)
			continue;
		scan->pfn = pages->blocks->blocks[i].id * pages->per_block;
		scan->kinds = pages->kinds + i * pages->per_block;
		scan->cache.round++;
		rc = scan->second ? scan_pinned(scan) :
		     scan_range(scan, 0, pages->per_block);
	}
	return rc;
}

static int scan_twice(struct scan *scan)
{
	struct pages *pages = scan->pages;
	int rc = scan_blocks(scan);

	if (rc || !memchr(pages->kinds, PAGE_PINNED,
			  pages->blocks->nr * pages->per_block))
		return rc;
	usleep(20000);
	scan->second = true;
	return scan_blocks(scan);
}

int memmap_scan(struct pages *pages)
{
	struct scan scan = { .pages = pages };
	int rc;

	rc = kcore_open(&scan.kcore);
	if (rc)
		return rc;
	rc = flag_cache_open(&scan.cache, &scan.kcore);
	scan.structs = need_memory(malloc(pages->per_block *
					  scan.kcore.page_size));
	scan.maps = need_memory(malloc(pages->per_block * sizeof(*scan.maps)));
	if (!rc)
		rc = scan_twice(&scan);
	free(scan.structs);
	free(scan.maps);
	flag_cache_close(&scan.cache);
	kcore_close(&scan.kcore);
	return rc;
}
