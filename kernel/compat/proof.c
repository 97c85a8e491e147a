// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verifies the private layout at bind, for each device: compares what is read
 * through our structures with what the bus shows in the device's sysfs
 * attributes. dax-ranges.c does the same for the ranges. Nothing read through a
 * structure is used before that.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#include "attr-call.h"
#include "dax-private.h"
#include "proof.h"

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

static int check_kind(struct device_driver *drv, void *unused)
{
	if (strcmp(drv->name, "device_dax"))
		return 0;
	return dax_driver_kind(container_of(drv, struct dax_device_driver,
					    drv)) == 1 ? 0 : -EINVAL;
}

/* Without faults: of another layout, this may be no pointer. */
static bool is_list(const struct list_head *head)
{
	const struct list_head *next = READ_ONCE(head->next);
	struct list_head *prev;

	return next && head->prev && !get_kernel_nofault(prev, &next->prev) &&
	       prev == head;
}

/*
 * The bus has made a list of ids, and found probe, or this would not run. A
 * write to new_id or remove_id may be changing the list, under a lock that is
 * not ours. The driver device_dax has a 1 where ours has a 0, if it is there to
 * compare with. remove follows probe; only the BTF can tell if it does.
 */
static bool driver_is_where_we_think(const struct dax_device_driver *dax_drv)
{
	int tries = DAX_TRIES;

	while (!is_list(&dax_drv->ids)) {
		if (!--tries)
			return false;
		msleep(DAX_TRY_MSECS);
	}
	return !bus_for_each_drv(dax_drv->drv.bus, NULL, NULL, check_kind);
}

/**
 * dax_kmem_shown() - read a number that the bus shows of a device
 * @dev: the device
 * @name: name of the attribute
 * @value: filled
 *
 * Context: Process context. Takes the locks that the attribute takes.
 * Return: 0; -ENOENT if there is no such attribute; or another negative errno.
 */
int dax_kmem_shown(struct device *dev, const char *name, u64 *value)
{
	char *page = (char *)get_zeroed_page(GFP_KERNEL);
	s64 number;
	int rc;

	if (!page)
		return -ENOMEM;
	rc = kmem_call_show(dev, dev->type->groups, name, page);
	if (rc >= 0)
		rc = kstrtos64(strim(page), 0, &number);
	if (!rc)
		*value = number;
	free_page((unsigned long)page);
	return rc;
}

/**
 * dax_kmem_size_is_lock_free() - whether `size` can be read during a bind
 * @dev: the device
 *
 * size_show() takes device_lock, which probe holds, until Linux commit
 * c05ae9d85b47 ("dax/bus.c: replace driver-core lock usage by a local rwsem")
 * (in v6.9). The same series added the attribute memmap_on_memory.
 */
bool dax_kmem_size_is_lock_free(struct device *dev)
{
	return kmem_has_attr(dev->type->groups, "memmap_on_memory");
}

static int compare(struct device *dev, const char *name, u64 ours)
{
	u64 theirs;
	int rc;

	rc = dax_kmem_shown(dev, name, &theirs);
	if (rc) {
		dev_err(dev, "attribute '%s' of the bus cannot be read (%d)\n", name, rc);
		return rc == -ENOMEM ? rc : -EINVAL;
	}
	if (theirs != ours) {
		dev_err(dev, "%s is %#llx in sysfs but %#llx in struct dev_dax of %s\n",
			name, theirs, ours, KMEM_DAX_LAYOUT_NAME);
		return -EINVAL;
	}
	return 0;
}

static int compare_all(struct dev_dax *dev_dax,
		       const struct dax_device_driver *dax_drv)
{
	struct device *dev = &dev_dax->dev;
	int rc;

	if (!driver_is_where_we_think(dax_drv)) {
		dev_err(dev, "struct dax_device_driver is not that of %s\n",
			KMEM_DAX_LAYOUT_NAME);
		return -EINVAL;
	}
	rc = compare(dev, "target_node", (s64)dev_dax->target_node);
	if (!rc && kmem_has_attr(dev->type->groups, "memmap_on_memory"))
		rc = compare(dev, "memmap_on_memory",
			     dev_dax_memmap_on_memory(dev_dax));
	return rc;
}

/**
 * dax_kmem_prove_layout() - compare our structures with the running kernel
 * @dev_dax: the device that is being bound
 * @dax_drv: our driver
 *
 * All but the ranges, which dax_kmem_read_ranges() verifies. Only reads the
 * device.
 *
 * Context: probe, device_lock of the device held.
 * Return: 0; -EINVAL if the running kernel has another layout; -ENOMEM.
 */
int dax_kmem_prove_layout(struct dev_dax *dev_dax,
			  const struct dax_device_driver *dax_drv)
{
	int rc;

	if (!device_is_where_we_think(dev_dax, &dax_drv->drv)) {
		pr_err("this kernel's struct dev_dax is not that of %s (%d): rebuild kmem for this kernel, or see Documentation/porting.rst\n",
		       KMEM_DAX_LAYOUT_NAME, -EINVAL);
		return -EINVAL;
	}

	rc = compare_all(dev_dax, dax_drv);
	if (rc)
		dev_err(&dev_dax->dev, "private layout differs (%d): rebuild kmem for this kernel, or see Documentation/porting.rst\n",
			rc);
	return rc;
}
