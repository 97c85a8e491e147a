// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes the ranges of a device once, at bind, and aligns them to memory blocks.
 * No other file may use the ranges of struct dev_dax: a write to the device's
 * `mapping` attribute changes them while the driver is bound.
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
	dev_warn(dev, "mapping%u: %#llx-%#llx truncated to %#llx-%#llx, %llu bytes lost by alignment to memory blocks of %lu MiB\n",
		 now->id, (unsigned long long)was->start,
		 (unsigned long long)was->end, (unsigned long long)now->start,
		 (unsigned long long)(now->start + now->size - 1),
		 (unsigned long long)lost, memory_block_size_bytes() / SZ_1M);
}

/*
 * Fill @ranges with the ranges of @dev, aligned to memory blocks. Add the bytes
 * that are not used to @lost. Returns the number of ranges that hold at least
 * one block.
 */
static unsigned int align_ranges(struct device *dev,
				 const struct dev_dax_range *dax_ranges,
				 int nr, struct kmem_range *ranges, u64 *lost)
{
	unsigned int i, used = 0;

	for (i = 0; i < nr; i++) {
		struct range was = dax_ranges[i].range;
		struct kmem_range *now = &ranges[used];
		u64 len = range_len(&was);

		*now = (struct kmem_range){ was.start, len, i };
		if (!kmem_range_align(now, memory_block_size_bytes())) {
			dev_warn(dev, "mapping%u: %#llx-%#llx holds no whole memory block of %lu MiB, skipped\n",
				 i, (unsigned long long)was.start,
				 (unsigned long long)was.end,
				 memory_block_size_bytes() / SZ_1M);
			*lost += len;
			continue;
		}
		if (now->size != len)
			report_loss(dev, &was, now, len - now->size);
		*lost += len - now->size;
		used++;
	}
	return used;
}

static struct kmem_record *snapshot(struct dev_dax *dev_dax,
				    const struct dev_dax_range *dax_ranges,
				    int nr, struct kmem_range *ranges)
{
	struct device *dev = &dev_dax->dev;
	struct kmem_record *rec;
	unsigned int used;
	u64 lost = 0;

	used = align_ranges(dev, dax_ranges, nr, ranges, &lost);
	if (!used) {
		dev_err(dev, "no range holds a whole memory block of %lu MiB (%d); recreate the device with its start aligned to %lu MiB and at least that size\n",
			memory_block_size_bytes() / SZ_1M, -EINVAL,
			memory_block_size_bytes() / SZ_1M);
		return ERR_PTR(-EINVAL);
	}

	kmem_ranges_sort(ranges, used);
	rec = kmem_record_alloc(dev, dev_dax->target_node, ranges, used);
	if (!IS_ERR(rec)) {
		rec->lost = lost;
		rec->memmap_wanted = dev_dax_memmap_on_memory(dev_dax);
	}
	return rec;
}

/**
 * kmem_snapshot() - allocate a record with the present ranges of a device
 * @dev_dax: the device, its layout verified by dax_kmem_prove_layout()
 *
 * Context: Process context, device_lock of the device held.
 * Return: a new record, to be freed with kmem_record_free(); ERR_PTR(-EINVAL)
 * if no range holds a whole memory block, or if the running kernel has another
 * layout; ERR_PTR(-EAGAIN) if the ranges are being changed; ERR_PTR(-ENOMEM); or
 * another errno of kmem_record_alloc().
 */
struct kmem_record *kmem_snapshot(struct dev_dax *dev_dax)
{
	struct kmem_record *rec = ERR_PTR(-ENOMEM);
	struct dev_dax_range *dax_ranges;
	struct kmem_range *ranges;
	int nr;

	dax_ranges = dax_kmem_read_ranges(dev_dax, &nr);
	if (IS_ERR(dax_ranges))
		return ERR_CAST(dax_ranges);

	ranges = kcalloc(nr, sizeof(*ranges), GFP_KERNEL);
	if (ranges)
		rec = snapshot(dev_dax, dax_ranges, nr, ranges);
	kfree(ranges);
	kvfree(dax_ranges);
	return rec;
}
