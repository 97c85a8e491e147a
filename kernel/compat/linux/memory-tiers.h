/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shadows <linux/memory-tiers.h>: adds memory types by abstract distance on
 * kernels before Linux commits 07a8bdd4120c ("memory tiering: add abstract
 * distance calculation algorithms management") (in v6.7, and in 6.6.y) and
 * a72a30af550c ("memory tier: dax/kmem: introduce an abstract layer for finding,
 * allocating, and putting memory types") (in v6.10). bded67f81ec4 ("memory tier:
 * rename destroy_memory_type() to put_memory_type()") (in v6.6) renamed one.
 */
#ifndef _KMEM_COMPAT_MEMORY_TIERS_H
#define _KMEM_COMPAT_MEMORY_TIERS_H

#include_next <linux/memory-tiers.h>

#ifndef KMEM_HAVE_mt_calc_adistance
static inline int mt_calc_adistance(int nid, int *adistance)
{
	return 0;
}
#endif

#ifndef KMEM_HAVE_mt_find_alloc_memory_type

#include <linux/err.h>
#include <linux/list.h>
#include <linux/slab.h>

/**
 * struct kmem_memory_type - a memory type and its abstract distance
 * @list: in the list of the driver's memory types
 * @type: the type
 * @adistance: its distance
 */
struct kmem_memory_type {
	struct list_head list;
	struct memory_dev_type *type;
	int adistance;
};

#ifndef KMEM_HAVE_put_memory_type
#define put_memory_type(type) destroy_memory_type(type)
#endif

static inline struct memory_dev_type *
mt_find_alloc_memory_type(int adistance, struct list_head *types)
{
	struct kmem_memory_type *entry;

	list_for_each_entry(entry, types, list)
		if (entry->adistance == adistance)
			return entry->type;

	entry = kmalloc(sizeof(*entry), GFP_KERNEL);
	if (!entry)
		return ERR_PTR(-ENOMEM);

	entry->adistance = adistance;
	entry->type = alloc_memory_type(adistance);
	if (IS_ERR(entry->type)) {
		struct memory_dev_type *error = entry->type;

		kfree(entry);
		return error;
	}
	list_add(&entry->list, types);
	return entry->type;
}

static inline void mt_put_memory_types(struct list_head *types)
{
	struct kmem_memory_type *entry, *next;

	list_for_each_entry_safe(entry, next, types, list) {
		list_del(&entry->list);
		put_memory_type(entry->type);
		kfree(entry);
	}
}

#endif /* !KMEM_HAVE_mt_find_alloc_memory_type */

#endif /* _KMEM_COMPAT_MEMORY_TIERS_H */
