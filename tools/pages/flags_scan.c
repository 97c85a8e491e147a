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

#define CHUNK	32768		/* pages in one read: 256 KiB of flags */

struct reader {
	int flags_fd;
	int cgroup_fd;
	__u64 flags[CHUNK];
	__u64 inodes[CHUNK];
};

/* A read ends at the last page that the kernel has. */
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

/* Read from the first user page to the last. */
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
		classify_pages(reader->flags, nr, !done, kinds + done);
		if (!pages->no_cgroups)
			pages->no_cgroups = charge_chunk(pages, reader,
							 pfn + done, nr,
							 kinds + done);
	}
	return rc;
}

static int scan_blocks(struct pages *pages, struct reader *reader)
{
	size_t i;
	int rc = 0;

	reader->flags_fd = path_open("/proc/kpageflags");
	if (reader->flags_fd < 0)
		return fail(EX_FAILED, reader->flags_fd == -ENOENT ?
			    "the kernel needs CONFIG_PROC_PAGE_MONITOR" :
			    "run kmemctl as root: only root can see what pages are used for",
			    "cannot read /proc/kpageflags: %s",
			    why(reader->flags_fd));
	reader->cgroup_fd = path_open("/proc/kpagecgroup");
	for (i = 0; !rc && i < pages->blocks->nr; i++)
		if (pages->blocks->blocks[i].zone != ZONE_OFFLINE)
			rc = read_block(pages, reader, i);
	close(reader->flags_fd);
	if (reader->cgroup_fd >= 0)
		close(reader->cgroup_fd);
	return rc;
}

int flags_scan(struct pages *pages)
{
	struct reader *reader = need_memory(malloc(sizeof(*reader)));
	int rc = scan_blocks(pages, reader);

	free(reader);
	return rc;
}
