// SPDX-License-Identifier: GPL-2.0-only
/*
 * The snapshot of a device's ranges at bind. The one place that reads
 * the ranges of struct dev_dax: the bus lets a write to `mapping` change them
 * under a bound driver, so nothing may look at them a second time.
 */
#include <linux/dax.h>
#include <linux/memory.h>
#include <linux/range.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "compat/dax-private.h"
#include "kmem.h"

static void report_loss(struct device *dev, const struct range *was,
			const struct kmem_range *now, u64 lost)
{
	dev_warn(dev, "mapping%u: %#llx-%#llx truncated to %#llx-%#llx, %llu bytes lost to alignment to memory blocks of %lu MiB\n",
		 now->id, (unsigned long long)was->start,
		 (unsigned long long)was->end, (unsigned long long)now->start,
		 (unsigned long long)(now->start + now->size - 1),
		 (unsigned long long)lost, memory_block_size_bytes() / SZ_1M);
}

/* The aligned ranges of @dev_dax into @ranges; returns how many are left. */
static unsigned int align_ranges(struct dev_dax *dev_dax, unsigned int nr,
				 struct kmem_range *ranges, u64 *lost)
{
	struct device *dev = &dev_dax->dev;
	unsigned int i, used = 0;

	for (i = 0; i < nr; i++) {
		struct range was = dev_dax->ranges[i].range;
		struct kmem_range *now = &ranges[used];
		u64 size = range_len(&was);

		*now = (struct kmem_range){ was.start, size, i };
		if (!kmem_range_align(now, memory_block_size_bytes())) {
			dev_warn(dev, "mapping%u: %#llx-%#llx holds no whole memory block of %lu MiB, skipped\n",
				 i, (unsigned long long)was.start,
				 (unsigned long long)was.end,
				 memory_block_size_bytes() / SZ_1M);
			*lost += size;
			continue;
		}
		if (now->size != size)
			report_loss(dev, &was, now, size - now->size);
		*lost += size - now->size;
		used++;
	}
	return used;
}

/**
 * kmem_snapshot() - make a record of a device's ranges as they are now
 * @dev_dax: the device, its layout proved
 *
 * Context: Process context, device_lock of the device held.
 * Return: a new record; ERR_PTR(-EINVAL) when no range holds a whole memory
 * block, ERR_PTR(-ENOMEM).
 */
struct kmem_record *kmem_snapshot(struct dev_dax *dev_dax)
{
	struct device *dev = &dev_dax->dev;
	unsigned int nr = dev_dax->nr_range, used;
	struct kmem_record *rec;
	struct kmem_range *ranges;
	u64 lost = 0;

	ranges = kcalloc(nr, sizeof(*ranges), GFP_KERNEL);
	if (!ranges)
		return ERR_PTR(-ENOMEM);

	used = align_ranges(dev_dax, nr, ranges, &lost);
	if (used) {
		kmem_ranges_sort(ranges, used);
		rec = kmem_record_alloc(dev, dev_dax->target_node, ranges,
					used);
	} else {
		dev_err(dev, "no range holds a whole memory block of %lu MiB (%d); a device that starts on a multiple of it and is at least as large would\n",
			memory_block_size_bytes() / SZ_1M, -EINVAL);
		rec = ERR_PTR(-EINVAL);
	}
	kfree(ranges);

	if (!IS_ERR(rec)) {
		rec->lost = lost;
		rec->memmap_on_memory = dev_dax_memmap_on_memory(dev_dax);
	}
	return rec;
}
