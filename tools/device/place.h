/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a NUMA node stands: its distance and its memory tier.
 */
#ifndef KMEMCTL_PLACE_H
#define KMEMCTL_PLACE_H

#include "lib/util.h"

/* All return false for what the kernel does not say. */

/* From the nearest node with CPUs. */
bool place_distance(int node, int *distance);
/* The number of the tier; a node has none before it has memory. */
bool place_tier(int node, int *tier);

/* From the nearest CPUs, as the firmware's HMAT has it; 0: not told. */
struct place_speed {
	int read_latency;	/* ns */
	int write_latency;
	int read_bandwidth;	/* MB/s */
	int write_bandwidth;
};

/* A node has none before it has memory. */
bool place_speed(int node, struct place_speed *speed);

#endif
