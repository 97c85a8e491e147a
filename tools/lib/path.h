/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files below --sysroot: read, checked, written. A path is absolute, without
 * --sysroot, and given as a format. All return 0 or a negative errno; -EBADMSG:
 * not a value, -EOVERFLOW: a number too large.
 */
#ifndef KMEMCTL_PATH_H
#define KMEMCTL_PATH_H

#include <stdio.h>

#include "lib/util.h"

void path_set_root(const char *dir);
const char *path_root(void);

/* The path with --sysroot. */
int path_form(char *path, size_t size, const char *fmt, ...) PRINTF(3, 4);
bool path_exists(const char *fmt, ...) PRINTF(1, 2);
/* A value of one line, without the newline. */
int path_read(char *buf, size_t size, const char *fmt, ...) PRINTF(3, 4);
int path_read_u64(__u64 *value, int base, const char *fmt, ...)
	PRINTF(3, 4);
int path_read_int(int *value, const char *fmt, ...) PRINTF(2, 3);
/* A whole plain file, with a zero byte behind it; to be freed. */
int path_read_whole(char **data, size_t *len, const char *fmt, ...)
	PRINTF(3, 4);
/* Where a path leads once all links are followed, without --sysroot. */
int path_real(char *buf, size_t size, const char *fmt, ...) PRINTF(3, 4);
/* Repeats a write that a signal interrupted: see path_end_writes_when(). */
int path_write(const char *value, const char *fmt, ...) PRINTF(2, 3);
/* Last part of what a symbolic link points to. */
int path_link(char *buf, size_t size, const char *fmt, ...) PRINTF(3, 4);
/* Call each() for every name in a directory, until one returns non-zero. */
int path_each(const char *dir, int (*each)(const char *name, void *arg),
	      void *arg);

/* For other files: a descriptor, or a stream. Neither ever waits. */
int path_open(const char *fmt, ...) PRINTF(1, 2);
int path_fopen(FILE **stream, const char *fmt, ...) PRINTF(2, 3);
/* Exactly this much of a descriptor's file; -EBADMSG: it ends before. */
int path_read_at(int fd, void *buf, size_t size, __u64 offset);

/* How many writes were tried so far: none means that nothing was changed. */
unsigned int path_writes(void);

/* How a write is shown: a value, a path. */
#define WRITE_AS "echo %s >%s"

/*
 * When a signal interrupts a write, ended() says whether to give up; without
 * it, the write is repeated.
 */
void path_end_writes_when(int (*ended)(void));

#endif
