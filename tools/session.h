/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What holds while kmemctl changes things: the lock against a second kmemctl,
 * signals noticed instead of deadly, the system's onlining policy on hold.
 */
#ifndef KMEMCTL_SESSION_H
#define KMEMCTL_SESSION_H

#include "util.h"

/* The limit is in seconds; 0: none. */
int session_begin(unsigned int limit);

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
 * A setting of the kernel that is another one while a device is bound, so that
 * no memory is onlined by anybody but us. A release that failed may be tried
 * again; it does nothing when nothing is on hold.
 */
int policy_hold(void);			/* auto_online_blocks=offline */
bool bind_state_exists(void);		/* our driver is loaded */
int bind_state_hold(const char *word);	/* what it does with new memory */
int settings_release(void);
/* Name of one that could not be released, or NULL. */
const char *setting_on_hold(void);

#endif
