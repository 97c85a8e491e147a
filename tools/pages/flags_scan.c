// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reader of /proc/kpageflags and /proc/kpagecgroup: classifies pages by their
 * flags alone, on kernels that do not let the memmap be read. It also estimates
 * what is in use by a sample: to read all flags takes seconds for each TiB.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/path.h"
#include "lib/signals.h"
#include "pages/classify.h"

#define SAMPLES 128

struct reader {
	struct pages *pages;
	int flags_fd;
	int cgroup_fd;
	__u64 *words;		/* of a file, for the pages of one block */
};

/* Reads up to the last user page. Returns a negative errno. */
static int charge_block(struct reader *reader, __u64 pfn, const __u8 *kinds)
{
	size_t i, end = reader->pages->per_block;
	const __u64 *inodes = reader->words;
	int rc;

	while (end && !page_is_user(kinds[end - 1]))
		end--;
	if (!end)
		return 0;
	if (reader->cgroup_fd < 0)
		return reader->cgroup_fd;
	rc = path_read_at(reader->cgroup_fd, reader->words,
			  end * sizeof(*inodes), pfn * sizeof(*inodes));
	for (i = 0; !rc && i < end; i++)
		if (inodes[i] && page_is_user(kinds[i]))
			pages_charge(reader->pages, inodes[i], kinds[i], 1);
	return rc;
}

static int scan_block(struct reader *reader, size_t i)
{
	struct pages *pages = reader->pages;
	__u64 pfn = pages->blocks->blocks[i].id * pages->per_block;
	__u8 *kinds = pages->kinds + i * pages->per_block;
	int rc;

	rc = path_read_at(reader->flags_fd, reader->words,
			  pages->per_block * sizeof(*reader->words),
			  pfn * sizeof(*reader->words));
	if (rc)
		return fail(EX_FAILED, rc == -EBADMSG ? SEE_DMESG :
			    what_next(rc), "cannot read /proc/kpageflags: %s",
			    rc == -EBADMSG ? "it ends too early" : why(rc));
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
	for (i = 0; !rc && i < pages->blocks->nr; i++) {
		rc = i > 0 ? stop_check() : 0;
		if (!rc && pages->blocks->blocks[i].zone != ZONE_OFFLINE)
			rc = scan_block(&reader, i);
	}
	free(reader.words);
	close(reader.flags_fd);
	if (reader.cgroup_fd >= 0)
		close(reader.cgroup_fd);
	return rc;
}

static bool in_use(__u64 flags)
{
	__u8 kind;

	classify_pages(&flags, 1, &kind);
	return kind != PAGE_ABSENT && kind != PAGE_FREE && kind != PAGE_UNCLEAR;
}

/* At odd distances, so as not to read only heads, or only tails, of folios. */
static int sample_block(int fd, __u64 pfn, size_t per_block, __u8 *percent)
{
	unsigned int i, used = 0;
	__u64 flags, at;
	int rc;

	for (i = 0; i < SAMPLES; i++) {
		at = pfn + i * per_block / SAMPLES + i * 7 % (per_block /
							      SAMPLES + 1);
		rc = path_read_at(fd, &flags, sizeof(flags),
				  at * sizeof(flags));
		if (rc)
			return rc;
		used += in_use(flags);
	}
	*percent = (used * 100 + SAMPLES - 1) / SAMPLES;
	return 0;
}

void usage_sample_read(struct usage_sample *sample,
		       const struct block_set *blocks)
{
	size_t i, per_block = blocks->block_size / sysconf(_SC_PAGESIZE);
	int fd = path_open("/proc/kpageflags");

	sample->percent = need_memory(calloc(blocks->nr + 1, 1));
	sample->unknown = fd < 0 ? fd : 0;
	for (i = 0; !sample->unknown && i < blocks->nr; i++)
		if (blocks->blocks[i].zone != ZONE_OFFLINE)
			sample->unknown = sample_block(fd, blocks->blocks[i].id *
						     per_block, per_block,
						     &sample->percent[i]);
	if (fd >= 0)
		close(fd);
}
