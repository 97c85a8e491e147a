// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verifies the private layout at build: compares our structures with the
 * offsets that btf-offsets reads from the BTF of the target kernel. The object
 * holds only a note, which modinfo shows as "layout".
 */
#include <linux/module.h>
#include <linux/stddef.h>

#include "dax-private.h"
#include "btf-offsets.h"

#define DIFFERS " differs from the BTF of this kernel: see Documentation/porting.rst"
#define SAME(type, member)						\
	static_assert(offsetof(struct type, member) == BTF_##type##_##member, \
		      "struct " #type ": " #member DIFFERS)
#define SAME_SIZE(type)							\
	static_assert(sizeof(struct type) == BTF_##type##_sizeof,	\
		      "struct " #type ": its size" DIFFERS)

/* sparse computes other offsets in struct device than the compiler. */
#if defined(BTF_dev_dax_sizeof) && !defined(__CHECKER__)
SAME(dev_dax, region);
SAME(dev_dax, target_node);
SAME(dev_dax, id);
SAME(dev_dax, dev);
#if KMEM_DAX_FAMILY >= 2
SAME(dev_dax, memmap_on_memory);
#endif
SAME(dev_dax, nr_range);
SAME(dev_dax, ranges);
SAME_SIZE(dev_dax);

SAME(dev_dax_range, pgoff);
SAME(dev_dax_range, range);
SAME(dev_dax_range, mapping);
SAME_SIZE(dev_dax_range);

SAME(dax_mapping, dev);

SAME(dax_device_driver, drv);
SAME(dax_device_driver, ids);
#if KMEM_DAX_FAMILY >= 2
SAME(dax_device_driver, type);
#else
SAME(dax_device_driver, match_always);
#endif
SAME(dax_device_driver, probe);
SAME(dax_device_driver, remove);
SAME_SIZE(dax_device_driver);

#define PROVED ", proved at build by BTF and again at bind"
#else
#define PROVED " by table, proved at bind"
#endif

MODULE_INFO(layout, "family " __stringify(KMEM_DAX_FAMILY) PROVED);
