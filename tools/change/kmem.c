// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps with the kmem driver that several commands share. They hold for the
 * in-tree driver as well as for ours; which it is the files tell.
 */
#include "change/block_state.h"
#include "change/dax_bind.h"
#include "change/kmem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change/module.h"
#include "change/onlining_policy.h"
#include "lib/path.h"
#include "lib/signals.h"

#define DEV "/sys/bus/dax/devices/%s"

enum kmem_interface kmem_interface(const char *name)
{
	if (path_exists(DEV "/kmem/total_blocks", name))
		return KMEM_OURS;
	return path_exists(DEV "/state", name) ? KMEM_STATE : KMEM_BLOCKS;
}

int memmap_setting_write(const char *name, int value)
{
	return path_write(value ? "1" : "0", DEV "/memmap_on_memory", name);
}

static int read_setting(const char *name, const char *attr)
{
	int value;

	return path_read_int(&value, DEV "/kmem/%s", name, attr) ? -1 : value;
}

bool kmem_exclusive(const char *name)
{
	return read_setting(name, "exclusive") > 0;
}

void kmem_attributes_read(struct kmem_attributes *settings, const char *name)
{
	settings->exclusive = read_setting(name, "exclusive");
	settings->memmap_on_memory = read_setting(name, "memmap_on_memory");
}

static void write_setting(const char *name, const char *attr, int value)
{
	int now = read_setting(name, attr);

	if (now >= 0 && value >= 0 && now != value)
		path_write(value ? "1" : "0", DEV "/kmem/%s", name, attr);
}

void kmem_attributes_write(const struct kmem_attributes *settings,
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
	       path_write(exclusive ? "1" : "0", DEV "/kmem/exclusive", name);
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

/* As far as it is set; kmem alone tells on Linux 6.1, and ours alone. */
static bool memmap_is_set(const char *name, enum memmap_request memmap)
{
	int now = memmap_setting(name);

	if (now < 0)
		now = read_setting(name, "memmap_on_memory");
	return memmap == MEMMAP_ANY ||
	       (now > 0) == (memmap == MEMMAP_ON_DEVICE);
}

static int kernel_can_place(void)
{
	char value[16];

	if (memmap_allowed())
		return 0;
	if (!memmap_parameter(value, sizeof(value)))
		return fail(EX_FAILED,
			    "boot one with CONFIG_MHP_MEMMAP_ON_MEMORY",
			    "this kernel cannot place the memmap on a device");
	return fail(EX_FAILED, "boot with memory_hotplug.memmap_on_memory=1",
		    "the kernel places no memmap on a device: its memory_hotplug.memmap_on_memory is %s",
		    value);
}

int kmem_can_place(const struct dax_dev *dev, const struct block_set *blocks,
		   enum memmap_request memmap)
{
	bool on_device = memmap == MEMMAP_ON_DEVICE, is;
	int rc = on_device ? kernel_can_place() : 0;
	__u64 bytes;

	if (rc || memmap == MEMMAP_ANY || strcmp(dev->driver, KMEM_DRIVER) ||
	    !blocks_online(blocks))
		return rc;
	is = memmap_held(dev->name, &bytes) ? bytes :
	     !memmap_is_set(dev->name, MEMMAP_IN_RAM);
	if (is == on_device)
		return 0;
	return fail(EX_REFUSED, "run 'kmemctl offline DEV' first",
		    "its memmap is %s, and stays there while a memory block is online",
		    is ? "on the device" : "in RAM");
}

int kmem_placed(const char *name, enum memmap_request memmap)
{
	bool on_device = memmap == MEMMAP_ON_DEVICE;
	__u64 bytes;

	if (memmap == MEMMAP_ANY || !memmap_held(name, &bytes) ||
	    !!bytes == on_device)
		return 0;
	return fail(EX_FAILED, SEE_DMESG, "its memmap went to %s all the same",
		    on_device ? "RAM" : "the device");
}

/* The bus takes it while kmem does not hold the device, kmem while it does. */
static int set_memmap(const char *name, enum memmap_request memmap)
{
	int rc, value = memmap == MEMMAP_ON_DEVICE;

	if (memmap_setting(name) >= 0)
		rc = memmap_setting_write(name, value);
	else if (read_setting(name, "memmap_on_memory") >= 0)
		rc = path_write(value ? "1" : "0", DEV "/kmem/memmap_on_memory",
				 name);
	else
		return fail(EX_FAILED, "install dax-kmem: see 'dkms status'",
			    "its driver cannot place the memmap on the device");
	if (rc)
		return fail(EX_FAILED, what_next(rc),
			    "cannot write memmap_on_memory: %s", why(rc));
	return memmap_is_set(name, memmap) ? 0 :
	       fail(EX_FAILED, SEE_DMESG,
		    "memmap_on_memory: wrote %d, but it does not read so",
		    value);
}

int kmem_take(const struct dax_dev *dev, const struct block_set *blocks,
	      enum memmap_request memmap, bool present)
{
	bool bound = !strcmp(dev->driver, KMEM_DRIVER);
	bool set = memmap_is_set(dev->name, memmap);
	bool before_bind = memmap_setting(dev->name) >= 0;
	int rc = 0;

	if (bound && !set && before_bind)
		rc = kmem_release(dev);
	else if (bound && !set && blocks->nr && kmem_interface(dev->name) == KMEM_OURS)
		rc = kmem_unplug(dev->name);
	if (!rc && !set && before_bind)
		rc = set_memmap(dev->name, memmap);
	if (!rc && (!bound || (!set && before_bind)))
		rc = kmem_bind_quiet(dev->name, present && (set || before_bind));
	if (!rc && !set && !before_bind &&
	    !memmap_is_set(dev->name, memmap))
		rc = set_memmap(dev->name, memmap);
	return rc;
}

/* A module that is loaded binds devices without a driver at once. */
static int load_quiet(const char *name)
{
	char driver[64];
	int rc = 0, rc_release;

	if (!module_loaded(KMEM_DRIVER) &&
	    !dax_driver(name, driver, sizeof(driver)) && !*driver)
		rc = onlining_policy_hold(false);
	if (!rc)
		rc = module_need(KMEM_DRIVER);
	rc_release = onlining_policy_release();
	return rc ? rc : rc_release;
}

int kmem_bind_quiet(const char *name, bool present)
{
	int rc, rc_release;

	rc = load_quiet(name);
	if (!rc)
		rc = onlining_policy_hold(present);
	if (!rc)
		rc = dax_bind(name, KMEM_DRIVER);
	rc_release = onlining_policy_release();
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

int kmem_last_error(const char *name, struct kmem_last_error *error)
{
	char text[128], *end;
	int used;

	if (path_read(text, sizeof(text), DEV "/kmem/last_error", name))
		return -ENOENT;
	used = -1;
	if (sscanf(text, "%15s %47s %n", error->step, error->object,
		   &used) != 2 || used < 0)
		return -ENOENT;
	error->err = strtol(text + used, &end, 10);
	return end == text + used || *end || error->err >= 0 ? -ENOENT : 0;
}

static int write_state(const char *name, const char *word, const char *if_busy)
{
	int rc = path_write(word, DEV "/state", name);

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
		rc = stop_check();
	/* where it can be had, removal before unbind: it fails in one piece */
	if (!rc && any && kmem_interface(dev->name) != KMEM_BLOCKS)
		rc = kmem_unplug(dev->name);
	if (!rc)
		rc = dax_unbind(dev->name, KMEM_DRIVER);
	if (!rc)
		rc = dax_forget_id(dev->name);
	return rc ? rc : none_left(dev, KMEM_DRIVER);
}
