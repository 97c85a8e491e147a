// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verifies the private layout at bind, for each device: compares what is read
 * through our struct dev_dax with what the bus shows in the device's sysfs
 * attributes. Nothing read through the structure is used before that.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>

#include "attr-call.h"
#include "dax-private.h"

/*
 * size_show() takes device_lock, which probe holds, until Linux commit
 * c05ae9d85b47 ("dax/bus.c: replace driver-core lock usage by a local rwsem").
 */
#define SIZE_IS_LOCK_FREE (KMEM_DAX_FAMILY >= 2)

#define MANY_RANGES 65536

/*
 * The driver core has just set dev->driver to our driver. If our offset of dev
 * is wrong, something else is found there. Only reads, so it is safe then too.
 */
static bool device_is_where_we_think(const struct dev_dax *dev_dax,
				     const struct device_driver *drv)
{
	const struct device *dev = &dev_dax->dev;

	return dev->driver == drv && dev->bus == drv->bus && dev->type &&
	       dev->kobj.name && !strncmp(dev->kobj.name, "dax", 3);
}

static int shown(struct device *dev, const char *name, char *page, u64 *value)
{
	ssize_t rc;
	s64 number;

	clear_page(page);
	rc = kmem_call_show(dev, dev->type->groups, name, page);
	if (rc < 0)
		return rc;
	rc = kstrtos64(strim(page), 0, &number);
	*value = number;
	return rc;
}

static int compare(struct device *dev, const char *name, char *page, u64 ours)
{
	u64 theirs;
	int rc;

	rc = shown(dev, name, page, &theirs);
	if (rc) {
		dev_err(dev, "attribute '%s' of the bus cannot be read (%d)\n", name, rc);
		return -EINVAL;
	}
	if (theirs != ours) {
		dev_err(dev, "%s is %#llx in sysfs but %#llx in struct dev_dax of layout family %d\n",
			name, theirs, ours, KMEM_DAX_FAMILY);
		return -EINVAL;
	}
	return 0;
}

static bool ranges_readable(const struct dev_dax *dev_dax)
{
	const struct dev_dax_range *ranges = dev_dax->ranges;
	int nr = dev_dax->nr_range;

	return nr > 0 && nr < MANY_RANGES &&
	       IS_ALIGNED((unsigned long)ranges, sizeof(long)) &&
	       virt_addr_valid(ranges) && virt_addr_valid(ranges + nr - 1);
}

static int compare_all(struct dev_dax *dev_dax, char *page)
{
	struct device *dev = &dev_dax->dev;
	int rc;

	rc = compare(dev, "target_node", page, (s64)dev_dax->target_node);
	if (rc)
		return rc;

	if (!ranges_readable(dev_dax)) {
		dev_err(dev, "its ranges cannot be read with layout family %d\n",
			KMEM_DAX_FAMILY);
		return -EINVAL;
	}
	return compare(dev, "resource", page, dev_dax->ranges[0].range.start);
}

/**
 * dax_kmem_check_size() - compare the ranges that were read with the bus
 * @dev_dax: the device that is being bound
 * @size: sum of the sizes of all its ranges, as they were read
 *
 * The last part of the verification. It also detects a write to `mapping` or
 * `size` while the ranges were read: on kernels where device_lock does not
 * exclude such writes, reading `size` takes the lock that does.
 *
 * Context: probe, device_lock of the device held.
 * Return: 0; -EAGAIN if the bus shows another size; -ENOMEM.
 */
int dax_kmem_check_size(struct dev_dax *dev_dax, u64 size)
{
	struct device *dev = &dev_dax->dev;
	u64 theirs;
	char *page;
	int rc;

	if (!SIZE_IS_LOCK_FREE)
		return 0;

	page = (char *)get_zeroed_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	rc = shown(dev, "size", page, &theirs);
	free_page((unsigned long)page);
	if (rc || theirs != size) {
		dev_err(dev, "size is %#llx in sysfs but %#llx by its ranges (%d): if it was being changed, bind again; if that fails too, see Documentation/porting.rst\n",
			rc ? 0 : theirs, size, -EAGAIN);
		return -EAGAIN;
	}
	return 0;
}

/**
 * dax_kmem_prove_layout() - compare struct dev_dax with the running kernel
 * @dev_dax: the device that is being bound
 * @dax_drv: our driver
 *
 * Only reads the device.
 *
 * Context: probe, device_lock of the device held.
 * Return: 0; -EINVAL if the running kernel has another layout; -ENOMEM.
 */
int dax_kmem_prove_layout(struct dev_dax *dev_dax,
			  const struct dax_device_driver *dax_drv)
{
	char *page;
	int rc;

	if (!device_is_where_we_think(dev_dax, &dax_drv->drv)) {
		pr_err("this kernel's struct dev_dax is not that of layout family %d (%d): rebuild kmem for this kernel, or see Documentation/porting.rst\n",
		       KMEM_DAX_FAMILY, -EINVAL);
		return -EINVAL;
	}

	page = (char *)get_zeroed_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;

	rc = compare_all(dev_dax, page);
	if (rc)
		dev_err(&dev_dax->dev, "private layout differs (%d): rebuild kmem for this kernel, or see Documentation/porting.rst\n",
			rc);
	free_page((unsigned long)page);
	return rc;
}
