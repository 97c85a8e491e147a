// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads and writes sysfs attributes of devices of the core and of the dax bus,
 * for operations that they export no function for. The show and store
 * functions are found by name in the device's own attribute groups and take
 * the locks they always take.
 */
#include <linux/device.h>
#include <linux/string.h>

#include "attr-call.h"

static struct device_attribute *
find_attr(const struct attribute_group *const *groups, const char *name)
{
	struct attribute *const *attr;

	for (; groups && *groups; groups++)
		for (attr = (*groups)->attrs; attr && *attr; attr++)
			if (!strcmp((*attr)->name, name))
				return container_of(*attr,
						    struct device_attribute,
						    attr);
	return NULL;
}

/**
 * kmem_has_attr() - whether a device has an attribute
 * @groups: attribute groups of the device
 * @name: name of the attribute
 *
 * Also true if the attribute is hidden for this device.
 */
bool kmem_has_attr(const struct attribute_group *const *groups,
		   const char *name)
{
	return find_attr(groups, name);
}

/**
 * kmem_call_show() - read an attribute of a device
 * @dev: the device
 * @groups: attribute groups that hold it
 * @name: name of the attribute
 * @page: filled; one whole zeroed page, as sysfs_emit() requires
 *
 * Context: Process context. The show function takes its own locks.
 * Return: length of the text; -ENOENT when there is no such attribute; or the
 * errno of its show function.
 */
ssize_t kmem_call_show(struct device *dev,
		       const struct attribute_group *const *groups,
		       const char *name, char *page)
{
	struct device_attribute *attr = find_attr(groups, name);

	if (!attr)
		return -ENOENT;
	if (attr->show)
		return attr->show(dev, attr, page);
#ifdef KMEM_HAVE_show_const
	/* With CFI the two are not one and the same. */
	if (attr->show_const)
		return attr->show_const(dev, attr, page);
#endif
	return -ENOENT;
}

/**
 * kmem_call_store() - write an attribute of a device
 * @dev: the device
 * @groups: attribute groups that hold it
 * @name: name of the attribute
 * @word: the text to write
 *
 * Context: Process context. The store function takes its own locks. No kernfs
 * reference is held, so the attribute's file may be removed meanwhile.
 * Return: what the store function returned; -ENOENT when there is no such
 * attribute.
 */
ssize_t kmem_call_store(struct device *dev,
			const struct attribute_group *const *groups,
			const char *name, const char *word)
{
	struct device_attribute *attr = find_attr(groups, name);

	if (!attr)
		return -ENOENT;
	if (attr->store)
		return attr->store(dev, attr, word, strlen(word));
#ifdef KMEM_HAVE_show_const
	if (attr->store_const)
		return attr->store_const(dev, attr, word, strlen(word));
#endif
	return -ENOENT;
}
