// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each page of a set of memory blocks is used for, out of /proc/kpageflags,
 * /proc/kpagecount and, where the kernel lets us, its reference counts.
 */
#include "pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kpage.h"
#include "refs.h"
#include "sysfs.h"

#define CHUNK	32768		/* pages in one read: 256 KiB of flags */
#define GAP	64

struct reader {
	int flags_fd;
	int maps_fd;
	struct refs refs;
	__u64 flags[CHUNK];
	__u64 maps[CHUNK];
	__u32 counts[CHUNK];
};

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

bool page_is_user(enum page_kind kind)
{
	return kind >= PAGE_ANON && kind <= PAGE_PINNED;
}

/* Beyond the last page the kernel knows there is nothing to read. */
static int read_numbers(int fd, const char *name, __u64 pfn, size_t nr,
			__u64 *values)
{
	ssize_t n;

	n = pread(fd, values, nr * sizeof(*values), pfn * sizeof(*values));
	if (n == (ssize_t)(nr * sizeof(*values)))
		return 0;
	return fail(EX_FAILED, n < 0 ? what_next(-errno) : SEE_DMESG,
		    "cannot read /proc/%s: %s", name,
		    n < 0 ? strerror(errno) : "it ends too early");
}

/* Only the stretch of the chunk that has something to tell is read. */
static int refine(struct pages *pages, struct reader *reader, __u64 pfn,
		  size_t nr, __u8 *kinds)
{
	size_t first = 0, end = nr;
	int rc;

	while (first < nr && !kpage_wants_refs(page_kind(kinds[first])))
		first++;
	while (end > first && !kpage_wants_refs(page_kind(kinds[end - 1])))
		end--;
	if (first == end || pages->no_refs)
		return 0;
	rc = read_numbers(reader->maps_fd, "kpagecount", pfn + first,
			  end - first, reader->maps);
	if (rc)
		return rc;
	pages->no_refs = refs_read(&reader->refs, pfn + first, end - first,
				   reader->counts);
	if (!pages->no_refs)
		kpage_refine(reader->flags + first, reader->maps,
			     reader->counts, end - first, kinds + first);
	return 0;
}

static int read_chunk(struct pages *pages, struct reader *reader, __u64 pfn,
		      size_t nr, bool at_start, __u8 *kinds)
{
	int rc;

	rc = read_numbers(reader->flags_fd, "kpageflags", pfn, nr,
			  reader->flags);
	if (rc)
		return rc;
	kpage_classify(reader->flags, nr, at_start, kinds);
	return refine(pages, reader, pfn, nr, kinds);
}

/*
 * A reference may be held for a moment, while something is looked up or moved.
 * Pinned is what is so twice.
 */
static int read_chunk_twice(struct pages *pages, struct reader *reader,
			    __u64 pfn, size_t nr, bool at_start, __u8 *kinds)
{
	__u8 *again;
	size_t i;
	int rc;

	rc = read_chunk(pages, reader, pfn, nr, at_start, kinds);
	if (rc || !memchr(kinds, PAGE_PINNED, nr))
		return rc;
	usleep(20000);
	refs_settle();
	again = need_memory(malloc(nr));
	rc = read_chunk(pages, reader, pfn, nr, at_start, again);
	for (i = 0; !rc && i < nr; i++)
		if (kinds[i] == PAGE_PINNED)
			kinds[i] = again[i];
	free(again);
	return rc;
}

/*
 * The next stretch of pages not known to be free. A few free ones in between
 * cost less than another call.
 */
static size_t next_stretch(const __u8 *kinds, size_t *at, size_t nr)
{
	size_t end, last;

	while (*at < nr && kinds[*at] == PAGE_FREE)
		++*at;
	for (end = *at, last = *at; end < nr && end - last < GAP; end++)
		if (kinds[end] != PAGE_FREE)
			last = end;
	return *at < nr ? last + 1 - *at : 0;
}

/*
 * The kernel takes long to say that a page is free, as all but the first of a
 * run look like nothing. In its memmap whole runs can be skipped.
 */
static int read_free_first(struct pages *pages, struct reader *reader,
			   __u64 pfn, size_t nr, bool at_start, __u8 *kinds)
{
	size_t at = 0, len;
	int rc = 0;

	memset(kinds, PAGE_UNCLEAR, nr);
	if (!pages->no_refs)
		pages->no_refs = refs_find_free(&reader->refs, pfn, nr, kinds,
						PAGE_FREE);
	while (!rc && (len = next_stretch(kinds, &at, nr))) {
		rc = read_chunk_twice(pages, reader, pfn + at, len,
				      at_start && !at, kinds + at);
		at += len;
	}
	return rc;
}

static int read_block(struct pages *pages, struct reader *reader, size_t i)
{
	__u64 pfn = pages->blocks->blocks[i].id * pages->per_block;
	__u8 *kinds = pages->kinds + i * pages->per_block;
	size_t done, nr;
	int rc = 0;

	for (done = 0; !rc && done < pages->per_block; done += nr) {
		nr = pages->per_block - done;
		if (nr > CHUNK)
			nr = CHUNK;
		rc = read_free_first(pages, reader, pfn + done, nr, !done,
				     kinds + done);
	}
	return rc;
}

static int open_numbers(int *fd, const char *name)
{
	*fd = sysfs_open("/proc/%s", name);
	if (*fd >= 0)
		return 0;
	return fail(EX_FAILED, *fd == -ENOENT ?
		    "the kernel needs CONFIG_PROC_PAGE_MONITOR" :
		    "run kmemctl as root: only root can see what pages are used for",
		    "cannot read /proc/%s: %s", name, why(*fd));
}

static int read_blocks(struct pages *pages, struct reader *reader)
{
	size_t i;
	int rc;

	rc = open_numbers(&reader->flags_fd, "kpageflags");
	if (!rc)
		rc = open_numbers(&reader->maps_fd, "kpagecount");
	if (rc)
		return rc;
	pages->no_refs = refs_open(&reader->refs);
	refs_settle();
	for (i = 0; !rc && i < pages->blocks->nr; i++)
		if (pages->blocks->blocks[i].zone != ZONE_OFFLINE)
			rc = read_block(pages, reader, i);
	refs_close(&reader->refs);
	return rc;
}

void pages_none(struct pages *pages, const struct block_set *blocks)
{
	memset(pages, 0, sizeof(*pages));
	pages->blocks = blocks;
	pages->page_size = sysconf(_SC_PAGESIZE);
	pages->per_block = blocks->block_size / pages->page_size;
	/* what stays offline is never touched, and so takes no memory */
	pages->kinds = need_memory(calloc(blocks->nr + 1, pages->per_block));
}

int pages_read(struct pages *pages, const struct block_set *blocks)
{
	struct reader *reader = need_memory(calloc(1, sizeof(*reader)));
	int rc;

	pages_none(pages, blocks);
	reader->flags_fd = -1;
	reader->maps_fd = -1;
	reader->refs.fd = -1;
	rc = read_blocks(pages, reader);
	if (reader->flags_fd >= 0)
		close(reader->flags_fd);
	if (reader->maps_fd >= 0)
		close(reader->maps_fd);
	free(reader);
	return rc;
}

void pages_free(struct pages *pages)
{
	free(pages->kinds);
	memset(pages, 0, sizeof(*pages));
}

__u8 *pages_find(const struct pages *pages, __u64 pfn)
{
	static size_t last;
	const struct block_set *set = pages->blocks;
	__u64 id = pfn / pages->per_block;
	const struct block *block;

	/* pages of one program tend to lie together */
	if (last >= set->nr || set->blocks[last].id != id) {
		block = blocks_find(set, id);
		if (!block)
			return NULL;
		last = block - set->blocks;
	}
	return pages->kinds + last * pages->per_block + pfn % pages->per_block;
}

void pages_count(const struct pages *pages, size_t i,
		 __u64 bytes[NR_PAGE_KINDS])
{
	const __u8 *kinds = pages->kinds + i * pages->per_block;
	__u64 nr[NR_PAGE_KINDS] = { 0 };
	size_t k;

	if (pages->blocks->blocks[i].zone == ZONE_OFFLINE) {
		bytes[PAGE_ABSENT] += pages->blocks->block_size;
		return;
	}
	for (k = 0; k < pages->per_block; k++)
		nr[page_kind(kinds[k])]++;
	for (k = 0; k < NR_PAGE_KINDS; k++)
		bytes[k] += nr[k] * pages->page_size;
}
