// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the ranges of a device that is being bound, and verifies what was read:
 * the bus has a child "mappingN" for each range, and shows the sum of the sizes
 * or the start of the first.
 *
 * The attributes of mappingN cannot be read here. They take a lock (device_lock
 * of the region, later dax_region_rwsem) that the bus holds while it waits for
 * device_lock of the device, which a bind holds.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "dax-private.h"
#include "proof.h"

/* More than any device has. */
#define MANY_RANGES 65536

struct dax_copy {
	const struct dev_dax_range *from;
	struct dev_dax_range *ranges;
	int nr;
	int children;
	int matches;
};

static int match_child(struct device *child, void *data)
{
	struct dax_copy *copy = data;
	int i;

	if (strncmp(dev_name(child), "mapping", strlen("mapping")))
		return 0;
	copy->children++;
	for (i = 0; i < copy->nr; i++)
		if (copy->ranges[i].mapping &&
		    &copy->ranges[i].mapping->dev == child)
			copy->matches++;
	return 0;
}

/*
 * Whether each range is that of a child. If the number or the place of the
 * ranges were wrong, or their stride, other pointers would be found. The bus
 * binds a new device before it has the child of its first range.
 */
static bool each_has_child(struct device *dev, struct dax_copy *copy)
{
	device_for_each_child(dev, copy, match_child);
	if (!copy->children)
		return copy->nr == 1 && !copy->ranges[0].mapping;
	return copy->children == copy->nr && copy->matches == copy->nr;
}

static u64 total_size(const struct dax_copy *copy)
{
	u64 size = 0;
	int i;

	for (i = 0; i < copy->nr; i++)
		size += range_len(&copy->ranges[i].range);
	return size;
}

/* Compare with the one of the two that can be read without device_lock. */
static int compare_with_bus(struct device *dev, const struct dax_copy *copy)
{
	bool size = dax_kmem_size_is_lock_free(dev);
	u64 ours = size ? total_size(copy) : copy->ranges[0].range.start;
	u64 theirs;
	int rc;

	rc = dax_kmem_shown(dev, size ? "size" : "resource", &theirs);
	if (!rc && theirs != ours)
		rc = -EINVAL;
	return rc;
}

/*
 * A write to `mapping` may free the array while it is copied: hence without
 * faults, and believed only if nothing has changed afterwards.
 */
static int try_copy(struct dev_dax *dev_dax, struct dax_copy *copy)
{
	int rc = -EINVAL;
	size_t bytes;

	copy->from = READ_ONCE(dev_dax->ranges);
	copy->nr = READ_ONCE(dev_dax->nr_range);
	copy->children = 0;
	copy->matches = 0;
	if (copy->nr <= 0 || copy->nr >= MANY_RANGES)
		return -EINVAL;

	bytes = copy->nr * sizeof(*copy->ranges);
	copy->ranges = kvmalloc(bytes, GFP_KERNEL);
	if (!copy->ranges)
		return -ENOMEM;

	if (!copy_from_kernel_nofault(copy->ranges, copy->from, bytes) &&
	    each_has_child(&dev_dax->dev, copy))
		rc = compare_with_bus(&dev_dax->dev, copy);
	if (!rc && (copy->from != READ_ONCE(dev_dax->ranges) ||
		    copy->nr != READ_ONCE(dev_dax->nr_range)))
		rc = -EINVAL;
	if (rc)
		kvfree(copy->ranges);
	return rc;
}

/**
 * dax_kmem_read_ranges() - read and verify the ranges of a device
 * @dev_dax: the device, verified by dax_kmem_prove_layout()
 * @nr: filled with their number
 *
 * Context: probe, device_lock of the device held.
 * Return: an array, to be freed with kvfree(); ERR_PTR(-EINVAL) if they differ
 * from what the bus shows; ERR_PTR(-EAGAIN) if they did and were being changed;
 * or ERR_PTR of another errno.
 */
struct dev_dax_range *dax_kmem_read_ranges(struct dev_dax *dev_dax, int *nr)
{
	struct dax_copy copy, first = {};
	int try, rc = -EINVAL;

	for (try = 0; try < DAX_TRIES; try++) {
		rc = try_copy(dev_dax, &copy);
		if (rc != -EINVAL)
			break;
		if (!try)
			first = copy;
		msleep(DAX_TRY_MSECS);
	}
	if (!rc) {
		*nr = copy.nr;
		return copy.ranges;
	}

	if (rc == -EINVAL) {
		if (copy.from != first.from || copy.nr != first.nr)
			rc = -EAGAIN;
		dev_err(&dev_dax->dev, "its ranges are not those that the bus shows (%d): if they were being changed, bind again; else rebuild kmem for this kernel, or see Documentation/porting.rst\n",
			rc);
	}
	return ERR_PTR(rc);
}
