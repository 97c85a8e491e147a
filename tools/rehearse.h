/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A dry run: the commands run as always, but each write is only noted, and what
 * the kernel would make of it is put where reading finds it.
 */
#ifndef KMEMCTL_REHEARSE_H
#define KMEMCTL_REHEARSE_H

#include "util.h"

/* From here to the end of the program nothing is changed. */
void rehearse(void);

/* One device. What a command that failed would have done is taken back. */
void rehearse_begin(void);
void rehearse_fail(void);
/* What it would have done, as a shell would do it, one to an element. */
char *const *rehearsed(size_t *nr);

/* What would be available of RAM; 0: nothing, or not known. */
__u64 rehearsed_available(void);

/* A module would be loaded now. */
void rehearse_load(const char *driver, bool ours);

#endif
