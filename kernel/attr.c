// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calling a sysfs attribute of another driver's device by name.
 * The show and store functions are reached through the device's own attribute
 * groups, so they run with the locking that their owner gave them.
 */
#include <linux/device.h>
#include <linux/string.h>

#include "kmem.h"

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
 * kmem_attr_show() - read an attribute of a device
 * @dev: the device
 * @groups: attribute groups that hold it
 * @name: name of the attribute
 * @page: where the text goes, one whole zeroed page (sysfs_emit() insists)
 *
 * Context: the locks that the attribute's own show function takes.
 * Return: length of the text; -ENOENT when there is no such attribute, or the
 * errno of its show function.
 */
ssize_t kmem_attr_show(struct device *dev,
		       const struct attribute_group *const *groups,
		       const char *name, char *page)
{
	struct device_attribute *attr = find_attr(groups, name);

	if (!attr || !attr->show)
		return -ENOENT;
	return attr->show(dev, attr, page);
}

/**
 * kmem_attr_store() - write an attribute of a device
 * @dev: the device
 * @groups: attribute groups that hold it
 * @name: name of the attribute
 * @word: text to write
 *
 * Context: the locks that the attribute's own store function takes. No kernfs
 * reference is held, so the attribute's file may be removed meanwhile.
 * Return: what the store function returned; -ENOENT when there is no such
 * attribute.
 */
ssize_t kmem_attr_store(struct device *dev,
			const struct attribute_group *const *groups,
			const char *name, const char *word)
{
	struct device_attribute *attr = find_attr(groups, name);

	if (!attr || !attr->store)
		return -ENOENT;
	return attr->store(dev, attr, word, strlen(word));
}
