/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private to the files of kmem.ko: the record of one device's memory and what
 * each file offers the others. Lock order: Documentation/design.rst.
 */
#ifndef _KMEM_H
#define _KMEM_H

#include <linux/device.h>
#include <linux/list.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mutex.h>
#include <linux/notifier.h>

#include "ranges.h"

struct dev_dax;
struct memory_dev_type;

/**
 * struct kmem_span - one memory-block aligned range and what it holds
 * @range: the aligned range
 * @first: index of its first block in &kmem_record.blocks
 * @nr: number of its blocks
 * @res: its reservation in /proc/iomem, NULL while none is held
 * @added: whether its memory is hot-added
 */
struct kmem_span {
	struct kmem_range range;
	unsigned int first;
	unsigned int nr;
	struct resource *res;
	bool added;
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
 * struct kmem_record - the memory of one dax device
 * @list: in the list of all records; protected by the list's mutex
 * @dev: the dax device that is bound, NULL once it was unbound with memory
 *	still added; protected by the list's mutex
 * @lock: protects all that follows but @allowed; held for a whole transition
 * @guard: refuses state changes of our blocks by others
 * @allowed: the task that may change our blocks, NULL for anyone; read
 *	without any lock by the notifier
 * @stop: set from outside the worker to end a plug before its next block
 * @holds_module: a module reference is held, from before the first add until
 *	after the last remove
 * @memmap_on_memory: place the memmap on the memory that is added
 * @nid: node the memory belongs to
 * @mgid: its static memory group, negative while there is none
 * @tier: memory type that was set for @nid, NULL while none is
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
 * the reservation, the names in /proc/iomem, the memory group and the memory
 * type must stay exactly that long.
 */
struct kmem_record {
	struct list_head list;
	struct device *dev;
	struct mutex lock; /* protects the memory of this record */
	struct notifier_block guard;
	struct task_struct *allowed;
	bool stop;
	bool holds_module;
	bool memmap_on_memory;
	int nid;
	int mgid;
	struct memory_dev_type *tier;
	char *name;
	char *ram_name;
	u64 lost;
	unsigned int nr_blocks;
	struct kmem_block *blocks;
	unsigned int nr_spans;
	struct kmem_span spans[];
};

/* snapshot.c */
struct kmem_record *kmem_snapshot(struct dev_dax *dev_dax);

/* record.c */
struct kmem_record *kmem_record_alloc(struct device *dev, int nid,
				      const struct kmem_range *ranges,
				      unsigned int nr);
void kmem_record_free(struct kmem_record *rec);
int kmem_record_bind(struct kmem_record **rec, struct device *dev);
void kmem_record_unbind(struct kmem_record *rec);
bool kmem_record_holds_memory(const struct kmem_record *rec);

/* node.c */
int kmem_node_check(struct device *dev, int nid);
int kmem_tier_set(struct kmem_record *rec);
void kmem_tier_clear(struct kmem_record *rec);
void kmem_tier_exit(void);

/* guard.c */
int kmem_guard_register(struct kmem_record *rec);
void kmem_guard_unregister(struct kmem_record *rec);
void kmem_guard_close(struct kmem_record *rec);
void kmem_guard_own(struct kmem_record *rec);
void kmem_guard_open(struct kmem_record *rec);

/* hotplug.c */
int kmem_reserve(struct kmem_record *rec, struct device *dev);
void kmem_release(struct kmem_record *rec);
int kmem_add(struct kmem_record *rec, struct device *dev);
int kmem_remove(struct kmem_record *rec, struct device *dev);

/* block.c */
int kmem_blocks_get(struct kmem_record *rec);
void kmem_blocks_put(struct kmem_record *rec);
unsigned int kmem_blocks_online(struct kmem_record *rec);
int kmem_block_type(const struct memory_block *mem);
int kmem_block_change(struct memory_block *mem, int type, const bool *stop);
int kmem_policy(struct kmem_record *rec);
const char *kmem_type_name(int type);

/* plug.c */
int kmem_plug(struct kmem_record *rec, struct device *dev);
int kmem_take_back(struct kmem_record *rec, struct device *dev);
int kmem_plug_init(void);
void kmem_plug_exit(void);

/* attr.c */
ssize_t kmem_attr_show(struct device *dev,
		       const struct attribute_group *const *groups,
		       const char *name, char *page);
ssize_t kmem_attr_store(struct device *dev,
			const struct attribute_group *const *groups,
			const char *name, const char *word);

#endif /* _KMEM_H */
