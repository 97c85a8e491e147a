// SPDX-License-Identifier: GPL-2.0-only
/*
 * The NUMA node that memory goes to: whether it may, and which memory tier
 * the node gets. Memory must keep its node's memory type for as long as any of
 * it is added, bound or not.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/memory-tiers.h>
#include <linux/moduleparam.h>
#include <linux/nodemask.h>

#include "kmem.h"

/*
 * Abstract distance of a node whose performance no firmware table tells: well
 * behind DRAM, as the in-tree driver has it.
 */
#define KMEM_DEFAULT_ADISTANCE (MEMTIER_ADISTANCE_DRAM * 5)

static unsigned int adistance;

/* What no int holds is no distance to the core. */
static int adistance_set(const char *word, const struct kernel_param *kp)
{
	return param_set_uint_minmax(word, kp, 0, INT_MAX);
}

static const struct kernel_param_ops adistance_ops = {
	.set = adistance_set,
	.get = param_get_uint,
};

module_param_cb(adistance, &adistance_ops, &adistance, 0644);
MODULE_PARM_DESC(adistance, "Abstract distance of the memory of devices plugged from now on; 0 (default): by HMAT where the kernel can, else 5 times that of DRAM");

static DEFINE_MUTEX(tier_lock); /* protects tier_types and node_tiers */
static LIST_HEAD(tier_types);

/*
 * The type that the first device of a node gave it. Others of the node get the
 * same: the core counts users of one type only, and HMAT may say something else
 * by the time they come.
 */
static struct {
	struct memory_dev_type *type;
	unsigned int users;
} node_tiers[MAX_NUMNODES];

/**
 * kmem_node_check() - refuse memory that has no node of its own
 * @dev: the dax device
 * @nid: its target node
 *
 * Context: Any context that may log.
 * Return: 0, or -EINVAL when @nid is no node the system can have.
 */
int kmem_node_check(struct device *dev, int nid)
{
	if (nid < 0) {
		dev_err(dev, "target node %d: the firmware assigns no NUMA node to this range (%d); look at SRAT and HMAT in the kernel log and at 'ndctl list -v'\n",
			nid, -EINVAL);
		return -EINVAL;
	}
	if (nid >= MAX_NUMNODES || !node_possible(nid)) {
		dev_err(dev, "target node %d: not a possible node of this system, see /sys/devices/system/node/possible (%d); look at SRAT and HMAT in the kernel log and at 'ndctl list -v'\n",
			nid, -EINVAL);
		return -EINVAL;
	}
	if (node_state(nid, N_CPU))
		dev_warn(dev, "target node %d has CPUs: slow memory joins the DRAM of that node and programs cannot tell them apart; look at SRAT and HMAT in the kernel log\n",
			 nid);
	return 0;
}

static struct memory_dev_type *find_type(int nid)
{
	int distance = READ_ONCE(adistance);

	if (node_tiers[nid].users)
		return node_tiers[nid].type;
	if (!distance) {
		distance = KMEM_DEFAULT_ADISTANCE;
		mt_calc_adistance(nid, &distance);
	}
	return mt_find_alloc_memory_type(distance, &tier_types);
}

/**
 * kmem_tier_set() - give the node of a record its memory type
 * @rec: the record, without a memory type
 *
 * To be called before the first block goes online, for that is when the node
 * joins a tier. The distance comes from HMAT, when there is one, since Linux
 * commit 3718c02dbd4c ("acpi, hmat: calculate abstract distance with HMAT")
 * (in v6.7).
 *
 * Context: Process context, @rec->lock held.
 * Return: 0 or a negative errno.
 */
int kmem_tier_set(struct kmem_record *rec)
{
	struct memory_dev_type *type;

	mutex_lock(&tier_lock);
	type = find_type(rec->nid);
	if (!IS_ERR(type)) {
		node_tiers[rec->nid].type = type;
		node_tiers[rec->nid].users++;
		init_node_memory_type(rec->nid, type);
	}
	mutex_unlock(&tier_lock);
	return PTR_ERR_OR_ZERO(type);
}

/**
 * kmem_tier_clear() - take back what kmem_tier_set() gave
 * @rec: the record, none of its memory added
 *
 * Context: Process context, @rec->lock held.
 */
void kmem_tier_clear(struct kmem_record *rec)
{
	mutex_lock(&tier_lock);
	clear_node_memory_type(rec->nid, node_tiers[rec->nid].type);
	node_tiers[rec->nid].users--;
	mutex_unlock(&tier_lock);
}

/**
 * kmem_tier_exit() - free all memory types
 *
 * Context: Module exit, no record left.
 */
void kmem_tier_exit(void)
{
	mutex_lock(&tier_lock);
	mt_put_memory_types(&tier_types);
	mutex_unlock(&tier_lock);
}
