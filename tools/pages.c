// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each page of a set of memory blocks is used for: by the memmap, or where
 * the kernel keeps that to itself, by /proc/kpageflags alone.
 */
#include "pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kpage.h"
#include "scan.h"
#include "sysfs.h"

#define CHUNK	32768		/* pages in one read: 256 KiB of flags */

struct reader {
	int flags_fd;
	int cgroup_fd;
	__u64 flags[CHUNK];
	__u64 inodes[CHUNK];
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

/* Only the stretch that programs have pages in is read. */
static int charge_chunk(struct pages *pages, struct reader *reader, __u64 pfn,
			size_t nr, const __u8 *kinds)
{
	size_t i, first = 0, end = nr;
	ssize_t n;

	while (first < end && !page_is_user(page_kind(kinds[first])))
		first++;
	while (end > first && !page_is_user(page_kind(kinds[end - 1])))
		end--;
	if (first == end)
		return 0;
	if (reader->cgroup_fd < 0)
		return reader->cgroup_fd;
	n = pread(reader->cgroup_fd, reader->inodes,
		  (end - first) * sizeof(*reader->inodes),
		  (pfn + first) * sizeof(*reader->inodes));
	if (n < 0)
		return -errno;
	for (i = 0; i < n / sizeof(*reader->inodes); i++)
		if (reader->inodes[i] && page_is_user(kinds[first + i]))
			pages_charge(pages, reader->inodes[i],
				     kinds[first + i], 1);
	return 0;
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
		rc = read_numbers(reader->flags_fd, "kpageflags", pfn + done,
				  nr, reader->flags);
		if (rc)
			return rc;
		kpage_classify(reader->flags, nr, !done, kinds + done);
		if (!pages->no_cgroups)
			pages->no_cgroups = charge_chunk(pages, reader,
							 pfn + done, nr,
							 kinds + done);
	}
	return rc;
}

static int read_flags(struct pages *pages, struct reader *reader)
{
	size_t i;
	int rc = 0;

	reader->flags_fd = sysfs_open("/proc/kpageflags");
	if (reader->flags_fd < 0)
		return fail(EX_FAILED, reader->flags_fd == -ENOENT ?
			    "the kernel needs CONFIG_PROC_PAGE_MONITOR" :
			    "run kmemctl as root: only root can see what pages are used for",
			    "cannot read /proc/kpageflags: %s",
			    why(reader->flags_fd));
	reader->cgroup_fd = sysfs_open("/proc/kpagecgroup");
	for (i = 0; !rc && i < pages->blocks->nr; i++)
		if (pages->blocks->blocks[i].zone != ZONE_OFFLINE)
			rc = read_block(pages, reader, i);
	close(reader->flags_fd);
	if (reader->cgroup_fd >= 0)
		close(reader->cgroup_fd);
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
	struct reader *reader;
	int rc;

	pages_none(pages, blocks);
	pages->no_refs = scan_pages(pages);
	if (!pages->no_refs)
		return 0;
	free(pages->charges);
	pages->charges = NULL;
	pages->nr_charges = 0;
	reader = need_memory(malloc(sizeof(*reader)));
	rc = read_flags(pages, reader);
	free(reader);
	return rc;
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
	const struct block *block;
	__u64 guess;

	/* most devices have all the blocks from their first one on */
	guess = set->nr ? id - set->blocks[0].id : 0;
	block = guess < set->nr ? &set->blocks[guess] : NULL;
	if (!block || block->id != id)
		block = blocks_find(set, id);
	return block ? pages->kinds + (block - set->blocks) * pages->per_block :
	       NULL;
}

/* Pages that lie together are mostly alike: eight at a time. */
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
		pages->nr_charges++;
		pages->charges =
			need_memory(realloc(pages->charges,
					    pages->nr_charges *
					    sizeof(*pages->charges)));
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
