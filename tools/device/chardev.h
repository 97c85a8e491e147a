/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The character device /dev/daxX.Y: which process uses it, and what its first
 * pages hold.
 */
#ifndef KMEMCTL_CHARDEV_H
#define KMEMCTL_CHARDEV_H

#include "device/dax.h"

struct chardev_user {
	int pid;
	char command[32];
	bool mapped;		/* else open */
};

/* Finds a process that has the character device open or mapped. */
bool chardev_find_user(struct chardev_user *user, const char *name);

struct chardev_content {
	char signature[32];	/* "ext4", "PMEMOBJ"; empty: none known */
	__u64 hash;		/* of the pages, if there is a signature */
};

/*
 * Reads the first 2 MiB of a device that device_dax holds. Returns 0 or a
 * negative errno.
 */
int chardev_read(struct chardev_content *content, const struct dax_dev *dev);

#endif
