/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two halves of the fake kernel: what it is, and how the program's system
 * calls come to it.
 */
#ifndef FAKEKERNEL_H
#define FAKEKERNEL_H

#include <stdbool.h>
#include <stddef.h>

/* Never NULL. */
const char *env(const char *name);
/* A path in the tree; good for a while. */
__attribute__((format(printf, 1, 2)))
char *at(const char *fmt, ...);
void put(const char *path, const char *text);
int errno_of(const char *name);

/* A write to a path below sys/: 0 or an errno. */
int do_write(const char *path, const char *value, bool wrong_zone);
int drv_unbind(const char *driver, const char *dev);

/* Files whose content follows from the blocks. */
void write_zoneinfo(int fd);
void write_zones(int fd, const char *dev);

#endif
