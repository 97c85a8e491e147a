/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which driver holds a dax device.
 */
#ifndef KMEMCTL_DAX_BIND_H
#define KMEMCTL_DAX_BIND_H

#include <stdbool.h>

/* The driver takes the device by "bind" alone: its name need not be in new_id. */
bool dax_driver_matches(const char *name, const char *driver);

/*
 * Take the device from whatever driver holds it and give it to another. On
 * failure the device may be left without a driver: see rollback.h.
 */
int dax_bind(const char *name, const char *driver);
int dax_unbind(const char *name, const char *driver);
/* Make kmem forget the device's name, so it cannot grab it later. */
int dax_forget_id(const char *name);
/* Again for what dax_bind() could not make a driver forget. */
int dax_forget_left(const char *name);

#endif
