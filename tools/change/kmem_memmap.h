/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the memmap of a device that kmem holds goes: on the device or in RAM.
 */
#ifndef KMEMCTL_KMEM_MEMMAP_H
#define KMEMCTL_KMEM_MEMMAP_H

#include "device/memblock.h"
#include "device/memmap.h"

/* All but memmap_bus_write() return 0 or an exit code, failure remembered. */

/* Before any change: whether kernel and device can do what is requested. */
int kmem_memmap_check(const struct dax_dev *dev, const struct block_set *blocks,
		      enum memmap_request request);
/* Whether memmap_on_memory of the bus, or else of dax-kmem, says so already. */
bool kmem_memmap_is_set(const char *name, enum memmap_request request);
int kmem_memmap_set(const char *name, enum memmap_request request);
/* After memory was added: whether its memmap went where it was requested. */
int kmem_memmap_verify(const char *name, enum memmap_request request);

/*
 * Writes the bus's memmap_on_memory, which it takes while kmem does not hold the
 * device. Returns 0 or a negative errno.
 */
int memmap_bus_write(const char *name, int value);

#endif
