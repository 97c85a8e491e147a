/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of the fake kernel: what it is, and how the program's system calls
 * come to it.
 */
#ifndef FAKEKERNEL_H
#define FAKEKERNEL_H

#include <stdbool.h>
#include <stddef.h>

#define BLOCK_SIZE (128ULL << 20)

/* Never NULL. */
const char *env(const char *name);
/* A path in the tree; good for a while. */
__attribute__((format(printf, 1, 2)))
char *at(const char *fmt, ...);
void put(const char *path, const char *text);
void get(const char *path, char *text, size_t size);
int errno_of(const char *name);
bool is_online(const char *block);
bool driver_is(const char *dev, const char *driver);

/* A write to a path below sys/: 0 or an errno. */
int do_write(const char *path, const char *value, bool wrong_zone);
int drv_unbind(const char *driver, const char *dev);

/* Where the memmap is: a write, our driver's files, and what it just took. */
int write_memmap(const char *dev, const char *file, const char *value);
void add_memmap_files(const char *dev);
void put_memmap(const char *dev, unsigned long long blocks);

/* Files whose content follows from the blocks. */
void write_zoneinfo(int fd);
void write_zones(int fd, const char *dev);

#endif
