/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads and writes a sysfs attribute of the core or of the dax bus by name.
 */
#ifndef _KMEM_ATTR_CALL_H
#define _KMEM_ATTR_CALL_H

#include <linux/types.h>

struct attribute_group;
struct device;

bool kmem_has_attr(const struct attribute_group *const *groups,
		   const char *name);
ssize_t kmem_call_show(struct device *dev,
		       const struct attribute_group *const *groups,
		       const char *name, char *page);
ssize_t kmem_call_store(struct device *dev,
			const struct attribute_group *const *groups,
			const char *name, const char *word);

#endif /* _KMEM_ATTR_CALL_H */
