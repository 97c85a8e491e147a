/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What files would hold after writes that were not made. Paths are absolute and
 * without --sysroot. Empty, unless a dry run fills it.
 */
#ifndef KMEMCTL_PENDING_H
#define KMEMCTL_PENDING_H

#include "lib/util.h"

/* The file would hold this, or, with NULL, would not be there. */
void pending_put(const char *path, const char *text);

/* Whether this file would not be as it is; *text as pending_put() has it. */
bool pending_find(const char *path, const char **text);

/* Call each() for every name in a directory that would be there. */
int pending_names(const char *dir, int (*each)(const char *name, void *arg),
		  void *arg);

/* All that was put since a mark can be taken back. */
size_t pending_mark(void);
void pending_back_to(size_t mark);

#endif
