// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verifies the private layout at build: compares offset, size and kind of each
 * member that we use with what btf-offsets reads from the BTF of the target
 * kernel. modinfo and two module parameters show what came of it.
 */
#include <linux/btf.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/stddef.h>
#include <linux/stringify.h>
#include <linux/sysfs.h>

#include "dax-private.h"

#define DIFFERS " differs from the BTF of this kernel: see Documentation/porting.rst"
#define SAME(type, member, kind)					\
	static_assert(offsetof(struct type, member) == BTF_##type##_##member && \
		      BTF_KIND_##kind == BTF_##type##_##member##_kind,	\
		      "struct " #type ": " #member DIFFERS)
#define SAME_WIDTH(type, member)					\
	static_assert(sizeof_field(struct type, member) ==		\
		      BTF_##type##_##member##_size,			\
		      "struct " #type ": " #member DIFFERS)
#define SAME_SIZE(type)							\
	static_assert(sizeof(struct type) == BTF_##type##_sizeof,	\
		      "struct " #type ": its size" DIFFERS)

/* sparse computes other offsets in struct device than the compiler. */
#if defined(BTF_dev_dax_sizeof) && !defined(__CHECKER__)
SAME(dev_dax, region, PTR);
SAME(dev_dax, target_node, INT);
SAME_WIDTH(dev_dax, target_node);
SAME(dev_dax, id, INT);
SAME_WIDTH(dev_dax, id);
SAME(dev_dax, dev, STRUCT);
#if KMEM_DAX_LAYOUT >= 608
SAME(dev_dax, memmap_on_memory, INT);
SAME_WIDTH(dev_dax, memmap_on_memory);
#endif
SAME(dev_dax, nr_range, INT);
SAME_WIDTH(dev_dax, nr_range);
SAME(dev_dax, ranges, PTR);
SAME_SIZE(dev_dax);

SAME(dev_dax_range, pgoff, INT);
SAME_WIDTH(dev_dax_range, pgoff);
SAME(dev_dax_range, range, STRUCT);
SAME(dev_dax_range, mapping, PTR);
SAME_SIZE(dev_dax_range);

SAME(dax_mapping, dev, STRUCT);

SAME(dax_device_driver, drv, STRUCT);
SAME(dax_device_driver, ids, STRUCT);
#if KMEM_DAX_LAYOUT >= 603
SAME(dax_device_driver, type, ENUM);
SAME_WIDTH(dax_device_driver, type);
#else
SAME(dax_device_driver, match_always, INT);
SAME_WIDTH(dax_device_driver, match_always);
#endif
SAME(dax_device_driver, probe, PTR);
SAME(dax_device_driver, remove, PTR);
SAME_SIZE(dax_device_driver);

#define PROVED ", proved by BTF at build and again at bind"
#elif defined(KMEM_DAX_IN_TABLE) && KMEM_DAX_LAYOUT == KMEM_DAX_IN_TABLE
#define PROVED ", by table, proved at bind"
#else
#define PROVED ", as asked for, proved at bind only"
#endif

MODULE_INFO(layout, KMEM_DAX_LAYOUT_NAME PROVED);
MODULE_INFO(tested, KMEM_TESTED);

static int fact_set(const char *word, const struct kernel_param *kp)
{
	return -EPERM;
}

static int fact_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", (const char *)kp->arg);
}

static const struct kernel_param_ops fact_ops = {
	.set = fact_set,
	.get = fact_get,
};

module_param_cb(layout, &fact_ops, KMEM_DAX_LAYOUT_NAME PROVED, 0444);
MODULE_PARM_DESC(layout, "For reading: the layout of private dax structures that the module has, and what proved it");

module_param_cb(tested, &fact_ops, KMEM_TESTED, 0444);
MODULE_PARM_DESC(tested, "For reading: whether the tests run on this kernel, yes or no");
