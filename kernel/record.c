// SPDX-License-Identifier: GPL-2.0-only
/*
 * The record of one device's memory: allocating and freeing it, whether it
 * holds memory, and which of its ranges covers an address.
 */
#include <linux/device.h>
#include <linux/kthread.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "kmem.h"

static void set_spans(struct kmem_record *rec, const struct kmem_range *ranges,
		      unsigned int nr)
{
	u64 block_size = memory_block_size_bytes();
	unsigned int i;

	for (i = 0; i < nr; i++) {
		rec->spans[i].range = ranges[i];
		rec->spans[i].first = rec->nr_blocks;
		rec->spans[i].nr = ranges[i].size / block_size;
		rec->nr_blocks += rec->spans[i].nr;
	}
	rec->nr_spans = nr;
}

/**
 * kmem_record_alloc() - allocate the record of a device
 * @dev: the dax device
 * @nid: node of its memory
 * @ranges: its ranges, aligned to memory blocks and sorted by address
 * @nr: number of ranges
 *
 * Allocates all memory that a transition needs and starts its worker, so that
 * none fails for lack of RAM later. Nothing is reserved or added yet.
 *
 * Context: Process context. May sleep.
 * Return: the record, to be freed with kmem_record_free(); ERR_PTR(-ENOMEM); or
 * the errno of starting its worker, such as -EINTR if the caller is killed.
 */
struct kmem_record *kmem_record_alloc(struct device *dev, int nid,
				      const struct kmem_range *ranges,
				      unsigned int nr)
{
	struct kmem_record *rec;
	int rc = -ENOMEM;

	rec = kzalloc(struct_size(rec, spans, nr), GFP_KERNEL);
	if (!rec)
		return ERR_PTR(-ENOMEM);

	set_spans(rec, ranges, nr);
	rec->nid = nid;
	rec->state = KMEM_UNPLUGGED;
	rec->dev = dev;
	mutex_init(&rec->lock);
	spin_lock_init(&rec->step_lock);
	spin_lock_init(&rec->error_lock);

	rec->name = kstrdup(dev_name(dev), GFP_KERNEL);
	if (!rec->name)
		goto err_name;

	rec->ram_name = kstrdup("System RAM (kmem)", GFP_KERNEL);
	if (!rec->ram_name)
		goto err_ram_name;

	rec->blocks = kvcalloc(rec->nr_blocks, sizeof(*rec->blocks),
			       GFP_KERNEL);
	if (!rec->blocks)
		goto err_blocks;

	rec->worker = kthread_run_worker(0, "kmem/%s", dev_name(dev));
	if (IS_ERR(rec->worker)) {
		rc = PTR_ERR(rec->worker);
		goto err_worker;
	}
	return rec;

err_worker:
	kvfree(rec->blocks);
err_blocks:
	kfree(rec->ram_name);
err_ram_name:
	kfree(rec->name);
err_name:
	kfree(rec);
	return ERR_PTR(rc);
}

/**
 * kmem_record_free() - free a record
 * @rec: the record; not listed, nothing reserved, nothing added
 *
 * Context: Process context. May sleep.
 */
void kmem_record_free(struct kmem_record *rec)
{
	kthread_destroy_worker(rec->worker);
	kvfree(rec->blocks);
	kfree(rec->ram_name);
	kfree(rec->name);
	kfree(rec);
}

/**
 * kmem_record_holds_memory() - whether any memory of a record is added
 * @rec: the record
 *
 * Context: Any. Without @rec->lock the answer may change at once.
 */
bool kmem_record_holds_memory(const struct kmem_record *rec)
{
	unsigned int i;

	for (i = 0; i < rec->nr_spans; i++)
		if (READ_ONCE(rec->spans[i].added))
			return true;
	return false;
}

/**
 * kmem_record_present_blocks() - count the memory blocks that are added
 * @rec: the record
 *
 * Context: Any. Without @rec->lock the number may change at once.
 */
unsigned int kmem_record_present_blocks(const struct kmem_record *rec)
{
	u64 added = 0;
	unsigned int i;

	for (i = 0; i < rec->nr_spans; i++)
		added += READ_ONCE(rec->spans[i].added);
	return added / memory_block_size_bytes();
}

/**
 * kmem_record_find() - find the span of a record that overlaps a range
 * @rec: the record
 * @range: the range
 *
 * A binary search, because it is called for each change of a memory block of the
 * system.
 *
 * Context: Any. The ranges of the spans never change.
 * Return: the lowest span that overlaps @range, or NULL.
 */
const struct kmem_span *kmem_record_find(const struct kmem_record *rec,
					 const struct kmem_range *range)
{
	unsigned int low = 0, high = rec->nr_spans, middle;
	const struct kmem_range *r;

	while (low < high) {
		middle = low + (high - low) / 2;
		r = &rec->spans[middle].range;
		if (r->start + r->size > range->start)
			high = middle;
		else
			low = middle + 1;
	}
	if (low == rec->nr_spans ||
	    !kmem_range_overlaps(&rec->spans[low].range, range))
		return NULL;
	return &rec->spans[low];
}
