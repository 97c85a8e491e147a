/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private to kmem.ko: the record of one device's memory, and the functions of
 * each file that others call. Documentation/design.rst has the lock order.
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
struct kthread_worker;

/*
 * States beside MMOP_*: no memory added; at bind, the system's policy. Neither
 * can be taken for an errno or for the MMOP_* of a later kernel.
 */
#define KMEM_UNPLUGGED	0x100
#define KMEM_POLICY	0x101

/**
 * struct kmem_span - one range of a record, aligned to memory blocks
 * @range: the aligned range
 * @first: index of its first block in &kmem_record.blocks
 * @nr: number of its blocks
 * @res: its reservation in /proc/iomem, NULL if it has none
 * @added: bytes of hot-added memory, from the start of the range; written with
 *	&kmem_record.lock held, read without it
 * @first_block: the first memory block with a reference held, where walks begin;
 *	NULL before it was found. walk.c has its lock.
 */
struct kmem_span {
	struct kmem_range range;
	unsigned int first;
	unsigned int nr;
	struct resource *res;
	u64 added;
	struct device *first_block;
};

/**
 * struct kmem_block - one memory block of a record, during a transition
 * @mem: the block with a reference held, NULL between transitions
 * @was: MMOP_* that the block had when the transition began
 * @poisoned: it has gone offline with a page that has a hardware memory error
 */
struct kmem_block {
	struct memory_block *mem;
	int was;
	bool poisoned;
};

/**
 * struct kmem_count - numbers of memory blocks of a record
 * @offline: blocks that are present and offline
 * @online: blocks that are not offline, in any zone
 * @zone: blocks of @online in each zone, by index of the zone
 * @zone_name: names of the zones that have such blocks
 */
struct kmem_count {
	unsigned int offline;
	unsigned int online;
	unsigned int zone[MAX_NR_ZONES];
	const char *zone_name[MAX_NR_ZONES];
};

/**
 * struct kmem_record - the memory of one dax device
 * @list: entry in the list of all records; protected by registry_lock
 * @dev: the bound dax device, NULL after an unbind that left memory added;
 *	protected by registry_lock, and fixed while bound
 * @lock: protects all that follows but @guard, @allowed, @refused, @stop,
 *	@abandon, @rollback_step, @error, @reclaiming and @promised; held for a
 *	whole transition. While nobody else can have the record, registry_lock
 *	is enough.
 * @guard: the notifier that refuses state changes of the blocks
 * @allowed: the task that may change the blocks, NULL for every task; the
 *	notifier reads it without a lock
 * @refused: number of state changes that the guard has refused
 * @worker: the thread that runs plugs, rollbacks and removals. It exists as
 *	long as the record: a rollback must not wait for RAM to start a thread.
 * @stop: set by the caller of the worker to end a plug before its next step
 * @abandon: set by the caller of the worker, when it is killed, to end a
 *	rollback that waits for another memory hotplug operation
 * @step_lock: protects @rollback_step
 * @rollback_step: number of blocks that a rollback has begun with, 0 if none
 *	runs; read by the caller of the worker
 * @error_lock: protects @error
 * @error: what kmem/last_error shows, empty when nothing failed
 * @reclaiming: its memory is being removed without a device; protected by
 *	registry_lock
 * @state: KMEM_UNPLUGGED or MMOP_*, as the last transition left it
 * @exclusive: the guard is closed between transitions too
 * @adopted: an earlier unbind left the memory, and the present bind adopted it
 * @memmap_wanted: the next plug places the memmap on the memory it adds
 * @memmap_on_memory: the last plug placed the memmap so
 * @nid: node the memory belongs to
 * @mgid: its static memory group while ranges are reserved
 * @name: name of the reservations in /proc/iomem
 * @ram_name: name of the memory below them in /proc/iomem
 * @promised: bytes of RAM that the plug in progress has still to take for the
 *	memmap; protected by promise_lock
 * @lost: bytes of the device that alignment to memory blocks, or a partial
 *	bind, leaves unused
 * @nr_blocks: size of @blocks
 * @blocks: all blocks of all spans, by address
 * @nr_spans: size of @spans
 * @spans: the ranges by address; fixed at bind, whatever is written to the
 *	device's mapping attribute later
 *
 * A record exists while its device is bound or any of its memory is added. Its
 * reservations, their names, memory group, memory type and reference to the
 * module exist while any of its memory is added.
 */
struct kmem_record {
	struct list_head list;
	struct device *dev;
	struct mutex lock; /* protects the memory of this record */
	struct notifier_block guard;
	struct task_struct *allowed;
	atomic_t refused;
	struct kthread_worker *worker;
	bool stop;
	bool abandon;
	spinlock_t step_lock; /* protects rollback_step */
	unsigned int rollback_step;
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
	u64 promised;
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

/* partial.c */
struct kmem_record *kmem_partial_record(const struct kmem_record *rec);

/* plug.c */
int kmem_plug(struct kmem_record *rec, int type);
int kmem_take_over(struct kmem_record *rec);
int kmem_unplug(struct kmem_record *rec);
int kmem_remove_if_offline(struct kmem_record *rec);

/* worker.c */
int kmem_run_in_worker(struct kmem_record *rec,
		       int (*run)(struct kmem_record *rec, int arg), int arg);
void kmem_rollback_step(struct kmem_record *rec, unsigned int step);
void kmem_block_signals(sigset_t *old);
void kmem_restore_signals(const sigset_t *old);

/* rescue.c */
bool kmem_rescue_find(struct kmem_record *rec);
void kmem_rescue_forget(struct kmem_record *rec);

/* hotplug.c */
bool kmem_can_reserve(const struct kmem_record *rec,
		      const struct kmem_range *range);
int kmem_reserve(struct kmem_record *rec);
void kmem_release(struct kmem_record *rec);
int kmem_add(struct kmem_record *rec);
int kmem_remove(struct kmem_record *rec);

/* room.c */
int kmem_room_reserve(struct kmem_record *rec);
void kmem_room_taken(struct kmem_record *rec, u64 size);
void kmem_room_release(struct kmem_record *rec);

/* block.c */
int kmem_blocks_get(struct kmem_record *rec);
void kmem_blocks_put(struct kmem_record *rec);
int kmem_blocks_settle(struct kmem_record *rec, const bool *stop, long limit);
void kmem_blocks_count(struct kmem_record *rec, struct kmem_count *count);
int kmem_blocks_memmap_bytes(struct kmem_record *rec, u64 *bytes);
int kmem_blocks_state(struct kmem_record *rec);
void kmem_recalc_sigpending(void);
int kmem_block_change(struct memory_block *mem, int type, const bool *stop);
int kmem_system_policy(struct kmem_record *rec);

/* walk.c */
typedef void (*kmem_meet_t)(struct memory_block *mem, unsigned int i,
			    void *data);
struct device *kmem_memory_root(const struct kmem_record *rec);
int kmem_walk(const struct kmem_record *rec, kmem_meet_t meet, void *data);
void kmem_walk_remember(struct kmem_record *rec);
void kmem_walk_forget(struct kmem_record *rec);

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
#define kmem_warn(rec, fmt, ...) \
	kmem_printk(KERN_WARNING, rec, fmt, ##__VA_ARGS__)
#define kmem_info(rec, fmt, ...) \
	kmem_printk(KERN_INFO, rec, fmt, ##__VA_ARGS__)

#endif /* _KMEM_H */
