/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Steps with the kmem driver that several commands share.
 */
#ifndef KMEMCTL_KMEM_H
#define KMEMCTL_KMEM_H

#include "device/memblock.h"
#include "device/memmap.h"

/* How the driver that holds a device lets its memory be moved. */
enum kmem_interface {
	KMEM_BLOCKS,		/* each block by itself */
	KMEM_STATE,		/* also all at once, by the device's "state" */
	KMEM_OURS,		/* all at once is faster, safe and undone */
};

/* By the files of the device; KMEM_BLOCKS when kmem does not hold it. */
enum kmem_interface kmem_interface(const char *name);

/* Only a write to "state" moves the memory; a single block cannot. */
bool kmem_exclusive(const char *name);

/* What a bind to our driver resets. -1: there is no such setting. */
struct kmem_attributes {
	int exclusive;
	int memmap_on_memory;
};

void kmem_attributes_read(struct kmem_attributes *settings, const char *name);
/* As far as the driver takes it. */
void kmem_attributes_write(const struct kmem_attributes *settings,
			 const char *name);
/*
 * What the bus keeps of memmap_on_memory, written while the device is not bound
 * to kmem. Returns 0 or a negative errno.
 */
int memmap_setting_write(const char *name, int value);
void kmem_exclusive_off(const char *name);
/* Returns 0 or a negative errno; -ENOENT: the driver has no such setting. */
int kmem_exclusive_set(const char *name, bool exclusive);

/* All that follows returns 0 or an exit code, with the failure remembered. */

/* Refuse what the driver would refuse, before anything is changed. */
int kmem_can_take(const struct dax_dev *dev, const struct block_set *blocks);
/* The same for where its memmap is to be. */
int kmem_can_place(const struct dax_dev *dev, const struct block_set *blocks,
		   enum memmap_request memmap);
/*
 * Bound to kmem, whatever driver had it, with the memmap to be placed as wished.
 * Nothing is onlined, and what was present may be gone.
 */
int kmem_take(const struct dax_dev *dev, const struct block_set *blocks,
	      enum memmap_request memmap, bool present);
/* The memmap is where it was wished to be, as far as the driver tells. */
int kmem_placed(const char *name, enum memmap_request memmap);
/*
 * Load the module and bind, with nothing onlined whatever the system's policy
 * is. Our driver adds the memory, offline, when it is to be present.
 */
int kmem_bind_quiet(const char *name, bool present);
/* Nobody took the device from kmem meanwhile. */
int kmem_still_holds(const char *name);

/*
 * One write to "state", from a driver that has it: all memory is added and
 * onlined in one zone, or offlined and removed. Anything in between is undone
 * by our driver; the in-tree one needs a look at what came of it.
 */
int kmem_plug(const char *name, enum zone zone);
int kmem_unplug(const char *name);

/*
 * The first failure of the last write to "state", as our driver tells it.
 * Returns 0; -ENOENT: that write succeeded, or the driver does not tell.
 */
struct kmem_last_error {
	char step[16];		/* "online", "offline", "add", "remove", ... */
	char object[48];	/* "memory42", "0x100000000-0x13fffffff" or "all" */
	int err;		/* negative errno */
};

int kmem_last_error(const char *name, struct kmem_last_error *error);

/* Unbind, and prove that the memory went with it. */
int kmem_release(const struct dax_dev *dev);

#endif
