// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reader of /proc/kpageflags and /proc/kpagecgroup: classifies pages by their
 * flags alone, on kernels that do not let the memmap be read.
 */
#include "pages/flags_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/path.h"
#include "pages/classify.h"

struct reader {
	struct pages *pages;
	int flags_fd;
	int cgroup_fd;
	__u64 *words;		/* of a file, for the pages of one block */
};

static int read_flags(const struct reader *reader, __u64 pfn)
{
	ssize_t size = reader->pages->per_block * sizeof(*reader->words), n;

	n = pread(reader->flags_fd, reader->words, size,
		  pfn * sizeof(*reader->words));
	if (n == size)
		return 0;
	return fail(EX_FAILED, n < 0 ? what_next(-errno) : SEE_DMESG,
		    "cannot read /proc/kpageflags: %s",
		    n < 0 ? strerror(errno) : "it ends too early");
}

/* Reads from the first user page to the last. Returns a negative errno. */
static int charge_block(struct reader *reader, __u64 pfn, const __u8 *kinds)
{
	size_t i, first = 0, end = reader->pages->per_block;
	ssize_t n;

	while (first < end && !page_is_user(kinds[first]))
		first++;
	while (end > first && !page_is_user(kinds[end - 1]))
		end--;
	if (first == end)
		return 0;
	if (reader->cgroup_fd < 0)
		return reader->cgroup_fd;
	n = pread(reader->cgroup_fd, reader->words,
		  (end - first) * sizeof(*reader->words),
		  (pfn + first) * sizeof(*reader->words));
	if (n < 0)
		return -errno;
	for (i = 0; i < n / sizeof(*reader->words); i++)
		if (reader->words[i] && page_is_user(kinds[first + i]))
			pages_charge(reader->pages, reader->words[i],
				     kinds[first + i], 1);
	return 0;
}

static int scan_block(struct reader *reader, size_t i)
{
	struct pages *pages = reader->pages;
	__u64 pfn = pages->blocks->blocks[i].id * pages->per_block;
	__u8 *kinds = pages->kinds + i * pages->per_block;
	int rc;

	rc = read_flags(reader, pfn);
	if (rc)
		return rc;
	classify_pages(reader->words, pages->per_block, kinds);
	if (!pages->no_cgroups)
		pages->no_cgroups = charge_block(reader, pfn, kinds);
	return 0;
}

int flags_scan(struct pages *pages)
{
	struct reader reader = { .pages = pages };
	size_t i;
	int rc = 0;

	reader.flags_fd = path_open("/proc/kpageflags");
	if (reader.flags_fd < 0)
		return fail(EX_FAILED, reader.flags_fd == -ENOENT ?
			    "the kernel needs CONFIG_PROC_PAGE_MONITOR" :
			    "run kmemctl as root: only root can see what pages are used for",
			    "cannot read /proc/kpageflags: %s",
			    why(reader.flags_fd));
	reader.cgroup_fd = path_open("/proc/kpagecgroup");
	reader.words = need_memory(malloc(pages->per_block *
					  sizeof(*reader.words)));
	for (i = 0; !rc && i < pages->blocks->nr; i++)
		if (pages->blocks->blocks[i].zone != ZONE_OFFLINE)
			rc = scan_block(&reader, i);
	free(reader.words);
	close(reader.flags_fd);
	if (reader.cgroup_fd >= 0)
		close(reader.cgroup_fd);
	return rc;
}
