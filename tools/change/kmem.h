/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kmemctl asks of the kmem driver: to take a device, to plug and unplug its
 * memory, to let go of it.
 */
#ifndef KMEMCTL_KMEM_H
#define KMEMCTL_KMEM_H

#include "device/memblock.h"
#include "device/memmap.h"

/* What the kmem driver that holds a device offers to change its memory. */
enum kmem_interface {
	KMEM_BLOCKS,		/* each memory block's "state" */
	KMEM_STATE,		/* Linux 7.3: also the device's "state" */
	KMEM_OURS,		/* dax-kmem: the same, fast and rolled back */
};

/* By the attributes of the device; KMEM_BLOCKS if kmem does not hold it. */
enum kmem_interface kmem_interface(const char *name);

/* Attributes of dax-kmem that a bind resets; -1: the driver has none. */
struct kmem_attributes {
	int exclusive;
	int memmap_on_memory;
};

void kmem_attributes_read(struct kmem_attributes *values, const char *name);
/* Writes those that differ and that the driver has. */
void kmem_attributes_write(const struct kmem_attributes *values,
			   const char *name);

/* kmem/exclusive is 1: a single block's "state" takes no write. */
bool kmem_exclusive(const char *name);

/* All that follows returns 0 or an exit code, with the failure remembered. */

/* Refuses if a kmem driver without the attribute is loaded. */
int kmem_exclusive_check(void);
/* EX_PARTLY on failure; a driver without the attribute is as good as 0. */
int kmem_exclusive_set(const char *name, bool exclusive);

/*
 * Where the memmap goes: from Linux 6.8 on by memmap_on_memory of the bus, before
 * by that of dax-kmem. First, before any change, whether kernel and device can do
 * what is requested; then, after memory was added, whether it went there.
 */
int kmem_memmap_check(const struct dax_dev *dev, const struct block_set *blocks,
		      enum memmap_request request);
int kmem_memmap_verify(const char *name, enum memmap_request request);
/*
 * Writes the bus's memmap_on_memory, which it takes while kmem does not hold the
 * device. Returns 0 or a negative errno.
 */
int memmap_bus_write(const char *name, int value);

/*
 * Before any change: whether kmem could take a device that it does not hold.
 * Refuses one in use or with data on it, if not forced.
 */
int kmem_can_take(const struct dax_dev *dev, const struct block_set *blocks,
		  bool force);
/*
 * Binds the device to kmem, whatever driver has it, with the memmap set to go
 * where requested. No block is onlined, and none may be left; dax-kmem adds all
 * of them, offline, if they are to be present.
 */
int kmem_take(const struct dax_dev *dev, const struct block_set *blocks,
	      enum memmap_request memmap, bool present);
/*
 * Loads the module and binds. No block comes online, whatever the system's
 * policy. dax-kmem adds all blocks if they are to be present.
 */
int kmem_bind_quiet(const char *name, bool present);
/* No other program took the device from kmem meanwhile. */
int kmem_still_holds(const char *name);

/*
 * One write to the device's "state": adds all memory and onlines it in one zone,
 * or offlines and removes it. dax-kmem rolls a failure back; after one of Linux
 * 7.3's kmem any block may be in any state.
 */
int kmem_plug(const char *name, enum zone zone);
int kmem_unplug(const char *name);

/*
 * The first failure of the last write to "state", as dax-kmem tells it.
 * Returns 0; -ENOENT: that write succeeded, or the driver does not tell.
 */
struct kmem_last_error {
	char step[16];		/* "online", "offline", "add", "remove", ... */
	char object[48];	/* "memory42", "0x100000000-0x13fffffff" or "all" */
	int err;		/* negative errno */
};

int kmem_last_error(const char *name, struct kmem_last_error *error);

/* Unbinds a device with all blocks offline, and checks that they are gone. */
int kmem_release(const struct dax_dev *dev);

#endif
