// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fake kernel, preloaded into kmemctl: takes the program's calls on the
 * files of a tree and answers as a kernel would, or as a test asks for. A file
 * in this directory calls only those before it in this list: tree, blocks,
 * memmap and zones, kmem, bus, writes, calls.
 *
 * FAKE_ROOT    the tree; only files below it are touched
 * FAKE_LOG     every write is appended: number, path below sys, value
 * FAKE_FAULTS  N:FAULT[,...] what happens at the N-th write; N+ from there on.
 *              FAULT is an errno, or one of:
 *              lost         the write succeeds and does nothing
 *              gone         the device is gone, ENODEV
 *              INT TERM     a signal cuts the write short
 *              USR1         the signal comes, and the write is done
 *              wait         the write lasts until a signal comes
 *              stuck        the write lasts for ever; a signal cuts it short
 *              slow         the write lasts as long as the file FAKE_SLOW is
 *                           there, a minute at most, whatever signals come
 *              wrongzone    the memory comes into the other zone
 *              afterINT afterKILL  the signal comes after the write
 *              aftergone afterunbind  the device is gone, or unbound, after it
 *              beforeonline afteronline  another program onlines a block
 * FAKE_COUNT   a file for the number of system calls on files
 * FAKE_READ    TEXT:ERRNO reading a file whose path contains TEXT fails;
 *              TEXT:TERM a signal comes before it is read
 * FAKE_DRIVER  what kmem is: nothing (an in-tree one without "state"), state
 *              (Linux 7.3's), ours
 * FAKE_ZONES   when set, /proc/zoneinfo tells of the blocks
 * FAKE_SKIP    a block that a write to "state" does not bring online, which
 *              Linux 7.3 takes for a success
 * FAKE_LATE    when set, the mappings of dax0.0, in a directory "late" of the
 *              device, appear when the program sleeps
 * FAKE_PROBE   errno kmem's probe returns
 * FAKE_AGENT   when set, another program onlines two blocks at each bind
 * FAKE_STUCK   a block that cannot go offline
 * FAKE_HOG     when set, a write to nr_hugepages leaves node 0 without room
 * FAKE_ADOPT   when set, kmem takes memory that is already there
 * FAKE_FALLBACK when set, the memmap goes to RAM wherever it was wanted
 * FAKE_MATCH   the driver that matches devices without an id (device_dax)
 * FAKE_INSERT  when set, inserting a module gives the bus its driver
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libkmod.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree.h"
#include "writes.h"
#include "zones.h"

static bool inside;

/* Path below FAKE_ROOT/sys/ of an open file, or NULL. */
static const char *sys_path(int fd, char *buf, size_t size)
{
	const char *root = env("FAKE_ROOT");
	char link[64];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	inside = true;
	len = readlink(link, buf, size - 1);
	inside = false;
	if (len < 0 || !*root)
		return NULL;
	buf[len] = '\0';
	if (strncmp(buf, root, strlen(root)) ||
	    strncmp(buf + strlen(root), "/sys/", 5))
		return NULL;
	return buf + strlen(root) + 5;
}

int usleep(useconds_t usec)
{
	const char *dev = "sys/bus/dax/devices/dax0.0";
	int i;

	inside = true;
	for (i = 0; *env("FAKE_LATE") && i < 2; i++)
		rename(at("%s/late/mapping%d", dev, i),
		       at("%s/mapping%d", dev, i));
	inside = false;
	return usec ? 0 : -1;
}

/* Calls of the program itself. Those of this file come with "inside" set. */
static unsigned int calls;

__attribute__((destructor))
static void write_count(void)
{
	FILE *f = *env("FAKE_COUNT") ? fopen(env("FAKE_COUNT"), "w") : NULL;

	if (!f)
		return;
	fprintf(f, "%u\n", calls);
	fclose(f);
}

int close(int fd)
{
	static int (*real)(int fd);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "close");
	calls += !inside;
	return real(fd);
}

int access(const char *path, int mode)
{
	static int (*real)(const char *path, int mode);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "access");
	calls += !inside;
	return real(path, mode);
}

ssize_t readlink(const char *path, char *buf, size_t size)
{
	static ssize_t (*real)(const char *path, char *buf, size_t size);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "readlink");
	calls += !inside;
	return real(path, buf, size);
}

/* Files whose content is made when they are read. */
static int made_file(const char *path)
{
	size_t len = strlen(env("FAKE_ROOT"));
	char dev[64];
	int fd;

	if (!len || strncmp(path, env("FAKE_ROOT"), len))
		return -1;
	*dev = '\0';
	if (strcmp(path + len, "/proc/zoneinfo") || !*env("FAKE_ZONES"))
		if (sscanf(path + len, "/sys/bus/dax/devices/%63[^/]", dev) != 1 ||
		    !strstr(path, "/kmem/zones") || access(path, F_OK))
			return -1;
	inside = true;
	fd = memfd_create("made", MFD_CLOEXEC);
	if (*dev)
		write_zones(fd, dev);
	else
		write_zoneinfo(fd);
	inside = false;
	lseek(fd, 0, SEEK_SET);
	return fd;
}

int open(const char *path, int flags, ...)
{
	static int (*real)(const char *path, int flags, ...);
	va_list args;
	mode_t mode;
	int fd;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "open");
	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	calls += !inside;
	fd = inside ? -1 : made_file(path);
	return fd >= 0 ? fd : real(path, flags, mode);
}

ssize_t write(int fd, const void *data, size_t count)
{
	static ssize_t (*real)(int fd, const void *data, size_t count);
	char buf[PATH_MAX], value[64];
	const char *path;
	int rc;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "write");
	calls += !inside;
	path = inside ? NULL : sys_path(fd, buf, sizeof(buf));
	if (!path)
		return real(fd, data, count);
	inside = true;
	snprintf(value, sizeof(value), "%.*s", (int)count, (const char *)data);
	value[strcspn(value, "\n")] = '\0';	/* as a shell writes it */
	rc = write_file(path, value);
	inside = false;
	errno = rc;
	return rc ? -1 : (ssize_t)count;
}

ssize_t read(int fd, void *data, size_t count)
{
	static ssize_t (*real)(int fd, void *data, size_t count);
	char buf[PATH_MAX], text[64];
	const char *path, *fault = env("FAKE_READ");
	const char *colon = strchr(fault, ':');

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "read");
	calls += !inside;
	path = inside || !colon ? NULL : sys_path(fd, buf, sizeof(buf));
	if (path) {
		snprintf(text, sizeof(text), "%.*s", (int)(colon - fault),
			 fault);
		if (strstr(path, text) && !strcmp(colon, ":TERM")) {
			raise(SIGTERM);
		} else if (strstr(path, text)) {
			errno = errno_of(colon + 1);
			return -1;
		}
	}
	return real(fd, data, count);
}

int kmod_module_probe_insert_module(struct kmod_module *mod, unsigned int flags,
				    const char *extra_options,
				    int (*run_install)(struct kmod_module *m,
						       const char *cmdline,
						       void *data),
				    const void *data,
				    void (*print_action)(struct kmod_module *m,
							 bool install,
							 const char *options))
{
	static const char * const files[] = { "bind", "unbind", "new_id",
					      "remove_id" };
	typeof(kmod_module_probe_insert_module) *real;
	const char *name = kmod_module_get_name(mod);
	size_t i;
	int rc;

	if (!(flags & KMOD_PROBE_DRY_RUN))
		abort();
	*(void **)&real = dlsym(RTLD_NEXT, __func__);
	rc = real(mod, flags, extra_options, run_install, data, print_action);
	if (rc || !*env("FAKE_INSERT"))
		return rc;
	mkdir(at("sys/bus/dax/drivers/%s", name), 0755);
	for (i = 0; i < sizeof(files) / sizeof(*files); i++)
		put(at("sys/bus/dax/drivers/%s/%s", name, files[i]), "");
	return 0;
}
