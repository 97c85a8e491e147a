// SPDX-License-Identifier: GPL-2.0-only
/*
 * Binds a part of a device: leaves out the ranges that somebody else holds when
 * the device is bound, if the module parameter partial asks for it.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "kmem.h"

static bool partial;
module_param(partial, bool, 0644);
MODULE_PARM_DESC(partial, "Bind a device without those of its ranges that another owner holds (default 0: refuse the device)");

static unsigned int free_ranges(const struct kmem_record *rec,
				struct kmem_range *ranges)
{
	unsigned int i, nr = 0;

	for (i = 0; i < rec->nr_spans; i++)
		if (kmem_can_reserve(rec, &rec->spans[i].range))
			ranges[nr++] = rec->spans[i].range;
	return nr;
}

static void report_left_out(const struct kmem_record *rec,
			    struct kmem_record *part)
{
	const struct kmem_range *range;
	unsigned int i;

	for (i = 0; i < rec->nr_spans; i++) {
		range = &rec->spans[i].range;
		if (kmem_record_find(part, range))
			continue;
		part->lost += range->size;
		kmem_warn(rec, "mapping%u: %#llx-%#llx could not be reserved (%d) and is left out, %llu MiB lost: /proc/iomem shows its owner\n",
			  range->id, range->start,
			  range->start + range->size - 1, -EBUSY,
			  range->size / SZ_1M);
	}
}

/**
 * kmem_partial_record() - a record without the ranges that somebody else holds
 * @rec: a record of the device that is being bound, holding nothing
 *
 * Context: Process context, device_lock of the device held.
 * Return: a new record, to be freed with kmem_record_free(); NULL if @rec is
 * the one to use: a partial bind is not wanted, or no range is held, or every
 * range is; or an ERR_PTR of kmem_record_alloc().
 */
struct kmem_record *kmem_partial_record(const struct kmem_record *rec)
{
	struct kmem_record *part = NULL;
	struct kmem_range *ranges;
	unsigned int nr;

	if (!READ_ONCE(partial))
		return NULL;

	ranges = kcalloc(rec->nr_spans, sizeof(*ranges), GFP_KERNEL);
	if (!ranges)
		return ERR_PTR(-ENOMEM);

	nr = free_ranges(rec, ranges);
	if (nr && nr < rec->nr_spans)
		part = kmem_record_alloc(rec->dev, rec->nid, ranges, nr);
	if (!IS_ERR_OR_NULL(part)) {
		part->lost = rec->lost;
		part->memmap_wanted = rec->memmap_wanted;
		report_left_out(rec, part);
	}
	kfree(ranges);
	return part;
}
