/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * About how much of each memory block is in use, by a sample of its pages.
 */
#ifndef KMEMCTL_USAGE_SAMPLE_H
#define KMEMCTL_USAGE_SAMPLE_H

#include "device/memblock.h"

/* About how much of each block is in use, by a few pages of each. */
struct usage_sample {
	__u8 *percent;		/* for each block of the set */
	int unknown;		/* errno why, or 0 */
};

void usage_sample_read(struct usage_sample *full, const struct block_set *blocks);

#endif
