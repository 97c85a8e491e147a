/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fake kernel's tree of plain files, and what a test sets in the
 * environment. All else here stands on this; calls.c lists the variables.
 */
#ifndef FAKE_TREE_H
#define FAKE_TREE_H

#include <stdbool.h>
#include <stddef.h>

/* Never NULL. */
const char *env(const char *name);

/* The errno of that name, as "EBUSY". */
int errno_of(const char *name);

/* A path in the tree; good until the eighth call after this one. */
__attribute__((format(printf, 1, 2)))
char *at(const char *fmt, ...);

/* Write a file, with a newline; read its first line, without. */
void put(const char *path, const char *text);
void get(const char *path, char *text, size_t size);

/* Whether the driver holds the device; NULL asks whether no driver does. */
bool driver_is(const char *dev, const char *driver);

#endif
