// SPDX-License-Identifier: GPL-2.0-only
/*
 * Estimates how much of each memory block is in use, from the flags of some of
 * its pages: to read all of them takes seconds for each TiB.
 */
#include "pages/usage_sample.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/path.h"
#include "pages/classify.h"

#define SAMPLES 128

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
	ssize_t n;

	for (i = 0; i < SAMPLES; i++) {
		at = pfn + i * per_block / SAMPLES + i * 7 % (per_block /
							      SAMPLES + 1);
		n = pread(fd, &flags, sizeof(flags), at * sizeof(flags));
		if (n != sizeof(flags))
			return n < 0 ? -errno : -EBADMSG;
		used += in_use(flags);
	}
	*percent = (used * 100 + SAMPLES - 1) / SAMPLES;
	return 0;
}

void usage_sample_read(struct usage_sample *sample, const struct block_set *blocks)
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
