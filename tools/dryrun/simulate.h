/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The simulated kernel: its files, and what a write to one of them does.
 */
#ifndef KMEMCTL_SIMULATE_H
#define KMEMCTL_SIMULATE_H

#include <stdbool.h>

/*
 * From here to the end of the program writes are only recorded, and reading a
 * file gives what it would hold after them.
 */
void simulate_start(void);

/*
 * Around one device. simulate_end() returns its writes as lines of a shell
 * script, to be freed; NULL: none. If the command failed they are undone.
 */
void simulate_begin(void);
char *simulate_end(bool failed);

#endif
