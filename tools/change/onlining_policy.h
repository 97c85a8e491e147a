/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy for new memory, while a device is bound: no block of it may come
 * online before kmemctl onlines it.
 */
#ifndef KMEMCTL_ONLINING_POLICY_H
#define KMEMCTL_ONLINING_POLICY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Sets dax-kmem's parameter bind_state where that driver is loaded, and else
 * the system's auto_online_blocks, so that what is bound now stays offline.
 * With dax-kmem, memory is added at once only if it is to be present. Both
 * return 0 or an exit code, with the failure remembered.
 */
int onlining_policy_hold(bool present);
/* Writes the former values back. May be tried again after a failure. */
int onlining_policy_release(void);
/* Name of a setting that still has kmemctl's value, or NULL. */
const char *onlining_policy_held(void);

/* Notes the former values in the lock file, for the next kmemctl. */
void onlining_policy_note(void);
/*
 * Takes over such a note, so that a release writes the values back. A setting
 * that has changed since is left out. The others are described in text; false:
 * there is none.
 */
bool onlining_policy_adopt(const char *note, char *text, size_t size);

#endif
