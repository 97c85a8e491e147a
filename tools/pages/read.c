// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads what pages are used for: their flags, and, where the kernel lets the
 * memmap be read, their reference counts. Reading flags is ten times as slow as
 * reading the memmap. Where the memmap shows pages alike, flags are read for two.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/kernel-page-flags.h>
#include <linux/mempolicy.h>

#include "device/numa.h"
#include "lib/path.h"
#include "lib/signals.h"
#include "pages/classify.h"
#include "pages/kcore.h"

#define WINDOW	256	/* pages read at once */
#define SAMPLES 128

#define IS_TAIL(flags) ((flags) >> KPF_COMPOUND_TAIL & 1)

/* Kinds that reference counts tell more about. */
#define KINDS_COUNTED (KINDS_MOVED | KIND_BIT(PAGE_UNCLEAR))

enum { KPAGEFLAGS, KPAGECOUNT, KPAGECGROUP, NR_FILES };

struct scan {
	struct pages *pages;
	struct kcore kcore;
	int fds[NR_FILES];	/* a negative errno: cannot be opened */
	/* of one block */
	__u64 *flags;
	__u64 *cgroups;
	__u64 *maps;		/* of one folio */
	char *structs;		/* struct pages; none of those in free runs */
	bool *alike;		/* all pages of a window */
	__u8 *kinds;		/* of the second look */
};

static int read_words(int fd, __u64 pfn, size_t nr, __u64 *words)
{
	return path_read_at(fd, words, nr * sizeof(*words),
			    pfn * sizeof(*words));
}

/*
 * The words of a window. Of pages alike, the first and the last tell for all; if
 * they differ, the pages are not alike after all.
 */
static int read_window(int fd, __u64 pfn, bool *alike, __u64 *words)
{
	__u64 last;
	size_t k;
	int rc;

	if (*alike) {
		rc = read_words(fd, pfn, 1, words);
		if (!rc)
			rc = read_words(fd, pfn + WINDOW - 1, 1, &last);
		if (rc)
			return rc;
		*alike = *words == last;
	}
	for (k = 1; *alike && k < WINDOW; k++)
		words[k] = last;
	return *alike ? 0 : read_words(fd, pfn, WINDOW, words);
}

/* Reads struct pages; returns how many pages of the block are free from i on. */
static size_t read_structs(struct scan *scan, __u64 pfn, size_t i)
{
	char *structs = scan->structs + i * scan->kcore.page_size;
	size_t left = scan->pages->per_block - i;
	__u64 nr;

	scan->alike[i / WINDOW] = false;
	if (!scan->pages->no_refs)
		scan->pages->no_refs = kcore_read(&scan->kcore, pfn + i, WINDOW,
						  structs);
	if (scan->pages->no_refs)
		return 0;
	scan->alike[i / WINDOW] = kcore_alike(&scan->kcore, structs, WINDOW);
	nr = kcore_free(&scan->kcore, structs, pfn + i);
	return nr < left ? nr : left;
}

static int read_block(struct scan *scan, __u64 pfn)
{
	int rc = 0, *cgroup_fd = &scan->fds[KPAGECGROUP], cgroup_rc;
	size_t i, k, nr;
	bool alike;

	for (i = 0; !rc && i < scan->pages->per_block; i += nr) {
		nr = read_structs(scan, pfn, i);
		for (k = 0; nr >= WINDOW && k < nr; k++)
			scan->flags[i + k] = 1ULL << KPF_BUDDY;
		/* a smaller run ends within the structs that were read */
		if (nr >= WINDOW)
			continue;
		nr = WINDOW;
		alike = scan->alike[i / WINDOW];
		cgroup_rc = *cgroup_fd < 0 ? 0 :
			    read_window(*cgroup_fd, pfn + i, &alike,
					scan->cgroups + i);
		if (cgroup_rc) {
			close(*cgroup_fd);
			*cgroup_fd = cgroup_rc;
		}
		rc = read_window(scan->fds[KPAGEFLAGS], pfn + i,
				 &scan->alike[i / WINDOW], scan->flags + i);
	}
	return rc;
}

/* The part of a folio that lies in this block. Returns 0 or a negative errno. */
static int count_folio(struct scan *scan, __u64 pfn, size_t i, size_t size,
		       __u8 *kinds)
{
	enum page_kind kind = kinds[i], now;
	size_t k;
	__u32 refs;
	int rc = 0;

	kcore_counts(&scan->kcore, scan->structs + i * scan->kcore.page_size,
		     &refs, scan->maps);
	if (size > 1 && classify_needs_maps(kind, scan->flags[i], refs, size))
		rc = read_words(scan->fds[KPAGECOUNT], pfn + i, size,
				scan->maps);
	if (rc)
		return rc;
	now = classify_folio(kind, scan->flags[i], refs, scan->maps, size);
	/* a poisoned tail is of another kind */
	for (k = 0; k < size; k++)
		if (kinds[i + k] == kind)
			kinds[i + k] = now;
	return 0;
}

static int count_refs(struct scan *scan, __u64 pfn, __u8 *kinds)
{
	size_t i, nr, size, end = scan->pages->per_block;
	int rc = 0;

	for (i = 0; !rc && i < end; i += nr) {
		size = 1;
		nr = scan->alike[i / WINDOW] ? WINDOW : 1;
		/* the head of a tail here is in the block before */
		if (!(KIND_BIT(kinds[i]) & KINDS_COUNTED) ||
		    IS_TAIL(scan->flags[i]))
			continue;
		while (i + size < end && IS_TAIL(scan->flags[i + size]))
			size++;
		rc = count_folio(scan, pfn, i, size, kinds);
		if (nr < size)
			nr = size;
		else
			memset(kinds + i, kinds[i], nr);
	}
	return rc;
}

/* Charges control groups for pages of these kinds. */
static void charge(struct scan *scan, const __u8 *kinds, __u32 charged)
{
	size_t i, nr, end = scan->pages->per_block;
	const __u64 *inodes = scan->cgroups;

	for (i = 0; i < end; i += nr) {
		for (nr = 1; i + nr < end && kinds[i + nr] == kinds[i] &&
		     inodes[i + nr] == inodes[i];)
			nr++;
		if (!(KIND_BIT(kinds[i]) & charged))
			continue;
		if (scan->fds[KPAGECGROUP] < 0)
			scan->pages->no_cgroups = scan->fds[KPAGECGROUP];
		else if (inodes[i])
			pages_charge(scan->pages, inodes[i], kinds[i], nr);
	}
}

static int look(struct scan *scan, __u64 pfn, __u8 *kinds)
{
	struct pages *pages = scan->pages;
	int rc = read_block(scan, pfn);

	if (rc)
		return fail(EX_FAILED, rc == -EBADMSG ? SEE_DMESG :
			    what_next(rc), "cannot read /proc/kpageflags: %s",
			    rc == -EBADMSG ? "it ends too early" : why(rc));
	classify_pages(scan->flags, pages->per_block, kinds);
	if (!pages->no_refs)
		pages->no_refs = count_refs(scan, pfn, kinds);
	return 0;
}

static int look_first(struct scan *scan, __u64 pfn, __u8 *kinds)
{
	int rc = look(scan, pfn, kinds);

	if (!rc)
		charge(scan, kinds, KINDS_MOVED & ~KIND_BIT(PAGE_PINNED));
	return rc;
}

/*
 * The kernel holds a reference for a moment while it looks up or moves a page:
 * what is pinned still has it on the second look.
 */
static int look_again(struct scan *scan, __u64 pfn, __u8 *kinds)
{
	size_t i, nr = scan->pages->per_block;
	int rc;

	if (!memchr(kinds, PAGE_PINNED, nr))
		return 0;
	rc = look(scan, pfn, scan->kinds);
	if (rc)
		return rc;
	for (i = 0; i < nr; i++) {
		if (kinds[i] == PAGE_PINNED)
			kinds[i] = scan->kinds[i];
		else
			scan->kinds[i] = PAGE_ABSENT;
	}
	charge(scan, scan->kinds, KINDS_MOVED);
	return 0;
}

/* The first block is read even if kmemctl is to stop, to tell why it failed. */
static int each_block(struct scan *scan,
		      int (*each)(struct scan *scan, __u64 pfn, __u8 *kinds))
{
	struct pages *pages = scan->pages;
	const struct block_set *set = pages->blocks;
	size_t i;
	int rc = 0;

	for (i = 0; !rc && i < set->nr; i++) {
		rc = i > 0 ? stop_check() : 0;
		if (!rc && set->blocks[i].zone != ZONE_OFFLINE)
			rc = each(scan, set->blocks[i].id * pages->per_block,
				  pages->kinds + i * pages->per_block);
	}
	return rc;
}

/*
 * Empties the per-CPU batches of the LRU, which hold references to pages: the
 * kernel does so before it moves our pages, and here there are none to move.
 */
static void settle(void)
{
	unsigned long nodes[MAX_NODES / (8 * sizeof(long))] = { 0 };

	if (!syscall(SYS_get_mempolicy, NULL, nodes, MAX_NODES + 1, NULL,
		     MPOL_F_MEMS_ALLOWED))
		syscall(SYS_migrate_pages, 0, MAX_NODES + 1, nodes, nodes);
}

static int look_twice(struct scan *scan)
{
	struct pages *pages = scan->pages;
	int rc;

	if (!pages->no_refs)
		settle();
	rc = each_block(scan, look_first);
	if (rc || !memchr(pages->kinds, PAGE_PINNED,
			  pages->blocks->nr * pages->per_block))
		return rc;
	usleep(20000);
	return each_block(scan, look_again);
}

static int scan_open(struct scan *scan)
{
	static const char * const paths[NR_FILES] = {
		"/proc/kpageflags", "/proc/kpagecount", "/proc/kpagecgroup",
	};
	struct pages *pages = scan->pages;
	size_t i, nr = pages->per_block;

	for (i = 0; i < NR_FILES; i++)
		scan->fds[i] = path_open("%s", paths[i]);
	pages->no_refs = kcore_open(&scan->kcore);
	if (!pages->no_refs && scan->fds[KPAGECOUNT] < 0)
		pages->no_refs = scan->fds[KPAGECOUNT];
	scan->flags = need_memory(calloc(nr, sizeof(*scan->flags)));
	scan->cgroups = need_memory(calloc(nr, sizeof(*scan->cgroups)));
	scan->maps = need_memory(calloc(nr, sizeof(*scan->maps)));
	scan->structs = need_memory(calloc(nr, scan->kcore.page_size + 1));
	scan->alike = need_memory(calloc(nr, sizeof(*scan->alike)));
	scan->kinds = need_memory(malloc(nr));
	return scan->fds[KPAGEFLAGS] >= 0 ? 0 :
	       fail(EX_FAILED, scan->fds[KPAGEFLAGS] == -ENOENT ?
		    "the kernel needs CONFIG_PROC_PAGE_MONITOR" :
		    "run kmemctl as root: only root can see what pages are used for",
		    "cannot read /proc/kpageflags: %s",
		    why(scan->fds[KPAGEFLAGS]));
}

static void scan_close(struct scan *scan)
{
	size_t i;

	for (i = 0; i < NR_FILES; i++)
		if (scan->fds[i] >= 0)
			close(scan->fds[i]);
	kcore_close(&scan->kcore);
	free(scan->flags);
	free(scan->cgroups);
	free(scan->maps);
	free(scan->structs);
	free(scan->alike);
	free(scan->kinds);
}

int pages_read(struct pages *pages, const struct block_set *blocks)
{
	struct scan scan = { .pages = pages };
	int rc;

	*pages = (struct pages){
		.blocks = blocks,
		.page_size = sysconf(_SC_PAGESIZE),
		.per_block = blocks->block_size / sysconf(_SC_PAGESIZE),
	};
	if (pages->per_block < WINDOW)
		return fail(EX_FAILED, SEE_DMESG,
			    "memory blocks of %llu bytes are too small",
			    blocks->block_size);
	/* the part of offline blocks is not written, so it takes no memory */
	pages->kinds = need_memory(calloc(blocks->nr + 1, pages->per_block));
	/* offline blocks need no scan, and so no root */
	if (!blocks_online(blocks))
		return 0;
	rc = scan_open(&scan);
	if (!rc)
		rc = look_twice(&scan);
	scan_close(&scan);
	return rc;
}

/* At odd distances, so as not to read only heads, or only tails, of folios. */
static int sample_block(int fd, __u64 pfn, size_t per_block, __u8 *percent)
{
	unsigned int i, used = 0;
	__u64 flags, at;
	__u8 kind;
	int rc;

	for (i = 0; i < SAMPLES; i++) {
		at = pfn + i * per_block / SAMPLES + i * 7 % (per_block /
							      SAMPLES + 1);
		rc = read_words(fd, at, 1, &flags);
		if (rc)
			return rc;
		classify_pages(&flags, 1, &kind);
		used += kind != PAGE_ABSENT && kind != PAGE_FREE &&
			kind != PAGE_UNCLEAR;
	}
	*percent = (used * 100 + SAMPLES - 1) / SAMPLES;
	return 0;
}

int usage_sample(__u8 *percent, const struct block_set *blocks)
{
	size_t i, per_block = blocks->block_size / sysconf(_SC_PAGESIZE);
	int fd = path_open("/proc/kpageflags"), rc = 0;

	if (fd < 0)
		return fd;
	for (i = 0; !rc && i < blocks->nr; i++)
		if (blocks->blocks[i].zone != ZONE_OFFLINE)
			rc = sample_block(fd, blocks->blocks[i].id * per_block,
					  per_block, &percent[i]);
	close(fd);
	return rc;
}
