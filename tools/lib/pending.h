/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A dry run: what takes the place of each change, and what files would hold
 * after the writes that were not made. Paths are absolute and without --sysroot.
 */
#ifndef KMEMCTL_PENDING_H
#define KMEMCTL_PENDING_H

#include "lib/util.h"

struct dry_run {
	/* A file would be written. Returns 0 or a negative errno, as that would. */
	int (*write)(const char *path, const char *value);
	/* A module would be loaded; ours: it is dax-kmem's. */
	void (*load)(const char *driver, bool ours);
};

/* Set once; from then on nothing is changed. NULL: this is no dry run. */
extern const struct dry_run *dry_run;

/* The file would hold this text, or, with NULL, would not exist. */
void pending_put(const char *path, const char *text);

/* Whether a file would change; *text is what pending_put() was given last. */
bool pending_find(const char *path, const char **text);

/* Call each() for every name that a directory would have because of a put. */
int pending_names(const char *dir, int (*each)(const char *name, void *arg),
		  void *arg);

/* All that was put since a mark can be taken back. */
size_t pending_mark(void);
void pending_back_to(size_t mark);

#endif
