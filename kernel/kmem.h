/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private to the files of kmem.ko: the record of one device's memory and what
 * each file offers the others. Lock order: Documentation/design.rst.
 */
#ifndef _KMEM_H
#define _KMEM_H

#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mmzone.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/signal_types.h>
#include <linux/spinlock.h>

#include "ranges.h"

struct dev_dax;

/* What `state` can say beside MMOP_*, and what a bind may be asked for. */
#define KMEM_UNPLUGGED	(-1)
#define KMEM_POLICY	(-2)

/**
 * struct kmem_span - one memory-block aligned range and what it holds
 * @range: the aligned range
 * @first: index of its first block in &kmem_record.blocks
 * @nr: number of its blocks
 * @res: its reservation in /proc/iomem, NULL while none is held
 * @added: bytes of hot-added memory, from the start of the range; written with
 *	&kmem_record.lock held, read without it
 */
struct kmem_span {
	struct kmem_range range;
	unsigned int first;
	unsigned int nr;
	struct resource *res;
	u64 added;
};

/**
 * struct kmem_block - one memory block of a record, during a transition
 * @mem: the block with a reference held, NULL between transitions
 * @was: MMOP_* type that puts the block back as the transition found it
 */
struct kmem_block {
	struct memory_block *mem;
	int was;
};

/**
 * struct kmem_count - how many memory blocks of a record are what
 * @offline: present and offline
 * @online: not offline, in any zone
 * @zone: those of @online in each zone, by its index
 * @zone_name: names of the zones that have any
 */
struct kmem_count {
	unsigned int offline;
	unsigned int online;
	unsigned int zone[MAX_NR_ZONES];
	const char *zone_name[MAX_NR_ZONES];
};

/**
 * struct kmem_record - the memory of one dax device
 * @list: in the list of all records; protected by the list's mutex
 * @dev: the dax device that is bound, NULL once it was unbound with memory
 *	still added; protected by the list's mutex, and fixed while bound
 * @lock: protects all that follows but @guard, @allowed, @refused, @stop,
 *	@undo_step, @error and @reclaiming; held for a whole transition
 * @guard: refuses state changes of our blocks by others
 * @allowed: the task that may change our blocks, NULL for anyone; read
 *	without any lock by the notifier
 * @refused: state changes the guard has refused
 * @stop: set from outside the worker to end a plug before its next block
 * @undo_step: counts the blocks that the undo of a plug has begun with, 0 when
 *	none runs; read from outside the worker
 * @error_lock: protects @error
 * @error: what kmem/last_error shows, empty when nothing failed
 * @reclaiming: its memory is being taken back without a device; protected by
 *	the list's mutex
 * @state: KMEM_UNPLUGGED or MMOP_*, as the last transition left it
 * @exclusive: keep the guard closed between transitions too
 * @adopted: the memory was taken over from an earlier bind
 * @memmap_wanted: place the memmap of the next plug on the memory it adds
 * @memmap_on_memory: the memmap is on the memory that is added
 * @nid: node the memory belongs to
 * @mgid: its static memory group while memory is held
 * @name: what /proc/iomem shows for the reservations
 * @ram_name: what /proc/iomem shows for the memory below them
 * @lost: bytes of the device lost to memory block alignment
 * @nr_blocks: size of @blocks
 * @blocks: all blocks of all spans by address
 * @nr_spans: size of @spans
 * @spans: sorted by address, fixed from bind on: whatever is written to the
 *	device's mapping attribute later changes nothing here
 *
 * A record outlives the binding for as long as any of its memory is added:
 * the reservation, the names in /proc/iomem, the memory group, the memory type
 * and a reference to the module stay exactly that long.
 */
struct kmem_record {
	struct list_head list;
	struct device *dev;
	struct mutex lock; /* protects the memory of this record */
	struct notifier_block guard;
	struct task_struct *allowed;
	atomic_t refused;
	bool stop;
	unsigned int undo_step;
	spinlock_t error_lock; /* protects error */
	char error[64];
	bool reclaiming;
	int state;
	bool exclusive;
	bool adopted;
	bool memmap_wanted;
	bool memmap_on_memory;
	int nid;
	int mgid;
	char *name;
	char *ram_name;
	u64 lost;
	unsigned int nr_blocks;
	struct kmem_block *blocks;
	unsigned int nr_spans;
	struct kmem_span spans[];
};

/* From the top down: each file calls only those below it, and compat/. */

/* sysfs.c */
extern const struct attribute_group *kmem_device_groups[];
int kmem_bind_type(void);
void kmem_state_changed(struct kmem_record *rec);
void kmem_driver_add_attrs(struct device_driver *drv);
void kmem_driver_remove_attrs(struct device_driver *drv);

/* registry.c */
int kmem_registry_enter(struct kmem_record **rec, struct device *dev);
void kmem_registry_leave(struct kmem_record *rec);
ssize_t kmem_registry_show(char *page);
int kmem_registry_reclaim(u64 start);

/* plug.c */
int kmem_plug(struct kmem_record *rec, int type);
int kmem_unplug(struct kmem_record *rec);
int kmem_remove_if_offline(struct kmem_record *rec);

/* worker.c */
int kmem_run_in_worker(struct kmem_record *rec,
		       int (*run)(struct kmem_record *rec, int arg), int arg);
void kmem_block_signals(sigset_t *old);
void kmem_restore_signals(const sigset_t *old);
int kmem_worker_init(void);
void kmem_worker_exit(void);

/* hotplug.c */
int kmem_reserve(struct kmem_record *rec);
void kmem_release(struct kmem_record *rec);
int kmem_add(struct kmem_record *rec);
int kmem_remove(struct kmem_record *rec);

/* block.c */
int kmem_blocks_get(struct kmem_record *rec);
void kmem_blocks_put(struct kmem_record *rec);
int kmem_blocks_settle(struct kmem_record *rec);
int kmem_blocks_count(struct kmem_record *rec, struct kmem_count *count);
int kmem_blocks_memmap_bytes(struct kmem_record *rec, u64 *bytes);
int kmem_blocks_state(struct kmem_record *rec);
int kmem_block_change(struct memory_block *mem, int type, const bool *stop);
int kmem_system_policy(struct kmem_record *rec);

/* node.c */
int kmem_node_check(struct device *dev, int nid);
int kmem_tier_set(struct kmem_record *rec);
void kmem_tier_clear(struct kmem_record *rec);
void kmem_tier_exit(void);

/* snapshot.c */
struct kmem_record *kmem_snapshot(struct dev_dax *dev_dax);

/* guard.c */
int kmem_guard_register(struct kmem_record *rec);
void kmem_guard_unregister(struct kmem_record *rec);
void kmem_guard_close(struct kmem_record *rec);
void kmem_guard_own(struct kmem_record *rec);
void kmem_guard_rest(struct kmem_record *rec);

/* record.c */
struct kmem_record *kmem_record_alloc(struct device *dev, int nid,
				      const struct kmem_range *ranges,
				      unsigned int nr);
void kmem_record_free(struct kmem_record *rec);
bool kmem_record_holds_memory(const struct kmem_record *rec);
unsigned int kmem_record_present_blocks(const struct kmem_record *rec);
const struct kmem_span *kmem_record_find(const struct kmem_record *rec,
					 const struct kmem_range *range);

/* log.c */
const char *kmem_state_name(int state);
int kmem_state_by_name(const char *name);
__printf(3, 4)
void kmem_printk(const char *level, const struct kmem_record *rec,
		 const char *fmt, ...);
__printf(3, 4)
void kmem_set_error(struct kmem_record *rec, int error, const char *fmt, ...);
void kmem_clear_error(struct kmem_record *rec);
ssize_t kmem_show_error(struct kmem_record *rec, char *page);

#define kmem_err(rec, fmt, ...) \
	kmem_printk(KERN_ERR, rec, fmt, ##__VA_ARGS__)
#define kmem_info(rec, fmt, ...) \
	kmem_printk(KERN_INFO, rec, fmt, ##__VA_ARGS__)

#endif /* _KMEM_H */
