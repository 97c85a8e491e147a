/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far it is, on the terminal: a bar, the rate and the time left.
 */
#ifndef KMEMCTL_PROGRESS_H
#define KMEMCTL_PROGRESS_H

#include "lib/util.h"

/*
 * Between these two, nothing else may be printed. Nothing is shown when stderr
 * is no terminal, or with --quiet or --verbose.
 */
void progress_begin(const char *device, const char *verb, __u64 blocks,
		    __u64 block_size);
void progress_end(void);

/* One more block is done, for where the driver does not count. */
void progress_step(void);

#endif
