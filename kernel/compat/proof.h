/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the bus shows of a device, for the verification of its private layout.
 */
#ifndef _KMEM_PROOF_H
#define _KMEM_PROOF_H

#include <linux/types.h>

/* A write to an attribute of the bus takes less time than all these tries. */
#define DAX_TRIES	10
#define DAX_TRY_MSECS	20

struct device;

int dax_kmem_shown(struct device *dev, const char *name, u64 *value);
bool dax_kmem_size_is_lock_free(struct device *dev);

#endif /* _KMEM_PROOF_H */
