/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The time in which kmemctl changes things.
 */
#ifndef KMEMCTL_SESSION_H
#define KMEMCTL_SESSION_H

#include "lib/util.h"

/*
 * The limit is in seconds; 0: none. What a kmemctl that was killed has left is
 * put back, but not by a dry run. Returns 0 or an exit code, with the failure
 * remembered.
 */
int session_begin(unsigned int limit, bool dry_run);

/* What a kmemctl that was killed has left, in words; false: nothing. */
bool session_left(char *text, size_t size);

#endif
