// SPDX-License-Identifier: GPL-2.0-only
/*
 * dax_fake: dax devices on any physical range and any target node, for tests of
 * what no emulated hardware shows: nodes that do not exist, ranges that cannot
 * be had, devices that go away. There must be RAM behind what is onlined.
 */
#include <linux/dax.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/kmemleak.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/range.h>
#include <linux/sizes.h>

#define FAKE_MAX 8
#define FAKE_FIRST_REGION 100

static unsigned long start[FAKE_MAX];
static int nr_start;
module_param_array(start, ulong, &nr_start, 0444);
MODULE_PARM_DESC(start, "First byte of each region; region N makes dax10N.0");

static unsigned long size[FAKE_MAX];
module_param_array(size, ulong, NULL, 0444);
MODULE_PARM_DESC(size, "Bytes of each region");

static unsigned long used[FAKE_MAX];
module_param_array(used, ulong, NULL, 0444);
MODULE_PARM_DESC(used, "Bytes of the region that its device takes (default all); the device's mapping attribute adds more");

static unsigned long pieces = 1;
module_param(pieces, ulong, 0444);
MODULE_PARM_DESC(pieces, "Devices of each region (default 1); if there are several, they have no range before something is written to their size");

static int node[FAKE_MAX];
module_param_array(node, int, NULL, 0444);
MODULE_PARM_DESC(node, "Target node of each region (default 0)");

static unsigned long hold[2];
module_param_array(hold, ulong, NULL, 0444);
MODULE_PARM_DESC(hold, "First byte and bytes of a range to reserve, as somebody else would");

/* drivers/dax/bus.h; the last member came in v6.8 and older kernels ignore it */
struct dev_dax_data {
	struct dax_region *dax_region;
	struct dev_pagemap *pgmap;
	resource_size_t size;
	int id;
	bool memmap_on_memory;
};

struct dax_region *alloc_dax_region(struct device *parent, int region_id,
				    struct range *range, int target_node,
				    unsigned int align, unsigned long flags);
struct dev_dax *devm_create_dev_dax(struct dev_dax_data *data);

static struct platform_device *devices[FAKE_MAX];

static int dax_fake_probe(struct platform_device *pdev)
{
	int i = pdev->id;
	struct range range = {
		.start = start[i],
		.end = start[i] + size[i] - 1,
	};
	struct dev_dax_data data = { .id = -1 };
	struct dev_dax *dev_dax = NULL;
	unsigned long nr;

	data.size = pieces > 1 ? 0 : used[i] ?: size[i];
	data.dax_region = alloc_dax_region(&pdev->dev, FAKE_FIRST_REGION + i,
					   &range, node[i], SZ_2M, 0);
	if (!data.dax_region)
		return -ENOMEM;
	/*
	 * The reference to the region is never put: on 6.1 an unload leaks one
	 * region, which a test can afford. Its dax_region_put() is gone since.
	 */
	kmemleak_not_leak(data.dax_region);

	for (nr = 0; nr < pieces && !IS_ERR(dev_dax); nr++)
		dev_dax = devm_create_dev_dax(&data);
	return PTR_ERR_OR_ZERO(dev_dax);
}

static struct platform_driver dax_fake_driver = {
	.probe = dax_fake_probe,
	.driver = {
		.name = "dax_fake",
	},
};

static void unregister_devices(int nr)
{
	while (nr--)
		platform_device_unregister(devices[nr]);
}

static int __init dax_fake_init(void)
{
	int i, rc;

	if (hold[1] && !request_mem_region(hold[0], hold[1], "dax_fake"))
		return -EBUSY;

	rc = platform_driver_register(&dax_fake_driver);
	if (rc)
		goto err_driver;

	for (i = 0; i < nr_start; i++) {
		devices[i] = platform_device_register_simple("dax_fake", i,
							     NULL, 0);
		if (IS_ERR(devices[i])) {
			rc = PTR_ERR(devices[i]);
			goto err_device;
		}
	}
	return 0;

err_device:
	unregister_devices(i);
	platform_driver_unregister(&dax_fake_driver);
err_driver:
	if (hold[1])
		release_mem_region(hold[0], hold[1]);
	return rc;
}

static void __exit dax_fake_exit(void)
{
	unregister_devices(nr_start);
	platform_driver_unregister(&dax_fake_driver);
	if (hold[1])
		release_mem_region(hold[0], hold[1]);
}

MODULE_AUTHOR("The dax-kmem authors");
MODULE_DESCRIPTION("dax devices on any range and any node, for tests");
MODULE_LICENSE("GPL");
module_init(dax_fake_init);
module_exit(dax_fake_exit);
