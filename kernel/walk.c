// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walks the memory blocks of a record. The core exports no look-up of a block by
 * its number, but a bus that holds all blocks of the system: a walk goes along it
 * from the first block of a span to its last.
 */
#include <linux/device.h>
#include <linux/memory.h>
#include <linux/string.h>

#include "kmem.h"

/*
 * The bus of all memory blocks. The core does not export it, so it is taken
 * from the first block that is found. It exists for as long as the kernel runs.
 */
static typeof_member(struct device, bus) memory_bus;

static DEFINE_SPINLOCK(first_lock); /* protects kmem_span.first_block */

/**
 * struct walk - a walk along the blocks of one span
 * @span: the span
 * @left: number of its blocks that the walk has not met
 * @meet: called for each of them
 * @data: passed to @meet
 */
struct walk {
	const struct kmem_span *span;
	unsigned int left;
	kmem_meet_t meet;
	void *data;
};

static bool find_memory_bus(const struct kmem_record *rec)
{
	const struct kmem_span *span = rec->spans;
	struct kobject *kobj;
	struct device *dev;
	char name[32];

	if (memory_bus)
		return true;

	while (span < rec->spans + rec->nr_spans && !READ_ONCE(span->added))
		span++;
	if (!rec->dev || span == rec->spans + rec->nr_spans)
		return false;

	snprintf(name, sizeof(name), "memory%llu",
		 span->range.start / memory_block_size_bytes());
	kobj = kset_find_obj(rec->dev->kobj.kset, name);
	if (!kobj)
		return false;

	dev = kobj_to_dev(kobj);
	if (dev->bus && !strcmp(dev->bus->name, "memory"))
		memory_bus = dev->bus;
	kobject_put(kobj);
	return memory_bus;
}

/**
 * kmem_memory_root() - find the device of /sys/devices/system/memory
 * @rec: a record with memory added
 *
 * Context: Process context.
 * Return: the device, to be freed with put_device(); or NULL if no block of any
 * record has been found yet.
 */
struct device *kmem_memory_root(const struct kmem_record *rec)
{
	return find_memory_bus(rec) ? bus_get_dev_root(memory_bus) : NULL;
}

/* Meet a block, if it is of the span. Not 0 ends the walk. */
static int walk_step(struct device *dev, void *data)
{
	u64 start = (u64)dev->id * memory_block_size_bytes();
	struct walk *walk = data;
	const struct kmem_span *span = walk->span;

	if (start < span->range.start ||
	    start - span->range.start >= READ_ONCE(span->added))
		return 0;
	walk->meet(container_of(dev, struct memory_block, dev),
		   span->first + (start - span->range.start) /
		   memory_block_size_bytes(), walk->data);
	return !--walk->left;
}

/*
 * The bus holds its blocks in the order in which they were added: those of a span by
 * address, for one driver has added all of them, upwards.
 */
static void walk_span(struct walk *walk)
{
	struct device *first;

	spin_lock(&first_lock);
	first = get_device(walk->span->first_block);
	spin_unlock(&first_lock);

	if (!first || !walk_step(first, walk))
		bus_for_each_dev(memory_bus, first, walk, walk_step);
	put_device(first);
}

/**
 * kmem_walk() - meet each memory block of a record
 * @rec: the record
 * @meet: called with each block that is added, and its index in the record
 * @data: passed to @meet
 *
 * Costs what the record's own blocks cost, after kmem_walk_remember(); before, it
 * passes all blocks of the system, once for each span.
 *
 * Context: Process context. Needs no lock: blocks that a transition adds or
 * removes meanwhile may be met or not.
 * Return: 0, or -ENODEV if no block of any record has been found yet.
 */
int kmem_walk(const struct kmem_record *rec, kmem_meet_t meet, void *data)
{
	struct walk walk = { .meet = meet, .data = data };
	const struct kmem_span *span;

	if (!find_memory_bus(rec))
		return -ENODEV;

	for (span = rec->spans; span < rec->spans + rec->nr_spans; span++) {
		walk.span = span;
		walk.left = READ_ONCE(span->added) / memory_block_size_bytes();
		if (walk.left)
			walk_span(&walk);
	}
	return 0;
}

static void set_first(struct kmem_span *span, struct device *dev)
{
	struct device *before;

	get_device(dev);
	spin_lock(&first_lock);
	before = span->first_block;
	span->first_block = dev;
	spin_unlock(&first_lock);
	put_device(before);
}

/**
 * kmem_walk_remember() - let later walks begin at the first block of each span
 * @rec: the record, with a reference to each of its blocks
 *
 * Context: Process context, @rec->lock held.
 */
void kmem_walk_remember(struct kmem_record *rec)
{
	struct kmem_span *span;

	for (span = rec->spans; span < rec->spans + rec->nr_spans; span++)
		if (span->added && !span->first_block)
			set_first(span, &rec->blocks[span->first].mem->dev);
}

/**
 * kmem_walk_forget() - undo kmem_walk_remember()
 * @rec: the record
 *
 * Context: Process context, @rec->lock held. Call this before memory is removed:
 * the core could not free the blocks.
 */
void kmem_walk_forget(struct kmem_record *rec)
{
	struct kmem_span *span;

	for (span = rec->spans; span < rec->spans + rec->nr_spans; span++)
		set_first(span, NULL);
}
