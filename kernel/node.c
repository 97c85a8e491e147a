// SPDX-License-Identifier: GPL-2.0-only
/*
 * The NUMA node that memory goes to: whether it may, and which memory tier
 * the node gets. Memory must keep its node's memory type for as long as any of
 * it is added, bound or not.
 */
#include <linux/device.h>
#include <linux/memory-tiers.h>
#include <linux/nodemask.h>

#include "kmem.h"

/*
 * Abstract distance of a node whose performance no firmware table tells: well
 * behind DRAM, as the in-tree driver has it.
 */
#define KMEM_DEFAULT_ADISTANCE (MEMTIER_ADISTANCE_DRAM * 5)

static DEFINE_MUTEX(tier_lock); /* protects tier_types */
static LIST_HEAD(tier_types);

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

/**
 * kmem_tier_set() - give the node of a record its memory type
 * @rec: the record, without a memory type
 *
 * To be called before the first block goes online, for that is when the node
 * joins a tier. From Linux 6.8 on the distance comes from HMAT when there is
 * one (commit 3718c02dbd4c "acpi, hmat: calculate abstract distance with HMAT").
 *
 * Context: Process context, @rec->lock held.
 * Return: 0 or a negative errno.
 */
int kmem_tier_set(struct kmem_record *rec)
{
	int adistance = KMEM_DEFAULT_ADISTANCE;
	struct memory_dev_type *tier;

	mt_calc_adistance(rec->nid, &adistance);

	mutex_lock(&tier_lock);
	tier = mt_find_alloc_memory_type(adistance, &tier_types);
	mutex_unlock(&tier_lock);
	if (IS_ERR(tier))
		return PTR_ERR(tier);

	init_node_memory_type(rec->nid, tier);
	rec->tier = tier;
	return 0;
}

/**
 * kmem_tier_clear() - take back what kmem_tier_set() gave
 * @rec: the record, none of its memory added
 *
 * Context: Process context, @rec->lock held.
 */
void kmem_tier_clear(struct kmem_record *rec)
{
	clear_node_memory_type(rec->nid, rec->tier);
	rec->tier = NULL;
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
