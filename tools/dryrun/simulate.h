/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A dry run: the commands run as always, but each write is only noted, and what
 * the kernel would make of it is put where reading finds it.
 */
#ifndef KMEMCTL_SIMULATE_H
#define KMEMCTL_SIMULATE_H

#include "lib/util.h"

/* From here to the end of the program nothing is changed. */
void simulate_start(void);

/* One device. What a command that failed would have done is taken back. */
void simulate_begin(void);
void simulate_fail(void);
/* What it would have done, as a shell would do it, one to an element. */
char *const *simulated_writes(size_t *nr);

/* What would be available of RAM; 0: nothing, or not known. */
__u64 simulated_available(void);

#endif
