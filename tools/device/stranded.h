/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that an unbind left in use and that our driver still has on record,
 * whether the device it belonged to exists or not.
 */
#ifndef KMEMCTL_STRANDED_H
#define KMEMCTL_STRANDED_H

#include "device/dax.h"

struct stranded {
	struct dax_dev *records;	/* what the devices were, as far as known */
	bool *shown;			/* a device with its memory exists */
	size_t nr;
	bool hidden;			/* from all but root */
};

/* None when the driver is not ours. Returns 0 or a negative errno. */
int stranded_read(struct stranded *all);
/* A device that exists: what is left of its memory is told with it. */
void stranded_show_with(struct stranded *all, const struct dax_dev *dev);
void stranded_free(struct stranded *all);

#endif
