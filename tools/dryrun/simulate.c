// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records the writes of a dry run, and simulates what the dax bus and its
 * drivers do with them; memory.c does so for memory.
 */
#include "dryrun/simulate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change/change.h"
#include "dryrun/memory.h"
#include "lib/path.h"

#define DEV "/sys/bus/dax/devices/%s"
#define DRV "/sys/bus/dax/drivers/%s"

static FILE *script;
static char *script_text;
static size_t script_len, mark;
static long long taken_before;

/* The bus hides the names that a driver knows; here each is a file. */
static bool matches(const char *name, const char *driver)
{
	return path_exists(DRV "/ids/%s", driver, name) ||
	       dax_driver_matches(name, driver);
}

static int bind_to(const struct dax_dev *dev, const char *driver)
{
	struct block_set set;
	int rc;

	rc = blocks_read(&set, dev) ? -EIO : 0;
	if (!rc && !strcmp(driver, KMEM_DRIVER))
		rc = kmem_probe(dev, &set);
	else if (!rc && set.nr)
		rc = -EBUSY;
	if (!rc)
		put_file(driver, DEV "/driver", dev->name);
	blocks_free(&set);
	return rc;
}

static int unbind(const struct dax_dev *dev, const char *driver)
{
	struct block_set set = { 0 };
	int rc = 0;

	if (strcmp(dev->driver, driver))
		return -ENODEV;
	put_file(NULL, DEV "/driver", dev->name);
	if (strcmp(driver, KMEM_DRIVER))
		return 0;
	if (blocks_read(&set, dev))
		rc = -EIO;
	else
		kmem_remove(dev, &set);
	blocks_free(&set);
	return rc;
}

/* A name that is new is tried at once; the write does not tell the result. */
static int new_id(const struct dax_dev *dev, const char *driver)
{
	put_file("", DRV "/ids/%s", driver, dev->name);
	if (!*dev->driver)
		bind_to(dev, driver);
	return 0;
}

static int write_driver(const char *driver, const char *file, const char *name)
{
	struct dax_dev dev;
	int rc;

	if (!strcmp(file, "remove_id")) {
		put_file(NULL, DRV "/ids/%s", driver, name);
		return 0;
	}
	if (dax_read(&dev, name))
		rc = -ENODEV;
	else if (!strcmp(file, "unbind"))
		rc = unbind(&dev, driver);
	else if (!strcmp(file, "new_id"))
		rc = new_id(&dev, driver);
	else if (!matches(name, driver))
		rc = -ENODEV;
	else
		rc = *dev.driver ? -EBUSY : bind_to(&dev, driver);
	dax_free(&dev);
	return rc;
}

static int simulate_write(const char *path, const char *value)
{
	char name[64], file[64];
	unsigned long long id;
	int end = 0;

	fprintf(script, WRITE_AS "\n", value, path);
	if (sscanf(path, "/sys/bus/dax/drivers/%63[^/]/%63s", name, file) == 2)
		return write_driver(name, file, value);
	if (sscanf(path, "/sys/bus/dax/devices/%63[^/]/state%n", name,
		   &end) == 1 && end && !path[end])
		return write_device_state(name, value);
	if (sscanf(path, "/sys/devices/system/memory/memory%llu/state",
		   &id) == 1)
		return write_block_state(id, value);
	put_file(value, "%s", path);
	return 0;
}

/* A driver takes each device that has none and matches it. */
static int attach(const char *name, void *driver)
{
	struct dax_dev dev;

	if (!dax_read(&dev, name) && dev.size && !*dev.driver &&
	    matches(name, driver))
		bind_to(&dev, driver);
	dax_free(&dev);
	return 0;
}

static void simulate_load(const char *driver, bool ours)
{
	static const char * const files[] = {
		"", "/bind", "/unbind", "/new_id", "/remove_id",
	};
	size_t i;

	fprintf(script, "modprobe %s\n", driver);
	for (i = 0; i < sizeof(files) / sizeof(*files); i++)
		put_file("", DRV "%s", driver, files[i]);
	if (ours)
		put_file("policy", "/sys/module/kmem/parameters/bind_state");
	path_each("/sys/bus/dax/devices", attach, (char *)driver);
}

/* The driver's counts would be outdated: the blocks themselves are read. */
static int hide_counts(const char *name, void *arg)
{
	put_file(NULL, DEV "/kmem/zones", name);
	return 0;
}

void simulate_start(void)
{
	static const struct dry_run hooks = {
		.write = simulate_write,
		.load = simulate_load,
	};

	dry_run = &hooks;
	note_available();
	put_file(NULL, "/proc/zoneinfo");
	path_each("/sys/bus/dax/devices", hide_counts, NULL);
}

void simulate_begin(void)
{
	script = need_memory(open_memstream(&script_text, &script_len));
	mark = pending_mark();
	taken_before = memmap_taken;
}

char *simulate_end(bool failed)
{
	fclose(script);
	if (failed) {
		pending_back_to(mark);
		memmap_taken = taken_before;
	}
	if (failed || !script_len) {
		free(script_text);
		return NULL;
	}
	script_text[script_len - 1] = '\0';	/* the last newline */
	return script_text;
}
