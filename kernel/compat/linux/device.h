/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shadows <linux/device.h>: adds bus_get_dev_root() on kernels before Linux
 * commit 8c99377e614f ("driver core: bus: add bus_get_dev_root() function").
 */
#ifndef _KMEM_COMPAT_DEVICE_H
#define _KMEM_COMPAT_DEVICE_H

#include_next <linux/device.h>

#ifndef KMEM_HAVE_bus_get_dev_root
static inline struct device *bus_get_dev_root(const struct bus_type *bus)
{
	return get_device(bus->dev_root);
}
#endif

#endif /* _KMEM_COMPAT_DEVICE_H */
