// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kmem dax driver turns the ranges of a dax device into system RAM on the
 * device's NUMA node. This file loads and unloads the module and binds and
 * unbinds devices; plug.c has the steps that add and remove memory.
 */
#include <linux/dax.h>
#include <linux/device.h>
#include <linux/module.h>

#include "compat/dax-private.h"
#include "kmem.h"

static struct dax_device_driver device_dax_kmem_driver;

static void report_left(struct kmem_record *rec)
{
	kmem_err(rec, "memory on node %d stays in use and reserved; to manage it, bind kmem to this device again\n",
		 rec->nid);
}

/*
 * Plug the memory, unless an earlier unbind left it in use: then only find out
 * what state its blocks are in.
 */
static int bind_memory(struct kmem_record *rec)
{
	/* Once: the parameter may be written meanwhile. */
	int type = kmem_bind_type();
	sigset_t signals;
	int rc = 0;

	if (kmem_record_holds_memory(rec)) {
		kmem_info(rec, "memory on node %d, left in use by an earlier unbind, is managed again\n",
			  rec->nid);
		rc = kmem_blocks_state(rec);
		if (rc < 0)
			return rc;
		WRITE_ONCE(rec->state, rc);
		return 0;
	}

	if (type != KMEM_UNPLUGGED) {
		kmem_block_signals(&signals);
		rc = kmem_plug(rec, type);
		kmem_restore_signals(&signals);
	}
	if (rc && kmem_record_holds_memory(rec))
		report_left(rec);
	return rc;
}

static int take_over(struct kmem_record *rec)
{
	int rc;

	mutex_lock(&rec->lock);
	rc = kmem_take_over(rec);
	mutex_unlock(&rec->lock);
	if (rc)
		kmem_registry_leave(rec);
	return rc;
}

/*
 * List the record, or adopt an older one or what the kernel's own kmem left, or
 * list one of the ranges that nobody else holds. Returns the record to use, or an
 * ERR_PTR with @rec freed.
 */
static struct kmem_record *enter(struct kmem_record *rec, struct device *dev)
{
	struct kmem_record *part;
	int rc;

	rc = kmem_registry_enter(&rec, dev);
	if (!rc && !rec->adopted) {
		rc = take_over(rec);
		if (rc)
			return ERR_PTR(rc);
	}
	/* Adopted memory is reserved, but by this driver. */
	if (!rc && rec->adopted)
		return rec;

	part = kmem_partial_record(rec);
	if (part) {
		if (rc)
			kmem_record_free(rec);
		else
			kmem_registry_leave(rec);
		if (IS_ERR(part))
			return part;
		rec = part;
		rc = kmem_registry_enter(&rec, dev);
	}
	if (rc) {
		kmem_record_free(rec);
		return ERR_PTR(rc);
	}
	return rec;
}

static int dev_dax_kmem_probe(struct dev_dax *dev_dax)
{
	struct device *dev = &dev_dax->dev;
	struct kmem_record *rec;
	int rc;

	rc = dax_kmem_prove_layout(dev_dax, &device_dax_kmem_driver);
	if (rc)
		return rc;

	rc = kmem_node_check(dev, dev_dax->target_node);
	if (rc)
		return rc;

	rec = kmem_snapshot(dev_dax);
	if (IS_ERR(rec))
		return PTR_ERR(rec);

	rec = enter(rec, dev);
	if (IS_ERR(rec))
		return PTR_ERR(rec);

	mutex_lock(&rec->lock);
	rc = bind_memory(rec);
	if (!rc)
		kmem_state_changed(rec);
	mutex_unlock(&rec->lock);
	if (rc) {
		kmem_registry_leave(rec);
		return rc;
	}

	dev_set_drvdata(dev, rec);
	return 0;
}

static void dev_dax_kmem_remove(struct dev_dax *dev_dax)
{
	struct device *dev = &dev_dax->dev;
	struct kmem_record *rec = dev_get_drvdata(dev);

	mutex_lock(&rec->lock);
	if (kmem_record_holds_memory(rec) && kmem_remove_if_offline(rec))
		report_left(rec);
	mutex_unlock(&rec->lock);

	dev_set_drvdata(dev, NULL);
	kmem_registry_leave(rec);
}

static struct dax_device_driver device_dax_kmem_driver = {
	.probe = dev_dax_kmem_probe,
	.remove = dev_dax_kmem_remove,
	.drv = {
		.dev_groups = kmem_device_groups,
	},
};

static int __init dax_kmem_init(void)
{
	int rc;

	rc = dax_driver_register(&device_dax_kmem_driver);
	if (rc) {
		kmem_tier_exit();
		return rc;
	}
	kmem_driver_add_attrs(&device_dax_kmem_driver.drv);
	return 0;
}

static void __exit dax_kmem_exit(void)
{
	kmem_driver_remove_attrs(&device_dax_kmem_driver.drv);
	dax_driver_unregister(&device_dax_kmem_driver);
	kmem_tier_exit();
}

MODULE_AUTHOR("The dax-kmem authors");
MODULE_DESCRIPTION("KMEM DAX: map dax devices as system RAM, and take it back");
MODULE_LICENSE("GPL");
MODULE_VERSION(KMEM_VERSION);
module_init(dax_kmem_init);
module_exit(dax_kmem_exit);
MODULE_ALIAS_DAX_DEVICE(0);
