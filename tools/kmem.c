// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps with the kmem driver that several commands share. They hold for the
 * in-tree driver as well as for ours; which it is the files tell.
 */
#include "kmem.h"

#include <errno.h>
#include <string.h>

#include "module.h"
#include "session.h"
#include "settings.h"
#include "sysfs.h"

#define DEV "/sys/bus/dax/devices/%s"

enum kmem_way kmem_way(const char *name)
{
	if (sysfs_exists(DEV "/kmem/total_blocks", name))
		return KMEM_OURS;
	return sysfs_exists(DEV "/state", name) ? KMEM_STATE : KMEM_BLOCKS;
}

static int read_setting(const char *name, const char *attr)
{
	int value;

	return sysfs_read_int(&value, DEV "/kmem/%s", name, attr) ? -1 : value;
}

bool kmem_exclusive(const char *name)
{
	return read_setting(name, "exclusive") > 0;
}

void kmem_settings_read(struct kmem_settings *settings, const char *name)
{
	settings->exclusive = read_setting(name, "exclusive");
	settings->memmap_on_memory = read_setting(name, "memmap_on_memory");
}

static void write_setting(const char *name, const char *attr, int value)
{
	int now = read_setting(name, attr);

	if (now >= 0 && value >= 0 && now != value)
		sysfs_write(value ? "1" : "0", DEV "/kmem/%s", name, attr);
}

void kmem_settings_write(const struct kmem_settings *settings,
			 const char *name)
{
	write_setting(name, "memmap_on_memory", settings->memmap_on_memory);
	write_setting(name, "exclusive", settings->exclusive);
}

void kmem_exclusive_off(const char *name)
{
	write_setting(name, "exclusive", 0);
}

int kmem_exclusive_set(const char *name, bool exclusive)
{
	int now = read_setting(name, "exclusive");

	if (now < 0)
		return -ENOENT;
	return now == exclusive ? 0 :
	       sysfs_write(exclusive ? "1" : "0", DEV "/kmem/exclusive", name);
}

int kmem_can_take(const struct dax_dev *dev, const struct block_set *blocks)
{
	if (dev->target_node == NO_NODE)
		return fail(EX_FAILED, "check SRAT, HMAT and 'ndctl list -v'",
			    "it has no target node");
	if (!blocks->total)
		return fail(EX_FAILED, "make it larger, or align it to that size",
			    "no whole memory block of %#llx bytes fits in it",
			    blocks->block_size);
	return 0;
}

/* Loading the module binds devices that have no driver: not by the policy. */
static int load_quiet(const char *name)
{
	char driver[64];
	int rc = 0, rc_release;

	if (!module_loaded(KMEM_DRIVER) &&
	    !dax_driver(name, driver, sizeof(driver)) && !*driver)
		rc = policy_hold();
	if (!rc)
		rc = module_need(KMEM_DRIVER);
	rc_release = settings_release();
	return rc ? rc : rc_release;
}

int kmem_bind_quiet(const char *name, bool present)
{
	int rc, rc_release;

	rc = load_quiet(name);
	if (!rc && bind_state_exists())
		rc = bind_state_hold(present ? "offline" : "unplugged");
	else if (!rc)
		rc = policy_hold();
	if (!rc)
		rc = dax_bind(name, KMEM_DRIVER);
	rc_release = settings_release();
	return rc ? rc : rc_release;
}

int kmem_still_holds(const char *name)
{
	char driver[64];
	int rc = dax_driver(name, driver, sizeof(driver));

	if (!rc && !strcmp(driver, KMEM_DRIVER))
		return 0;
	return fail(EX_FAILED, "find out what changes the driver of DEV",
		    "it was taken from kmem meanwhile: %s",
		    rc ? why(rc) : *driver ? driver : "no driver");
}

static int write_state(const char *name, const char *word, const char *if_busy)
{
	int rc = sysfs_write(word, DEV "/state", name);

	if (!rc)
		return 0;
	return fail(EX_FAILED, rc == -EBUSY ? if_busy : what_next(rc),
		    "cannot write '%s' to its state: %s", word, why(rc));
}

int kmem_plug(const char *name, enum zone zone)
{
	return write_state(name, zone == ZONE_MOVABLE ? "online_movable" :
							"online_kernel",
			   "its range is in use: see /proc/iomem and 'dmesg'");
}

int kmem_unplug(const char *name)
{
	return write_state(name, "unplugged",
			   "stop what uses memory of its node and try again");
}

static int none_left(const struct dax_dev *dev, const char *what_failed)
{
	struct block_set left;
	int rc;

	rc = blocks_read(&left, dev);
	if (!rc && left.nr)
		rc = fail(EX_FAILED, SEE_DMESG,
			  "%zu of its memory blocks did not go away with %s",
			  left.nr, what_failed);
	blocks_free(&left);
	return rc;
}

/* The last look, as late as can be: an unbind cannot be refused. */
static int all_offline(const struct dax_dev *dev, bool *any)
{
	struct block_set now;
	int rc;

	rc = blocks_read(&now, dev);
	*any = now.nr;
	if (!rc && blocks_online(&now))
		rc = fail(EX_REFUSED, ONLINED_BY_OTHERS,
			  "cannot unbind: %zu of its memory blocks came online again",
			  blocks_online(&now));
	blocks_free(&now);
	return rc;
}

int kmem_release(const struct dax_dev *dev)
{
	bool any = false;
	int rc;

	rc = all_offline(dev, &any);
	if (!rc)
		rc = session_check();
	/* where it can be had, removal before unbind: it fails in one piece */
	if (!rc && any && kmem_way(dev->name) != KMEM_BLOCKS)
		rc = kmem_unplug(dev->name);
	if (!rc)
		rc = dax_unbind(dev->name, KMEM_DRIVER);
	if (!rc)
		rc = dax_forget_id(dev->name);
	return rc ? rc : none_left(dev, KMEM_DRIVER);
}
