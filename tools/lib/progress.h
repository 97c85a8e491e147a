/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A progress bar on the terminal, with the rate and the time left.
 */
#ifndef KMEMCTL_PROGRESS_H
#define KMEMCTL_PROGRESS_H

#include "lib/util.h"

enum direction { ONLINING, OFFLINING };

/*
 * Draw the bar of a device that has so many blocks to online or offline, until
 * progress_end(). Nothing else may be printed meanwhile. Does nothing when
 * stderr is no terminal, or with --quiet or --verbose.
 */
void progress_begin(const char *device, enum direction direction, __u64 blocks,
		    __u64 block_size);
/*
 * The same for bytes that are moved, of which moved() tells how many. It is
 * called by another thread.
 */
void progress_begin_move(const char *device, __u64 bytes,
			 __u64 (*moved)(void));
void progress_end(void);

/* One more block is done. It counts if the driver has no counters. */
void progress_step(void);

#endif
