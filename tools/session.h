/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What holds while kmemctl changes things: the lock against a second kmemctl, and
 * signals noticed instead of deadly.
 */
#ifndef KMEMCTL_SESSION_H
#define KMEMCTL_SESSION_H

#include "util.h"

/*
 * The limit is in seconds; 0: none. What a kmemctl that was killed has left is
 * put back, but not by a dry run.
 */
int session_begin(unsigned int limit, bool dry_run);

/* True once a signal asked us to stop; always false during an undo. */
bool session_interrupted(void);
/* The same, and remembers it as the failure. */
int session_check(void);

/*
 * After that many seconds it is as if a signal asked us to stop; 0 ends a limit,
 * and what it stopped may go on.
 */
void session_time_limit(unsigned int seconds);
bool session_timed_out(void);

/* From here to the end no signal reaches us, so the undo is complete. */
void session_undo_begin(void);
void session_undo_end(void);

/*
 * What is on hold, in lines: whoever takes the lock after us reads it if we are
 * killed.
 */
void session_note(const char *text);
/* What a kmemctl that was killed has left, in words; false: nothing. */
bool session_left(char *text, size_t size);

#endif
