// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dax bus: ids of drivers, and bind and unbind by them. An id is a file
 * ids/DRIVER/DEVICE, so that a tree shows which are left.
 */
#include "bus.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocks.h"
#include "kmem.h"
#include "tree.h"

static bool has_id(const char *driver, const char *dev)
{
	return !access(at("ids/%s/%s", driver, dev), F_OK);
}

static int probe(const char *dev, const char *driver)
{
	int rc;

	if (!strcmp(driver, "kmem"))
		rc = kmem_probe(dev);
	else
		rc = has_blocks(dev) ? EBUSY : 0;
	if (!rc)
		rc = symlink(at("../../../bus/dax/drivers/%s", driver) +
			     strlen(env("FAKE_ROOT")) + 1,
			     at("sys/bus/dax/devices/%s/driver", dev)) ?
			     errno : 0;
	return rc;
}

static int new_id(const char *driver, const char *dev)
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

static int remove_id(const char *driver, const char *dev)
{
	unlink(at("ids/%s/%s", driver, dev));
	rmdir(at("ids/%s", driver));
	return 0;
}

static int bus_bind(const char *driver, const char *dev)
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

int bus_unbind(const char *driver, const char *dev)
{
	if (!driver_is(dev, driver))
		return ENODEV;
	unlink(at("sys/bus/dax/devices/%s/driver", dev));
	if (!strcmp(driver, "kmem"))
		kmem_remove(dev);
	return 0;
}

int write_driver(const char *driver, const char *file, const char *dev)
{
	if (!strcmp(file, "new_id"))
		return new_id(driver, dev);
	if (!strcmp(file, "bind"))
		return bus_bind(driver, dev);
	if (!strcmp(file, "unbind"))
		return bus_unbind(driver, dev);
	return remove_id(driver, dev);
}
