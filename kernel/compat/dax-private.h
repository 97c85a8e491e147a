/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The structures of the dax bus, which no kernel header declares, in one layout
 * for each family of compat/kernels. layout.c compares them with the kernel's
 * BTF at build, if there is one; proof.c verifies each device at bind.
 */
#ifndef _KMEM_DAX_PRIVATE_H
#define _KMEM_DAX_PRIVATE_H

#include <linux/device.h>
#include <linux/idr.h>
#include <linux/list.h>
#include <linux/range.h>

#ifndef KMEM_DAX_FAMILY
#error "kernel not in kernel/compat/kernels: Documentation/porting.rst says how to add it"
#endif

struct dax_device;
struct dax_region;
struct dev_pagemap;

/**
 * struct dax_mapping - the mappingN of a range (drivers/dax/dax-private.h)
 * @dev: the device, a child of the dax device
 * @range_id: index of the range
 * @id: the N
 */
struct dax_mapping {
	struct device dev;
	int range_id;
	int id;
};

/**
 * struct dev_dax_range - one range of a dax device (drivers/dax/dax-private.h)
 * @pgoff: offset in the device, in pages
 * @range: physical range
 * @mapping: its mappingN device
 */
struct dev_dax_range {
	unsigned long pgoff;
	struct range range;
	struct dax_mapping *mapping;
};

/**
 * struct dev_dax - a dax device (drivers/dax/dax-private.h)
 * @region: region it was made from
 * @dax_dev: core dax device
 * @cached_size: size while the fsdev driver is bound; family 3 on
 * @align: alignment of its mappings, in bytes
 * @target_node: node of its memory, negative if it has none
 * @dyn_id: whether @id was allocated
 * @id: the Y of daxX.Y
 * @ida: allocates the numbers of its mappings
 * @dev: the device
 * @pgmap: page map while it is a character device
 * @memmap_on_memory: place the memmap on the memory itself; family 2 on, Linux
 *	commit 4eca0ef49af9 ("dax/kmem: allow kmem to add memory with
 *	memmap_on_memory")
 * @nr_range: size of @ranges
 * @ranges: its physical ranges
 */
struct dev_dax {
	struct dax_region *region;
	struct dax_device *dax_dev;
#if KMEM_DAX_FAMILY >= 3
	u64 cached_size;
#endif
	unsigned int align;
	int target_node;
	bool dyn_id;
	int id;
	struct ida ida;
	struct device dev;
	struct dev_pagemap *pgmap;
#if KMEM_DAX_FAMILY >= 2
	bool memmap_on_memory;
#endif
	int nr_range;
	struct dev_dax_range *ranges;
};

/**
 * struct dax_device_driver - a driver of dax devices (drivers/dax/bus.h)
 * @drv: the driver
 * @ids: devices named in new_id
 * @match_always: family 1: binds any device
 * @type: family 2 on: 0 for kmem, which then also matches regions made for it
 * @probe: bind
 * @remove: unbind
 */
struct dax_device_driver {
	struct device_driver drv;
	struct list_head ids;
#if KMEM_DAX_FAMILY >= 2
	int type;
#else
	int match_always;
#endif
	int (*probe)(struct dev_dax *dev_dax);
	void (*remove)(struct dev_dax *dev_dax);
};

int __dax_driver_register(struct dax_device_driver *dax_drv,
			  struct module *module, const char *mod_name);
void dax_driver_unregister(struct dax_device_driver *dax_drv);

#define dax_driver_register(driver) \
	__dax_driver_register(driver, THIS_MODULE, KBUILD_MODNAME)
#define MODULE_ALIAS_DAX_DEVICE(type) \
	MODULE_ALIAS("dax:t" __stringify(type) "*")

/**
 * dev_dax_memmap_on_memory() - whether the device is to hold its own memmap
 * @dev_dax: the device
 */
static inline bool dev_dax_memmap_on_memory(const struct dev_dax *dev_dax)
{
#if KMEM_DAX_FAMILY >= 2
	return dev_dax->memmap_on_memory;
#else
	return false;
#endif
}

/**
 * dax_driver_kind() - what distinguishes kmem, 0, from device_dax, 1
 * @dax_drv: the driver
 */
static inline int dax_driver_kind(const struct dax_device_driver *dax_drv)
{
#if KMEM_DAX_FAMILY >= 2
	return dax_drv->type;
#else
	return dax_drv->match_always;
#endif
}

int dax_kmem_prove_layout(struct dev_dax *dev_dax,
			  const struct dax_device_driver *dax_drv);
struct dev_dax_range *dax_kmem_read_ranges(struct dev_dax *dev_dax, int *nr);

#endif /* _KMEM_DAX_PRIVATE_H */
