/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lock against a second kmemctl, and the note its owner leaves in it.
 */
#ifndef KMEMCTL_LOCK_H
#define KMEMCTL_LOCK_H

#include "lib/util.h"

/* A pid, and a line for each setting that is to be put back. */
#define LOCK_NOTE_SIZE 256

struct lock_note {
	char pid[16];
	char text[LOCK_NOTE_SIZE];	/* empty: there is none */
};

/*
 * Takes the lock until kmemctl exits; waits for its owner. What an owner that
 * was killed has noted is in *left. Returns 0 or an exit code, with the failure
 * remembered.
 */
int lock_take(struct lock_note *left);

/* Replaces the note. It does nothing without the lock, and in a dry run. */
void lock_note(const char *text);
/* From here on the note stays as it is. */
void lock_keep_note(void);

/* Reads the note of an owner that was killed; false: there is none. */
bool lock_left(struct lock_note *left);

#endif
