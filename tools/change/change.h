/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * change/ is for all changes: a session takes the lock, module.c loads drivers,
 * dax_bind.c and kmem.c write to them, block_state.c to memory blocks, and
 * rollback.c undoes a failed command. Calls only device/ and lib/.
 */
#ifndef KMEMCTL_CHANGE_H
#define KMEMCTL_CHANGE_H

#include "device/memblock.h"

/*
 * Unless it says otherwise, what returns int returns 0 or an exit code, with the
 * failure remembered.
 */

/* In session.c. */

/*
 * Before the first change: takes the lock, catches signals, and restores what a
 * kmemctl that was killed has left changed; a dry run only says that. The time
 * limit is in seconds, 0: none.
 */
int session_begin(unsigned int limit, bool is_dry_run);

/* Describes what a kmemctl that was killed has left changed; false: nothing. */
bool session_left(char *text, size_t size);

/*
 * Sets dax-kmem's parameter bind_state where that driver is loaded, and else
 * the system's auto_online_blocks, so that what is bound now stays offline.
 * With dax-kmem, memory is added at once only if it is to be present.
 */
int onlining_policy_hold(bool present);
/* Writes the former values back. May be tried again after a failure. */
int onlining_policy_release(void);
/* Name of a setting that still has kmemctl's value, or NULL. */
const char *onlining_policy_held(void);

/* In lock.c. */

/* A pid, and a line for each setting that is to be put back. */
#define LOCK_NOTE_SIZE 256

struct lock_note {
	char pid[16];
	char text[LOCK_NOTE_SIZE];	/* empty: there is none */
};

/*
 * Takes the lock until kmemctl exits; waits for its owner. What an owner that
 * was killed has noted is in *left. Returns 0 or an exit code, with the failure
 * remembered.
 */
int lock_take(struct lock_note *left);

/* Replaces the note. It does nothing without the lock, and in a dry run. */
void lock_note(const char *text);
/* From here on the note stays as it is. */
void lock_keep_note(void);

/* Reads the note of an owner that was killed; false: there is none. */
bool lock_left(struct lock_note *left);

/* In kmem.c. */

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

/* Refuses if a kmem driver without the attribute is loaded. */
int kmem_exclusive_check(void);
/* EX_PARTLY on failure; a driver without the attribute is as good as 0. */
int kmem_exclusive_set(const char *name, bool exclusive);

/*
 * Where the memmap goes: from Linux 6.9 on by memmap_on_memory of the bus, before
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

/* In rollback.c. */

struct snapshot {
	struct dax_dev dev;
	struct block_set blocks;
	struct kmem_attributes attributes;
	int bus_memmap;		/* memmap_on_memory of the bus; -1: none */
	unsigned int writes;	/* of this run, until now */
};

int snapshot_take(struct snapshot *snap, const char *name);
void snapshot_free(struct snapshot *snap);

/*
 * After a failure: undoes all changes since the snapshot, prints the one line
 * about failure and outcome, and returns the exit code for both.
 */
int snapshot_restore(const struct snapshot *snap, int code);

/* In block_state.c. */

/* Next steps of failures. */
#define ONLINED_BY_OTHERS \
	"another program onlines memory: look for udev rules on it"
#define OFFLINE_NEXT "stop what uses memory of its node and try again"

/* Returns the zone in which a block is to be. */
typedef enum zone (*zone_rule)(const struct block *block, const void *arg);

/* The first block that is not where the rule says, or NULL. */
const struct block *blocks_first_wrong(const struct block_set *set,
				       zone_rule rule, const void *arg);

/*
 * All blocks of a device, in the order that is fast: for each block the kernel
 * walks its zone, from the start to the first block that is not online.
 * blocks_bring_online() puts blocks into the zone of the rule;
 * blocks_take_offline() offlines those that are in another zone, or all if there
 * is no rule. With go_on, a failure does not end it. Afterwards the set holds
 * what was written; only reading a block again tells what it is.
 */
int blocks_bring_online(struct block_set *set, zone_rule rule,
			const void *arg, bool go_on);
int blocks_take_offline(struct block_set *set, zone_rule rule,
			const void *arg, bool go_on);

/* Index of the i-th of nr blocks in the order to offline them. */
size_t offline_order(size_t i, size_t nr);

/* In dax_bind.c. */

/* The driver takes the device without its name in new_id. */
bool dax_driver_matches(const char *name, const char *driver);

/*
 * Takes the device from its driver, if it has one, and binds it to another.
 * After a failure it may have no driver: snapshot_restore() undoes that.
 */
int dax_bind(const char *name, const char *driver);
int dax_unbind(const char *name, const char *driver);
/* Removes the name from a driver's ids, so that it does not bind the device. */
int dax_forget_id(const char *name, const char *driver);
/* Tries again to remove the names that dax_bind() could not remove. */
int dax_forget_left(const char *name);

/* In module.c. */

/* The dax bus has this driver. */
bool module_loaded(const char *driver);
/* The kmem driver that is loaded is dax-kmem. */
bool dax_kmem_loaded(void);
/* Loads the module of a driver that the dax bus does not have. */
int module_need(const char *driver);

struct kmod_ctx;
/* libkmod, without log, below --sysroot; NULL if it cannot start. */
struct kmod_ctx *module_context(void);

/* In overwrite.c. */

/*
 * Refuses a device that device_dax holds, if a process has it open or mapped or
 * if it begins with a known signature; with force, says so and goes on. What
 * cannot be checked is not refused.
 */
int overwrite_check(const struct dax_dev *dev, const struct block_set *blocks,
		    bool force);

/*
 * After "offline": a signature among what RAM left on the device is no data,
 * for as long as the first pages stay as they are and until the next boot.
 */
void overwrite_note_ram(const struct dax_dev *dev,
			const struct block_set *before);

#endif
