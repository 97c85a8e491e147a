// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded into kmemctl, makes a tree of plain files answer writes as the dax
 * bus and the memory blocks of a kernel do, and fails where a test asks for it.
 *
 * FAKE_ROOT    the tree; only files below it are touched
 * FAKE_LOG     every write is appended: number, path below sys, value
 * FAKE_FAULTS  N:FAULT[,...] what happens at the N-th write; N+ from there on.
 *              FAULT is an errno, or: lost (success, nothing done), gone (the
 *              device goes), INT, TERM (a signal cuts it short), afterINT (a
 *              signal comes right after it), USR1 (that signal comes with it),
 *              aftergone (the device goes then), afterunbind (somebody unbinds
 *              it then), wrongzone
 * FAKE_READ    TEXT:ERRNO reading a file whose path contains TEXT fails
 * FAKE_PROBE   errno kmem's probe returns
 * FAKE_AGENT   when set, another program onlines two blocks at each bind
 * FAKE_STUCK   a block that cannot go offline
 * FAKE_ADOPT   when set, kmem takes memory that is already there
 * FAKE_MATCH   the driver that matches devices without an id (device_dax)
 * FAKE_INSERT  when set, inserting a module gives the bus its driver
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libkmod.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_SIZE (128ULL << 20)

static bool inside;
static unsigned int writes;

static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

__attribute__((format(printf, 1, 2)))
static char *at(const char *fmt, ...)
{
	static char paths[8][PATH_MAX];
	static unsigned int next;
	char *path = paths[next++ % 8];
	va_list args;
	int len;

	len = snprintf(path, PATH_MAX, "%s/", env("FAKE_ROOT"));
	va_start(args, fmt);
	vsnprintf(path + len, PATH_MAX - len, fmt, args);
	va_end(args);
	return path;
}

static int errno_of(const char *name)
{
	static const struct {
		const char *name;
		int value;
	} known[] = {
		{ "EBUSY", EBUSY }, { "EIO", EIO }, { "EINTR", EINTR },
		{ "EINVAL", EINVAL }, { "ENODEV", ENODEV },
		{ "EACCES", EACCES }, { "ENOMEM", ENOMEM },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(known[i].name, name))
			return known[i].value;
	fprintf(stderr, "fakekernel: unknown errno %s\n", name);
	abort();
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return;
	fprintf(f, "%s\n", text);
	fclose(f);
}

static void get(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "r");

	*text = '\0';
	if (!f)
		return;
	if (fgets(text, size, f))
		text[strcspn(text, "\n")] = '\0';
	fclose(f);
}

/* Ids are files in ids/DRIVER/, so that a tree shows which are left. */
static bool has_id(const char *driver, const char *dev)
{
	return !access(at("ids/%s/%s", driver, dev), F_OK);
}

static bool driver_is(const char *dev, const char *driver)
{
	char link[PATH_MAX];
	ssize_t len = readlink(at("sys/bus/dax/devices/%s/driver", dev), link,
			       sizeof(link) - 1);

	if (len < 0)
		return !driver;
	link[len] = '\0';
	return driver && !strcmp(strrchr(link, '/') + 1, driver);
}

typedef int (*block_fn)(const char *block);

/* Call fn for each whole block of the device; stop at the first error. */
static int each_block(const char *dev, block_fn fn)
{
	unsigned long long start, end, id;
	char text[64];
	int i, rc = 0;

	for (i = 0; !rc; i++) {
		const char *map = at("sys/bus/dax/devices/%s/mapping%d", dev, i);

		get(at("sys/bus/dax/devices/%s/mapping%d/start", dev, i), text,
		    sizeof(text));
		if (access(map, F_OK))
			break;
		start = strtoull(text, NULL, 16);
		get(at("sys/bus/dax/devices/%s/mapping%d/end", dev, i), text,
		    sizeof(text));
		end = strtoull(text, NULL, 16) + 1;
		for (id = (start + BLOCK_SIZE - 1) / BLOCK_SIZE;
		     !rc && id < end / BLOCK_SIZE; id++)
			rc = fn(at("sys/devices/system/memory/memory%llu", id));
	}
	return rc;
}

static void set_block(const char *block, const char *state, const char *zones)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/state", block);
	put(path, state);
	snprintf(path, sizeof(path), "%s/valid_zones", block);
	put(path, zones);
}

static bool is_online(const char *block)
{
	char path[PATH_MAX], state[32];

	snprintf(path, sizeof(path), "%s/state", block);
	get(path, state, sizeof(state));
	return !strcmp(state, "online");
}

static int block_busy(const char *block)
{
	return access(block, F_OK) ? 0 : EBUSY;
}

static int block_online(const char *block)
{
	return is_online(block) ? EBUSY : 0;
}

static int block_add(const char *block)
{
	char policy[32];
	static int added;

	if (!access(block, F_OK))
		return 0;
	mkdir(block, 0755);
	get(at("sys/devices/system/memory/auto_online_blocks"), policy,
	    sizeof(policy));
	if (*env("FAKE_AGENT") && added++ < 2)
		set_block(block, "online", "Normal");
	else if (!strcmp(policy, "offline"))
		set_block(block, "offline", "Normal Movable");
	else
		set_block(block, "online", strcmp(policy, "online_movable") ?
			  "Normal" : "Movable");
	return 0;
}

static int block_remove(const char *block)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/state", block);
	unlink(path);
	snprintf(path, sizeof(path), "%s/valid_zones", block);
	unlink(path);
	rmdir(block);
	return 0;
}

static int probe(const char *dev, const char *driver)
{
	int rc = 0;

	if (!strcmp(driver, "kmem")) {
		if (*env("FAKE_PROBE"))
			return errno_of(env("FAKE_PROBE"));
		if (!*env("FAKE_ADOPT"))
			rc = each_block(dev, block_busy);
		if (!rc)
			rc = each_block(dev, block_add);
	} else {
		rc = each_block(dev, block_busy);
	}
	if (!rc)
		rc = symlink(at("../../../bus/dax/drivers/%s", driver) +
			     strlen(env("FAKE_ROOT")) + 1,
			     at("sys/bus/dax/devices/%s/driver", dev)) ?
			     errno : 0;
	return rc;
}

static int drv_new_id(const char *driver, const char *dev)
{
	struct dirent *entry;
	DIR *d;

	mkdir(at("ids/%s", driver), 0755);
	put(at("ids/%s/%s", driver, dev), "id");
	/* as driver_attach() does: every unbound device this driver knows */
	d = opendir(at("sys/bus/dax/devices"));
	while ((entry = readdir(d)))
		if (entry->d_name[0] != '.' && has_id(driver, entry->d_name) &&
		    driver_is(entry->d_name, NULL))
			probe(entry->d_name, driver);
	closedir(d);
	return 0;
}

static int drv_bind(const char *driver, const char *dev)
{
	const char *match;

	if (access(at("sys/bus/dax/devices/%s", dev), F_OK))
		return ENODEV;
	match = *env("FAKE_MATCH") ? env("FAKE_MATCH") : "device_dax";
	if (!has_id(driver, dev) && strcmp(driver, match))
		return ENODEV;
	if (!driver_is(dev, NULL))
		return EBUSY;
	return probe(dev, driver);
}

static int drv_unbind(const char *driver, const char *dev)
{
	if (!driver_is(dev, driver))
		return ENODEV;
	unlink(at("sys/bus/dax/devices/%s/driver", dev));
	if (!strcmp(driver, "kmem") && !each_block(dev, block_online))
		each_block(dev, block_remove);
	return 0;
}

static int write_driver(const char *driver, const char *file, const char *dev)
{
	if (!strcmp(file, "new_id"))
		return drv_new_id(driver, dev);
	if (!strcmp(file, "bind"))
		return drv_bind(driver, dev);
	if (!strcmp(file, "unbind"))
		return drv_unbind(driver, dev);
	unlink(at("ids/%s/%s", driver, dev));
	rmdir(at("ids/%s", driver));
	return 0;
}

static int write_state(const char *name, const char *value, bool wrong_zone)
{
	const char *block = at("sys/devices/system/memory/%s", name);
	bool movable = !strcmp(value, "online_movable");

	if (!strcmp(value, "offline")) {
		if (!is_online(block))
			return EINVAL;
		if (!strcmp(env("FAKE_STUCK"), name))
			return EBUSY;
		set_block(block, "offline", "Normal Movable");
		return 0;
	}
	if (is_online(block) || (!movable && strcmp(value, "online_kernel")))
		return EINVAL;
	set_block(block, "online", movable != wrong_zone ? "Movable" :
		  "Normal");
	return 0;
}

/* path is below sys/ */
static int do_write(const char *path, const char *value, bool wrong_zone)
{
	char name[64], file[64];

	if (sscanf(path, "bus/dax/drivers/%63[^/]/%63s", name, file) == 2)
		return write_driver(name, file, value);
	if (sscanf(path, "devices/system/memory/%63[^/]/%63s", name, file) == 2)
		return write_state(name, value, wrong_zone);
	if (!strcmp(path, "devices/system/memory/auto_online_blocks") ||
	    strstr(path, "/kmem/exclusive")) {
		put(at("sys/%s", path), value);
		return 0;
	}
	fprintf(stderr, "fakekernel: write to %s\n", path);
	abort();
}

/* The fault for this write, or "". */
static const char *fault_now(void)
{
	static char fault[32];
	const char *text = env("FAKE_FAULTS");
	unsigned int n;
	char *end;

	while (*text) {
		n = strtoul(text, &end, 10);
		if (n == writes || (*end == '+' && writes >= n)) {
			end += *end == '+';
			snprintf(fault, sizeof(fault), "%.*s",
				 (int)strcspn(end + 1, ","), end + 1);
			return fault;
		}
		text += strcspn(text, ",");
		text += *text == ',';
	}
	return "";
}

static void device_gone(void)
{
	drv_unbind("kmem", "dax0.0");
	unlink(at("sys/bus/dax/devices/dax0.0"));
}

static int write_or_fail(const char *path, const char *value)
{
	const char *fault = fault_now();
	sigset_t blocked;
	int rc, sig;

	if (!strcmp(fault, "gone")) {
		device_gone();
		return ENODEV;
	}
	if (!strcmp(fault, "INT") || !strcmp(fault, "TERM")) {
		sig = *fault == 'I' ? SIGINT : SIGTERM;
		raise(sig);
		/* a signal that is blocked cuts nothing short */
		sigprocmask(SIG_SETMASK, NULL, &blocked);
		if (!sigismember(&blocked, sig))
			return EINTR;
	}
	if (!strcmp(fault, "lost"))
		return 0;
	if (*fault == 'E')
		return errno_of(fault);
	if (!strcmp(fault, "USR1"))
		raise(SIGUSR1);
	rc = do_write(path, value, !strcmp(fault, "wrongzone"));
	if (!strcmp(fault, "afterINT"))
		raise(SIGINT);
	else if (!strcmp(fault, "aftergone"))
		device_gone();
	else if (!strcmp(fault, "afterunbind"))
		drv_unbind("kmem", "dax0.0");
	return rc;
}

static void log_write(const char *path, const char *value)
{
	FILE *f = fopen(env("FAKE_LOG"), "a");

	if (!f)
		return;
	fprintf(f, "%u %s %s\n", writes, path, value);
	fclose(f);
}

/* Path below FAKE_ROOT/sys/ of an open file, or NULL. */
static const char *sys_path(int fd, char *buf, size_t size)
{
	const char *root = env("FAKE_ROOT");
	char link[64];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, buf, size - 1);
	if (len < 0 || !*root)
		return NULL;
	buf[len] = '\0';
	if (strncmp(buf, root, strlen(root)) ||
	    strncmp(buf + strlen(root), "/sys/", 5))
		return NULL;
	return buf + strlen(root) + 5;
}

ssize_t write(int fd, const void *data, size_t count)
{
	static ssize_t (*real)(int fd, const void *data, size_t count);
	char buf[PATH_MAX], value[64];
	const char *path;
	int rc;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "write");
	path = inside ? NULL : sys_path(fd, buf, sizeof(buf));
	if (!path)
		return real(fd, data, count);
	inside = true;
	snprintf(value, sizeof(value), "%.*s", (int)count, (const char *)data);
	writes++;
	log_write(path, value);
	rc = write_or_fail(path, value);
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
	path = inside || !colon ? NULL : sys_path(fd, buf, sizeof(buf));
	if (path) {
		snprintf(text, sizeof(text), "%.*s", (int)(colon - fault),
			 fault);
		if (strstr(path, text)) {
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
