/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * change/ is for all changes: a session takes the lock, module.c loads drivers,
 * dax_bind.c and kmem.c write to them, block_state.c to memory blocks, and
 * rollback.c undoes a failed command. Calls only device/ and lib/.
 */
#ifndef KMEMCTL_SESSION_H
#define KMEMCTL_SESSION_H

#include "lib/util.h"

/*
 * Before the first change: takes the lock, catches signals, and restores what a
 * kmemctl that was killed has left changed; a dry run only says that. The time
 * limit is in seconds, 0: none. Returns 0 or an exit code, with the failure
 * remembered.
 */
int session_begin(unsigned int limit, bool is_dry_run);

/* Describes what a kmemctl that was killed has left changed; false: nothing. */
bool session_left(char *text, size_t size);

#endif
