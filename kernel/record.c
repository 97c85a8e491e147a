// SPDX-License-Identifier: GPL-2.0-only
/*
 * The record of one device's memory: making it and freeing it.
 */
#include <linux/device.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "kmem.h"

/**
 * kmem_record_alloc() - make the record of a device, nothing reserved yet
 * @dev: the dax device
 * @nid: node its memory goes to
 * @ranges: its ranges, memory block aligned and sorted
 * @nr: how many
 *
 * All memory that a transition needs is allocated here: later there is no
 * failing for lack of it.
 *
 * Context: Process context. May sleep.
 * Return: the record, to be freed with kmem_record_free(), or an ERR_PTR.
 */
struct kmem_record *kmem_record_alloc(struct device *dev, int nid,
				      const struct kmem_range *ranges,
				      unsigned int nr)
{
	u64 block_size = memory_block_size_bytes();
	struct kmem_record *rec;
	unsigned int i;
	int rc = -ENOMEM;

	rec = kzalloc(struct_size(rec, spans, nr), GFP_KERNEL);
	if (!rec)
		return ERR_PTR(-ENOMEM);

	for (i = 0; i < nr; i++) {
		rec->spans[i].range = ranges[i];
		rec->spans[i].first = rec->nr_blocks;
		rec->spans[i].nr = ranges[i].size / block_size;
		rec->nr_blocks += rec->spans[i].nr;
	}
	rec->nr_spans = nr;
	rec->nid = nid;
	rec->state = KMEM_UNPLUGGED;
	rec->dev = dev;
	mutex_init(&rec->lock);

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

	rc = kmem_guard_register(rec);
	if (rc)
		goto err_guard;
	return rec;

err_guard:
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
 * @rec: the record; not in the list, nothing reserved, nothing added
 *
 * Context: Process context. May sleep.
 */
void kmem_record_free(struct kmem_record *rec)
{
	kmem_guard_unregister(rec);
	kvfree(rec->blocks);
	kfree(rec->ram_name);
	kfree(rec->name);
	kfree(rec);
}
