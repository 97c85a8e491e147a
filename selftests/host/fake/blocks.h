/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory blocks of the fake kernel: one by one, and those of a device,
 * which are the blocks that lie wholly in its ranges.
 */
#ifndef FAKE_BLOCKS_H
#define FAKE_BLOCKS_H

#include <stdbool.h>

#define BLOCK_SIZE (128ULL << 20)

struct block_counts {
	unsigned long long whole;	/* blocks that the ranges have room for */
	unsigned long long offline, normal, movable;	/* blocks there are */
};

/* block is the path of its directory */
bool block_is_online(const char *block);

struct block_counts count_blocks(const char *dev);
bool has_blocks(const char *dev);
bool has_online_blocks(const char *dev);
/* Whether a block that FAKE_STUCK names is online. */
bool has_stuck_block(const char *dev);
/* The first that is offline. */
void online_a_block(const char *dev);

/*
 * Add the blocks that are not there, as a word of auto_online_blocks says; by a
 * write to "state" or by bind, which FAKE_SKIP and FAKE_AGENT tell apart.
 */
void add_blocks(const char *dev, const char *policy, bool by_state);
void remove_blocks(const char *dev);

/* A write to a block's "state": 0 or an errno. */
int write_block(const char *name, const char *value, bool wrong_zone);

#endif
