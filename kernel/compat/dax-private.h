/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The structures of the dax bus, which no kernel header declares, in each layout
 * that they have had. The kernel's BTF selects one, layout.c then compares them
 * member by member; proof.c verifies each device at bind.
 */
#ifndef _KMEM_DAX_PRIVATE_H
#define _KMEM_DAX_PRIVATE_H

#include <linux/device.h>
#include <linux/idr.h>
#include <linux/list.h>
#include <linux/range.h>

#include "btf-offsets.h"

/*
 * KMEM_DAX_LAYOUT is the first Linux version that has the layout, as major * 100
 * + minor: what LAYOUT= says, else what the BTF has, else what compat/kernels
 * says.
 */
#if defined(KMEM_DAX_LAYOUT)
#elif !defined(BTF_dev_dax_sizeof) && !defined(KMEM_DAX_IN_TABLE)
#error "dax layout not known: name a BTF= or build while the kernel runs; Documentation/porting.rst"
#elif !defined(BTF_dev_dax_sizeof)
#define KMEM_DAX_LAYOUT KMEM_DAX_IN_TABLE
#elif defined(BTF_dev_dax_virt_addr)
#define KMEM_DAX_LAYOUT 701
#elif defined(BTF_dev_dax_cached_size)
#define KMEM_DAX_LAYOUT 702
#elif defined(BTF_dev_dax_memmap_on_memory)
#define KMEM_DAX_LAYOUT 608
#elif defined(BTF_dax_device_driver_type)
#define KMEM_DAX_LAYOUT 603
#else
#define KMEM_DAX_LAYOUT 601
#endif

#if KMEM_DAX_LAYOUT == 702
#define KMEM_DAX_LAYOUT_NAME "Linux 7.2.6"
#elif KMEM_DAX_LAYOUT == 701
#define KMEM_DAX_LAYOUT_NAME "Linux 7.1"
#elif KMEM_DAX_LAYOUT == 608
#define KMEM_DAX_LAYOUT_NAME "Linux 6.8"
#elif KMEM_DAX_LAYOUT == 603
#define KMEM_DAX_LAYOUT_NAME "Linux 6.3"
#elif KMEM_DAX_LAYOUT == 601
#define KMEM_DAX_LAYOUT_NAME "Linux 6.1"
#else
#error "no such layout; see Documentation/porting.rst"
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
 * @virt_addr: address of its memory; Linux commit 759455848df0 ("dax: Save the
 *	kva from memremap") (in v7.1) until ff7c73fca793 ("dax/fsdev: use
 *	__va(phys) for kaddr in direct_access") (in v7.3 and 7.2.6)
 * @cached_size: size while the fsdev driver is bound; commit 099c81a1f0ab ("dax:
 *	Add dax_operations for use by fs-dax on fsdev dax") (in v7.1)
 * @align: alignment of its mappings, in bytes
 * @target_node: node of its memory, negative if it has none
 * @dyn_id: whether @id was allocated
 * @id: the Y of daxX.Y
 * @ida: allocates the numbers of its mappings
 * @dev: the device
 * @pgmap: page map while it is a character device
 * @memmap_on_memory: place the memmap on the memory itself; commit
 *	4eca0ef49af9 ("dax/kmem: allow kmem to add memory with memmap_on_memory")
 *	(in v6.8)
 * @nr_range: size of @ranges
 * @ranges: its physical ranges
 */
struct dev_dax {
	struct dax_region *region;
	struct dax_device *dax_dev;
#if KMEM_DAX_LAYOUT == 701
	void *virt_addr;
#endif
#if KMEM_DAX_LAYOUT >= 701
	u64 cached_size;
#endif
	unsigned int align;
	int target_node;
	bool dyn_id;
	int id;
	struct ida ida;
	struct device dev;
	struct dev_pagemap *pgmap;
#if KMEM_DAX_LAYOUT >= 608
	bool memmap_on_memory;
#endif
	int nr_range;
	struct dev_dax_range *ranges;
};

enum dax_driver_type {
	DAXDRV_KMEM_TYPE,
	DAXDRV_DEVICE_TYPE,
};

/**
 * struct dax_device_driver - a driver of dax devices (drivers/dax/bus.h)
 * @drv: the driver
 * @ids: devices named in new_id
 * @match_always: binds any device; until @type
 * @type: that of kmem also matches regions made for it; Linux commit
 *	e9ee9fe3a9d4 ("dax: Assign RAM regions to memory-hotplug by default")
 *	(in v6.3)
 * @probe: bind
 * @remove: unbind
 */
struct dax_device_driver {
	struct device_driver drv;
	struct list_head ids;
#if KMEM_DAX_LAYOUT >= 603
	enum dax_driver_type type;
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
#if KMEM_DAX_LAYOUT >= 608
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
#if KMEM_DAX_LAYOUT >= 603
	return dax_drv->type;
#else
	return dax_drv->match_always;
#endif
}

int dax_kmem_prove_layout(struct dev_dax *dev_dax,
			  const struct dax_device_driver *dax_drv);
struct dev_dax_range *dax_kmem_read_ranges(struct dev_dax *dev_dax, int *nr);

#endif /* _KMEM_DAX_PRIVATE_H */
