/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stranded memory: an unbind left it in use, and dax-kmem still knows it. Its
 * device may or may not exist.
 */
#ifndef KMEMCTL_STRANDED_H
#define KMEMCTL_STRANDED_H

#include "device/dax.h"

struct stranded {
	struct dax_dev *records;	/* name, node and ranges of each device */
	bool *shown;			/* its device exists */
	size_t nr;
	bool hidden;			/* only root can read them */
};

/* None if the driver is not dax-kmem. Returns 0 or a negative errno. */
int stranded_read(struct stranded *all);
/* Marks the records whose memory belongs to a device that exists. */
void stranded_show_with(struct stranded *all, const struct dax_dev *dev);
void stranded_free(struct stranded *all);

#endif
