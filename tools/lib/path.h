/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files below --sysroot: read, checked, written. Those that return an int return
 * 0 or a negative errno; -EBADMSG: not a value, -EOVERFLOW: a number too large.
 */
#ifndef KMEMCTL_PATH_H
#define KMEMCTL_PATH_H

#include <stdio.h>

#include "lib/util.h"

void path_set_root(const char *dir);
const char *path_root(void);

/*
 * The path below --sysroot of an absolute path, which is given as a format. It
 * is good until the next call of this thread.
 */
const char *path_of(const char *fmt, ...) PRINTF(1, 2);

/*
 * path_X(..., fmt, ...) passes path_of(fmt, ...) to file_X(), which takes no
 * other path.
 */
#define path_exists(...) file_exists(path_of(__VA_ARGS__))
bool file_exists(const char *path);
/* A value of one line, without the newline. */
#define path_read(buf, size, ...) file_read(buf, size, path_of(__VA_ARGS__))
int file_read(char *buf, size_t size, const char *path);
#define path_read_u64(value, base, ...) \
	file_read_u64(value, base, path_of(__VA_ARGS__))
int file_read_u64(__u64 *value, int base, const char *path);
#define path_read_int(value, ...) file_read_int(value, path_of(__VA_ARGS__))
int file_read_int(int *value, const char *path);
/* A whole plain file, with a zero byte behind it; to be freed. */
#define path_read_whole(data, len, ...) \
	file_read_whole(data, len, path_of(__VA_ARGS__))
int file_read_whole(char **data, size_t *len, const char *path);
/* Where a path leads once all links are followed, without --sysroot. */
#define path_real(buf, size, ...) file_real(buf, size, path_of(__VA_ARGS__))
int file_real(char *buf, size_t size, const char *path);
/* Repeats a write that a signal interrupted: see path_end_writes_when(). */
#define path_write(value, ...) file_write(value, path_of(__VA_ARGS__))
int file_write(const char *value, const char *path);
/* Last part of what a symbolic link points to. */
#define path_link(buf, size, ...) file_link(buf, size, path_of(__VA_ARGS__))
int file_link(char *buf, size_t size, const char *path);
/* Call each() for every name in a directory, until one returns non-zero. */
int path_each(const char *dir, int (*each)(const char *name, void *arg),
	      void *arg);

/* For other files: a descriptor, or a stream. Neither ever waits. */
int path_open(const char *fmt, ...) PRINTF(1, 2);
#define path_fopen(stream, ...) file_fopen(stream, path_of(__VA_ARGS__))
int file_fopen(FILE **stream, const char *path);
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

/*
 * In pending.c, for a dry run: what takes the place of each change, and what
 * files would hold after writes that were not made. Here a path has no --sysroot.
 */

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
