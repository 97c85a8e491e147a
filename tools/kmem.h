/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Steps with the kmem driver that several commands share.
 */
#ifndef KMEMCTL_KMEM_H
#define KMEMCTL_KMEM_H

#include "memblock.h"

/* All return 0 or an exit code, with the failure remembered. */

/* Refuse what the driver would refuse, before anything is changed. */
int kmem_can_take(const struct dax_dev *dev, const struct block_set *blocks);
/* Bind with all memory arriving offline, whatever the system's policy is. */
int kmem_bind_offline(const char *name);
/* Nobody took the device from kmem meanwhile. */
int kmem_still_holds(const char *name);
/* Unbind, and prove that the memory went with it. */
int kmem_release(const struct dax_dev *dev);

#endif
