/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Estimates how much of each memory block is in use, by a sample of its pages.
 */
#ifndef KMEMCTL_USAGE_SAMPLE_H
#define KMEMCTL_USAGE_SAMPLE_H

#include "device/memblock.h"

struct usage_sample {
	__u8 *percent;		/* for each block of the set */
	int unknown;		/* errno if flags cannot be read, or 0 */
};

void usage_sample_read(struct usage_sample *sample, const struct block_set *blocks);

#endif
