/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memmap, the kernel's description of each page: what it costs, and whether
 * it is kept on the device itself or in ordinary RAM.
 */
#ifndef KMEMCTL_MEMMAP_H
#define KMEMCTL_MEMMAP_H

#include "lib/util.h"

/* Bytes it takes for so many bytes of memory. */
__u64 memmap_cost(__u64 bytes);
/* What new allocations may take of RAM; 0: not known. */
__u64 mem_available(void);

/* What the kernel's parameter says: "Y", "N", "force"; false: it has none. */
bool memmap_parameter(char *buf, size_t size);
/* The kernel would put it on a device. */
bool memmap_allowed(void);
/* Only our driver says how much of it is on the device now. */
bool memmap_held(const char *name, __u64 *bytes);
/* It is asked for on this device, and the kernel would put it there. */
bool memmap_on_device(const char *name);

/* Where somebody wants it. */
enum memmap_request { MEMMAP_ANY, MEMMAP_ON_DEVICE, MEMMAP_IN_RAM };

/*
 * What the bus itself keeps of it, from Linux 6.8 on: 0, 1, or -1 where it keeps
 * nothing.
 */
int memmap_setting(const char *name);

#endif
