/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a NUMA node stands: its distance, its memory tier, its speed.
 */
#ifndef KMEMCTL_PLACE_H
#define KMEMCTL_PLACE_H

#include "util.h"

struct speed {
	__u64 latency;		/* ns */
	__u64 bandwidth;	/* MB/s */
};

/* All return false for what the kernel does not say. */

/* From the nearest node with CPUs. */
bool place_distance(int node, int *distance);
/* The number of the tier; a node has none before it has memory. */
bool place_tier(int node, int *tier);
/* As HMAT says, from the best node to start from. */
bool place_speed(int node, const char *access, struct speed *speed);

#endif
