/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memmap, the kernel's description of each page: what it costs, and whether
 * it is kept on the device itself or in ordinary RAM.
 */
#ifndef KMEMCTL_MEMMAP_H
#define KMEMCTL_MEMMAP_H

#include "lib/util.h"

/* Bytes of memmap for that many bytes of memory. */
__u64 memmap_cost(__u64 bytes);

/* The kernel's parameter: "Y", "N" or "force"; false: it has none. */
bool memmap_parameter(char *buf, size_t size);
/* That parameter allows a memmap on a device. */
bool memmap_allowed(void);
/* Bytes of memmap on the device now; false: the driver is not dax-kmem. */
bool memmap_held(const char *name, __u64 *bytes);
/* The device asks for it, and the kernel allows it. */
bool memmap_on_device(const char *name);

/* What the user asks for. */
enum memmap_request { MEMMAP_ANY, MEMMAP_ON_DEVICE, MEMMAP_IN_RAM };

/* memmap_on_memory of the bus: 0 or 1; -1: none, before Linux 6.8. */
int memmap_setting(const char *name);

#endif
