/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Binds dax devices to drivers and unbinds them.
 */
#ifndef KMEMCTL_DAX_BIND_H
#define KMEMCTL_DAX_BIND_H

#include <stdbool.h>

/* The driver takes the device without its name in new_id. */
bool dax_driver_matches(const char *name, const char *driver);

/* All that follows returns 0 or an exit code, with the failure remembered. */

/*
 * Takes the device from its driver, if it has one, and binds it to another.
 * After a failure it may have no driver: rollback.h restores that.
 */
int dax_bind(const char *name, const char *driver);
int dax_unbind(const char *name, const char *driver);
/* Removes the name from a driver's ids, so that it does not bind the device. */
int dax_forget_id(const char *name, const char *driver);
/* Tries again to remove the names that dax_bind() could not remove. */
int dax_forget_left(const char *name);

#endif
