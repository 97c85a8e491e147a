// SPDX-License-Identifier: GPL-2.0-only
/*
 * The NUMA node of a record's memory: checks that the node can exist, and sets
 * the memory type that puts it in a memory tier. A node keeps its type while
 * memory of any record is added to it, whether the device is bound or not.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/memory-tiers.h>
#include <linux/moduleparam.h>
#include <linux/nodemask.h>

#include "kmem.h"

/*
 * Abstract distance of a node for which the firmware has no performance data:
 * the in-tree driver's value, much slower than DRAM.
 */
#define KMEM_DEFAULT_ADISTANCE (MEMTIER_ADISTANCE_DRAM * 5)

static unsigned int adistance;

/* The core keeps distances in an int. */
static int adistance_set(const char *word, const struct kernel_param *kp)
{
	return param_set_uint_minmax(word, kp, 0, INT_MAX);
}

static const struct kernel_param_ops adistance_ops = {
	.set = adistance_set,
	.get = param_get_uint,
};

module_param_cb(adistance, &adistance_ops, &adistance, 0644);
MODULE_PARM_DESC(adistance, "Abstract distance of the nodes of devices plugged from now on; 0 (default): from HMAT where the kernel reads it, else 5 times that of DRAM");

static DEFINE_MUTEX(tier_lock); /* protects tier_types and node_tiers */
static LIST_HEAD(tier_types);

/*
 * The memory type of each node, set by its first device. Later devices of the
 * node must use the same type, even if HMAT or the parameter have changed: the
 * core counts the users of one type only.
 */
static struct {
	struct memory_dev_type *type;
	unsigned int users;
} node_tiers[MAX_NUMNODES];

/**
 * kmem_node_check() - check that a device's node can exist
 * @dev: the dax device, for messages
 * @nid: its target node
 *
 * Warns if the node has CPUs.
 *
 * Context: Any.
 * Return: 0, or -EINVAL if @nid is not a possible node.
 */
int kmem_node_check(struct device *dev, int nid)
{
	if (nid < 0) {
		dev_err(dev, "target node %d: the firmware assigns no NUMA node to this range (%d); check SRAT and HMAT in the kernel log, and 'ndctl list -v'\n",
			nid, -EINVAL);
		return -EINVAL;
	}
	if (nid >= MAX_NUMNODES || !node_possible(nid)) {
		dev_err(dev, "target node %d: not a possible node of this system, see /sys/devices/system/node/possible (%d); check SRAT and HMAT in the kernel log, and 'ndctl list -v'\n",
			nid, -EINVAL);
		return -EINVAL;
	}
	if (node_state(nid, N_CPU))
		dev_warn(dev, "target node %d has CPUs: slow memory joins the DRAM of that node and programs cannot tell them apart; check SRAT and HMAT in the kernel log\n",
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
 * Call this before the first block goes online: that is when the node joins a
 * tier. The distance comes from HMAT, if there is one, since Linux commit
 * 3718c02dbd4c ("acpi, hmat: calculate abstract distance with HMAT")
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
 * kmem_tier_clear() - undo kmem_tier_set()
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
