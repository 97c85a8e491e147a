// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kmem dax driver: module entry and exit, bind and unbind.
 * Turns a device-dax range into system RAM on its own NUMA node, and takes it
 * back. How is told in the other files, in what order in plug.c.
 */
#include <linux/dax.h>
#include <linux/device.h>
#include <linux/module.h>

#include "compat/dax-private.h"
#include "kmem.h"

static struct dax_device_driver device_dax_kmem_driver;

static void report_left(const struct kmem_record *rec, struct device *dev)
{
	dev_err(dev, "memory on node %d stays in use and reserved; offline all of it, then bind kmem to this device again and unbind it\n",
		rec->nid);
}

static int dev_dax_kmem_probe(struct dev_dax *dev_dax)
{
	struct device *dev = &dev_dax->dev;
	struct kmem_record *rec;
	bool adopted;
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

	rc = kmem_record_bind(&rec, dev);
	if (rc) {
		kmem_record_free(rec);
		return rc;
	}

	mutex_lock(&rec->lock);
	adopted = kmem_record_holds_memory(rec);
	if (!adopted)
		rc = kmem_plug(rec, dev);
	if (rc && kmem_record_holds_memory(rec))
		report_left(rec, dev);
	mutex_unlock(&rec->lock);
	if (rc) {
		kmem_record_unbind(rec);
		return rc;
	}

	if (adopted)
		dev_info(dev, "memory on node %d that an earlier unbind left in use is managed again\n",
			 rec->nid);
	dev_set_drvdata(dev, rec);
	return 0;
}

static void dev_dax_kmem_remove(struct dev_dax *dev_dax)
{
	struct device *dev = &dev_dax->dev;
	struct kmem_record *rec = dev_get_drvdata(dev);

	mutex_lock(&rec->lock);
	if (kmem_record_holds_memory(rec) && kmem_take_back(rec, dev))
		report_left(rec, dev);
	mutex_unlock(&rec->lock);

	dev_set_drvdata(dev, NULL);
	kmem_record_unbind(rec);
}

static struct dax_device_driver device_dax_kmem_driver = {
	.probe = dev_dax_kmem_probe,
	.remove = dev_dax_kmem_remove,
};

static int __init dax_kmem_init(void)
{
	int rc;

	rc = kmem_plug_init();
	if (rc)
		return rc;

	rc = dax_driver_register(&device_dax_kmem_driver);
	if (rc)
		goto err_register;
	return 0;

err_register:
	kmem_tier_exit();
	kmem_plug_exit();
	return rc;
}

static void __exit dax_kmem_exit(void)
{
	dax_driver_unregister(&device_dax_kmem_driver);
	kmem_tier_exit();
	kmem_plug_exit();
}

MODULE_AUTHOR("The dax-kmem authors");
MODULE_DESCRIPTION("KMEM DAX: map dax devices as system RAM, and take it back");
MODULE_LICENSE("GPL");
MODULE_VERSION(KMEM_VERSION);
module_init(dax_kmem_init);
module_exit(dax_kmem_exit);
MODULE_ALIAS_DAX_DEVICE(0);
