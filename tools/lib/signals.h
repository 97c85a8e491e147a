/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether a signal or the time limit asks kmemctl to stop.
 */
#ifndef KMEMCTL_SIGNALS_H
#define KMEMCTL_SIGNALS_H

#include "lib/util.h"

/* From here on, signals that would end kmemctl are only noted. */
void signals_catch(void);

/* True once a signal or the time limit asked; false while signals are held. */
bool stop_requested(void);
/* The same, and remembers it as the failure. Returns 0 or an exit code. */
int stop_check(void);

/*
 * After that many seconds it is as if a signal asked to stop; 0 ends a limit,
 * and what it stopped may go on.
 */
void stop_time_limit(unsigned int seconds);
bool stop_timed_out(void);

/* Between the two no signal is delivered, so that a rollback is complete. */
void signals_hold(void);
void signals_release(void);

#endif
