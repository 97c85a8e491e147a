/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Settings of the kernel that are others than the system's while a device is
 * bound.
 */
#ifndef KMEMCTL_ONLINING_POLICY_H
#define KMEMCTL_ONLINING_POLICY_H

#include <stdbool.h>
#include <stddef.h>

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

/* Note for the next kmemctl what is on hold. */
void settings_note(void);
/*
 * Take what such a note says, and is still so, as on hold by us; false: there is
 * nothing. Then what it is, in words.
 */
bool settings_adopt(const char *note);
void settings_text(char *buf, size_t size);

#endif
