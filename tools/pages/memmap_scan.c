// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each page is used for, by the structs of the memmap: free runs are
 * skipped, a run of pages that look alike is judged at once, and references
 * that nothing explains are a pin, when they are still there on a second look.
 */
#include "pages/memmap_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/kernel-page-flags.h>

#include "lib/path.h"
#include "pages/classify.h"
#include "pages/flag_cache.h"

#define LEAST	64	/* structs read at once, where most may be skipped */
#define MOST	4096
#define TRIES	1000

/* From this size on a folio can be a huge page, which only asking tells. */
#define LARGE	16

struct scan {
	struct pages *pages;
	struct kcore kcore;
	struct asker asker;
	int flags_fd;
	int maps_fd;
	char *structs;		/* of the block, as far as they were read */
	__u64 *maps;		/* map counts of a folio */
	size_t limit;		/* how far of it is looked at */
	size_t end;		/* where what was read last ends */
	size_t window;
	__u64 pfn;		/* of the block's first page */
	__u8 *kinds;		/* of the block */
	bool at_start;		/* all pages so far are the block's memmap */
	bool again;		/* the second look */
};

/* Those after a skip are few at first: there may be more to skip. */
static int get_struct(struct scan *scan, size_t i, const char **page)
{
	size_t nr = scan->limit - i;
	int rc = 0;

	*page = scan->structs + i * scan->kcore.page_size;
	if (i < scan->end)
		return 0;
	if (i > scan->end)
		scan->window = LEAST;
	if (nr > scan->window)
		nr = scan->window;
	rc = kcore_read(&scan->kcore, scan->pfn + i, nr, (char *)*page);
	scan->end = i + nr;
	if (scan->window < MOST)
		scan->window *= 2;
	return rc;
}

/* How many single pages from the i-th on look like it; reads no more of them. */
static size_t count_alike(const struct scan *scan, size_t i,
			  const struct look *look)
{
	const size_t size = scan->kcore.page_size;
	const char *first = scan->structs + i * size, *page = first + size;
	const char *end = scan->structs + scan->end * size;

	while (page < end && kcore_alike(&scan->kcore, page, look))
		page += size;
	return (page - first) / size;
}

/* Tails are what their head is, but for poisoned ones. */
static int scan_tails(struct scan *scan, size_t i, enum page_kind kind,
		      size_t *nr)
{
	struct look look, last = { 0 };
	const char *page;
	__u64 flags = 0;
	int rc;

	for (*nr = 0; i < scan->limit; i++, ++*nr) {
		rc = get_struct(scan, i, &page);
		if (rc)
			return rc;
		kcore_look(&scan->kcore, page, &look);
		if (!(look.bits & LOOK_TAIL))
			return 0;
		if (!last.bits || last.flags != look.flags)
			rc = ask_flags(&scan->asker, scan->pfn + i, &look,
				       &flags);
		if (rc)
			return rc;
		last = look;
		scan->kinds[i] = kpage_kind(flags) == PAGE_POISONED ?
				 PAGE_POISONED : kind;
	}
	return 0;
}

static int read_maps(struct scan *scan, size_t i, size_t nr)
{
	ssize_t size = nr * sizeof(*scan->maps);
	ssize_t n;

	n = pread(scan->maps_fd, scan->maps, size,
		  (scan->pfn + i) * sizeof(*scan->maps));
	if (n < 0)
		return -errno;
	return n == size ? 0 : -EBADMSG;
}

/* Pinned is judged by the second look alone, and so charged then. */
static int charge(struct scan *scan, size_t i, const struct look *look,
		  enum page_kind kind, size_t nr)
{
	__u64 inode;
	int rc;

	if (!page_is_user(kind) || (kind == PAGE_PINNED && !scan->again))
		return 0;
	if (scan->asker.cgroup_fd < 0) {
		scan->pages->no_cgroups = scan->asker.cgroup_fd;
		return 0;
	}
	rc = ask_cgroup(&scan->asker, scan->pfn + i, look, &inode);
	if (!rc && inode)
		pages_charge(scan->pages, inode, kind, nr);
	return rc;
}

/* A compound page, as far as it is in this block. */
static int scan_folio(struct scan *scan, size_t i, const struct look *look,
		      __u64 flags, size_t *size)
{
	enum page_kind kind = kpage_kind(flags), now;
	size_t k, nr;
	int rc;

	rc = scan_tails(scan, i + 1, kind, size);
	++*size;
	if (!rc && *size >= LARGE) {
		rc = ask_now(&scan->asker, scan->pfn + i, &flags);
		kind = kpage_kind(flags);
	}
	if (!rc && kpage_wants_maps(kind, flags, look_refcount(look), *size))
		rc = read_maps(scan, i, *size);
	if (rc)
		return rc;
	now = kpage_refined(kind, flags, look_refcount(look), scan->maps, *size);
	scan->kinds[i] = now;
	for (k = 1, nr = 1; k < *size; k++) {
		if (scan->kinds[i + k] == PAGE_POISONED)
			continue;
		scan->kinds[i + k] = now;
		nr++;
	}
	return charge(scan, i, look, now, nr);
}

static int scan_run(struct scan *scan, size_t i, const struct look *look,
		    __u64 flags, size_t nr)
{
	__u64 maps = (__u32)(look_mapcount(look) + 1);
	enum page_kind kind;

	kind = scan->at_start && kpage_memmap(flags) ? PAGE_MEMMAP :
	       kpage_refined(kpage_kind(flags), flags, look_refcount(look), &maps,
			     1);
	memset(scan->kinds + i, kind, nr);
	return charge(scan, i, look, kind, nr);
}

/* The head is in the block before, which says most of it; or just went away. */
static int scan_orphans(struct scan *scan, size_t i, size_t *nr)
{
	enum page_kind kind = scan->kinds[i];
	__u64 flags;
	int rc = 0;

	if (!scan->again) {
		rc = ask_now(&scan->asker, scan->pfn + i, &flags);
		kind = kpage_kind(flags);
	}
	return rc ? rc : scan_tails(scan, i, kind, nr);
}

/* -EAGAIN: the i-th page has changed meanwhile. */
static int scan_used(struct scan *scan, size_t i, size_t *nr)
{
	const char *page = scan->structs + i * scan->kcore.page_size;
	struct look look;
	__u64 flags;
	int rc;

	kcore_look(&scan->kcore, page, &look);
	if (look.bits & LOOK_TAIL)
		return scan_orphans(scan, i, nr);
	rc = ask_flags(&scan->asker, scan->pfn + i, &look, &flags);
	if (rc)
		return rc;
	if (flags >> KPF_COMPOUND_HEAD & 1)
		return scan_folio(scan, i, &look, flags, nr);
	*nr = count_alike(scan, i, &look);
	return scan_run(scan, i, &look, flags, *nr);
}

static int scan_range(struct scan *scan, size_t first, size_t end)
{
	size_t i, nr = 0, tries = 0;
	const char *page;
	int rc = 0;

	scan->limit = end;
	scan->end = first;
	scan->window = LEAST;
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

static int scan_block(struct scan *scan)
{
	scan->at_start = true;
	return scan_range(scan, 0, scan->pages->per_block);
}

/*
 * A reference may be held for a moment, while something is looked up or moved.
 * Pinned is what is so twice.
 */
static int scan_pinned(struct scan *scan)
{
	size_t i, end, nr = scan->pages->per_block;
	int rc = 0;

	scan->at_start = false;
	for (i = 0; !rc && i < nr; i = end) {
		for (end = i; end < nr && scan->kinds[end] == PAGE_PINNED;)
			end++;
		if (end > i)
			rc = scan_range(scan, i, end);
		else
			end++;
	}
	return rc;
}

static int scan_blocks(struct scan *scan, int (*each)(struct scan *scan))
{
	struct pages *pages = scan->pages;
	size_t i;
	int rc = 0;

	for (i = 0; !rc && i < pages->blocks->nr; i++) {
		if (pages->blocks->blocks[i].zone == ZONE_OFFLINE)
			continue;
		scan->pfn = pages->blocks->blocks[i].id * pages->per_block;
		scan->kinds = pages->kinds + i * pages->per_block;
		scan->asker.round++;
		rc = each(scan);
	}
	return rc;
}

static int scan_twice(struct scan *scan)
{
	struct pages *pages = scan->pages;
	int rc;

	kcore_settle();
	rc = scan_blocks(scan, scan_block);
	if (rc || !memchr(pages->kinds, PAGE_PINNED,
			  pages->blocks->nr * pages->per_block))
		return rc;
	usleep(20000);
	kcore_settle();
	scan->again = true;
	return scan_blocks(scan, scan_pinned);
}

static int scan_open(struct scan *scan)
{
	scan->flags_fd = path_open("/proc/kpageflags");
	if (scan->flags_fd < 0)
		return scan->flags_fd;
	scan->maps_fd = path_open("/proc/kpagecount");
	return scan->maps_fd < 0 ? scan->maps_fd : kcore_open(&scan->kcore);
}

static void scan_close(struct scan *scan)
{
	if (scan->flags_fd >= 0)
		close(scan->flags_fd);
	if (scan->maps_fd >= 0)
		close(scan->maps_fd);
	kcore_close(&scan->kcore);
}

int scan_pages(struct pages *pages)
{
	struct scan scan = {
		.pages = pages,
		.kcore.fd = -1,
		.maps_fd = -1,
	};
	int rc, cgroup_fd;

	rc = scan_open(&scan);
	if (!rc) {
		cgroup_fd = path_open("/proc/kpagecgroup");
		asker_init(&scan.asker, &scan.kcore, scan.flags_fd, cgroup_fd);
		scan.structs = need_memory(malloc(pages->per_block *
						  scan.kcore.page_size));
		scan.maps = need_memory(malloc(pages->per_block *
					       sizeof(*scan.maps)));
		rc = scan_twice(&scan);
		asker_free(&scan.asker);
		free(scan.structs);
		free(scan.maps);
		if (cgroup_fd >= 0)
			close(cgroup_fd);
	}
	scan_close(&scan);
	return rc;
}
