// SPDX-License-Identifier: GPL-2.0-only
/*
 * A tree of plain files that answers writes as the dax bus, the kmem drivers
 * and the memory blocks of a kernel do. fakecalls.c brings the writes here and
 * tells what a test can set.
 */
#include "fakekernel.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *env(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

char *at(const char *fmt, ...)
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

int errno_of(const char *name)
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

void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return;
	fprintf(f, "%s\n", text);
	fclose(f);
}

void get(const char *path, char *text, size_t size)
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

bool driver_is(const char *dev, const char *driver)
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

bool is_online(const char *block)
{
	char path[PATH_MAX], state[32];

	snprintf(path, sizeof(path), "%s/state", block);
	get(path, state, sizeof(state));
	return !strcmp(state, "online");
}

static unsigned long long counted[3], total;

static int count_block(const char *block)
{
	char path[PATH_MAX], zone[32];

	total++;
	if (access(block, F_OK))
		return 0;
	snprintf(path, sizeof(path), "%s/valid_zones", block);
	get(path, zone, sizeof(zone));
	if (!is_online(block))
		counted[0]++;
	else
		counted[strcmp(zone, "Movable") ? 1 : 2]++;
	return 0;
}

static void count_blocks(const char *dev)
{
	memset(counted, 0, sizeof(counted));
	total = 0;
	each_block(dev, count_block);
}

/* As our driver's kmem/zones. */
void write_zones(int fd, const char *dev)
{
	static const char * const names[] = { "offline", "Normal", "Movable" };
	const char *space = "";
	int i;

	count_blocks(dev);
	for (i = 0; i < 3; i++) {
		if (!counted[i])
			continue;
		dprintf(fd, "%s%s:%llu", space, names[i], counted[i]);
		space = " ";
	}
	dprintf(fd, "\n");
}

static int block_busy(const char *block)
{
	return access(block, F_OK) ? 0 : EBUSY;
}

static int block_online(const char *block)
{
	return is_online(block) ? EBUSY : 0;
}

/* What memory is to be once it is added: a word of auto_online_blocks. */
static char arrives_as[32];
static bool by_state;

static int block_add(const char *block)
{
	static int added;

	if (!access(block, F_OK))
		return 0;
	mkdir(block, 0755);
	if (*env("FAKE_AGENT") && !by_state && added++ < 2)
		set_block(block, "online", "Normal");
	else if (!strcmp(arrives_as, "offline") ||
		 (by_state && !strcmp(env("FAKE_SKIP"),
				      strrchr(block, '/') + 1)))
		set_block(block, "offline", "Normal Movable");
	else
		set_block(block, "online",
			  strcmp(arrives_as, "online_movable") ? "Normal" :
								 "Movable");
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

static bool driver_kind(const char *kind)
{
	return !strcmp(env("FAKE_DRIVER"), kind);
}

static void put_state(const char *dev, const char *state)
{
	put(at("sys/bus/dax/devices/%s/state", dev), state);
}

/* The files that a device has while kmem holds it. */
static void add_files(const char *dev, const char *state)
{
	char text[32];

	if (driver_kind(""))
		return;
	put_state(dev, state);
	if (!driver_kind("ours"))
		return;
	count_blocks(dev);
	snprintf(text, sizeof(text), "%llu", total);
	mkdir(at("sys/bus/dax/devices/%s/kmem", dev), 0755);
	put(at("sys/bus/dax/devices/%s/kmem/total_blocks", dev), text);
	put(at("sys/bus/dax/devices/%s/kmem/lost_bytes", dev), "0");
	put(at("sys/bus/dax/devices/%s/kmem/zones", dev), "");
	put(at("sys/bus/dax/devices/%s/kmem/exclusive", dev), "0");
	add_memmap_files(dev);
}

static void remove_files(const char *dev)
{
	static const char * const files[] = { "state", "kmem/total_blocks",
		"kmem/lost_bytes", "kmem/zones", "kmem/exclusive",
		"kmem/memmap_on_memory", "kmem/memmap_bytes" };
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(*files); i++)
		unlink(at("sys/bus/dax/devices/%s/%s", dev, files[i]));
	rmdir(at("sys/bus/dax/devices/%s/kmem", dev));
}

static int probe_kmem(const char *dev)
{
	char state[32] = "policy";

	if (*env("FAKE_PROBE"))
		return errno_of(env("FAKE_PROBE"));
	if (!*env("FAKE_ADOPT") && each_block(dev, block_busy))
		return EBUSY;
	get(at("sys/devices/system/memory/auto_online_blocks"), arrives_as,
	    sizeof(arrives_as));
	if (driver_kind("ours"))
		get(at("sys/module/kmem/parameters/bind_state"), state,
		    sizeof(state));
	if (!strcmp(state, "policy"))
		strcpy(state, arrives_as);
	/* memory that is there already is taken over as it is */
	if (each_block(dev, block_busy)) {
		strcpy(state, "online");
	} else if (strcmp(state, "unplugged")) {
		strcpy(arrives_as, state);
		each_block(dev, block_add);
	}
	add_files(dev, state);
	return 0;
}

static int probe(const char *dev, const char *driver)
{
	int rc;

	if (!strcmp(driver, "kmem"))
		rc = probe_kmem(dev);
	else
		rc = each_block(dev, block_busy);
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

int drv_unbind(const char *driver, const char *dev)
{
	if (!driver_is(dev, driver))
		return ENODEV;
	unlink(at("sys/bus/dax/devices/%s/driver", dev));
	if (!driver_kind(""))
		remove_files(dev);
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

/* The device that a block belongs to keeps others out. */
static bool is_exclusive(void)
{
	char exclusive[8];

	get(at("sys/bus/dax/devices/dax0.0/kmem/exclusive"), exclusive,
	    sizeof(exclusive));
	return *exclusive == '1';
}

static int write_block(const char *name, const char *value, bool wrong_zone)
{
	const char *block = at("sys/devices/system/memory/%s", name);
	bool movable = !strcmp(value, "online_movable");

	if (is_exclusive())
		return EBUSY;
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

static int block_stuck(const char *block)
{
	return is_online(block) &&
	       !strcmp(env("FAKE_STUCK"), strrchr(block, '/') + 1) ? EBUSY : 0;
}

/* The words, transitions and errors of Linux 7.3. */
static int write_state(const char *dev, const char *value, bool wrong_zone)
{
	bool movable = !strcmp(value, "online_movable");
	char now[32];
	int rc;

	get(at("sys/bus/dax/devices/%s/state", dev), now, sizeof(now));
	if (!strcmp(now, value))
		return 0;
	if (!strcmp(value, "unplugged")) {
		rc = each_block(dev, block_stuck);
		if (!rc)
			each_block(dev, block_remove);
	} else if (!movable && strcmp(value, "online_kernel")) {
		rc = EINVAL;
	} else if (strcmp(now, "unplugged")) {
		rc = EBUSY;
	} else {
		strcpy(arrives_as, movable != wrong_zone ? "online_movable" :
							   "online_kernel");
		by_state = true;
		rc = each_block(dev, block_add);
		by_state = false;
	}
	if (!rc)
		put_state(dev, value);
	if (!rc && driver_kind("ours")) {
		count_blocks(dev);
		put_memmap(dev, counted[0] + counted[1] + counted[2]);
	}
	return rc;
}

/* path is below sys/ */
int do_write(const char *path, const char *value, bool wrong_zone)
{
	char name[64], file[64];

	if (sscanf(path, "bus/dax/drivers/%63[^/]/%63s", name, file) == 2)
		return write_driver(name, file, value);
	if (sscanf(path, "devices/system/memory/%63[^/]/%63s", name, file) == 2)
		return write_block(name, value, wrong_zone);
	if (sscanf(path, "devices/platform/%63[^/]/%63s", name, file) == 2 &&
	    !strcmp(file, "state"))
		return write_state(name, value, wrong_zone);
	if (strstr(path, "/memmap_on_memory"))
		return write_memmap(name, file, value);
	if (!strcmp(path, "devices/system/memory/auto_online_blocks") ||
	    !strcmp(path, "module/kmem/parameters/bind_state") ||
	    strstr(path, "/kmem/exclusive")) {
		put(at("sys/%s", path), value);
		return 0;
	}
	fprintf(stderr, "fakekernel: write to %s\n", path);
	abort();
}
