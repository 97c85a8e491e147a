// SPDX-License-Identifier: GPL-2.0-only
/*
 * What kmemctl asks of the kmem driver, in the order in which a device meets it:
 * attributes, memmap, bind, plug, unplug, unbind. It holds for any kmem driver;
 * what one can do is told by the attributes of the device, never by a version.
 */
#include "change/change.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/path.h"
#include "lib/signals.h"

#define DEV "/sys/bus/dax/devices/%s"

#define IN_USE "its range is in use: see /proc/iomem and 'dmesg'"
#define NEED_OURS "install dax-kmem: see 'dkms status'"

enum kmem_interface kmem_interface(const char *name)
{
	if (path_exists(DEV "/kmem/total_blocks", name))
		return KMEM_OURS;
	return path_exists(DEV "/state", name) ? KMEM_STATE : KMEM_BLOCKS;
}

static int read_attribute(const char *name, const char *attr)
{
	int value;

	return path_read_int(&value, DEV "/kmem/%s", name, attr) ? -1 : value;
}

/* Returns 0 or a negative errno; -ENOENT: the driver has no such attribute. */
static int write_attribute(const char *name, const char *attr, int value)
{
	int now = read_attribute(name, attr);

	if (now < 0)
		return -ENOENT;
	return now == value ? 0 :
	       path_write(value ? "1" : "0", DEV "/kmem/%s", name, attr);
}

void kmem_attributes_read(struct kmem_attributes *values, const char *name)
{
	values->exclusive = read_attribute(name, "exclusive");
	values->memmap_on_memory = read_attribute(name, "memmap_on_memory");
}

void kmem_attributes_write(const struct kmem_attributes *values,
			   const char *name)
{
	if (values->memmap_on_memory >= 0)
		write_attribute(name, "memmap_on_memory",
				values->memmap_on_memory);
	if (values->exclusive >= 0)
		write_attribute(name, "exclusive", values->exclusive);
}

bool kmem_exclusive(const char *name)
{
	return read_attribute(name, "exclusive") > 0;
}

int kmem_exclusive_check(void)
{
	if (!module_loaded(KMEM_DRIVER) || dax_kmem_loaded())
		return 0;
	return fail(EX_REFUSED, NEED_OURS,
		    "the kmem driver that is loaded does not know exclusive");
}

int kmem_exclusive_set(const char *name, bool exclusive)
{
	int rc = write_attribute(name, "exclusive", exclusive);

	if (!rc || (rc == -ENOENT && !exclusive))
		return 0;
	if (rc == -ENOENT)
		return fail(EX_PARTLY, NEED_OURS,
			    "its driver does not know exclusive");
	return fail(EX_PARTLY, what_next(rc), "cannot write exclusive: %s",
		    why(rc));
}

int memmap_bus_write(const char *name, int value)
{
	return path_write(value ? "1" : "0", DEV "/memmap_on_memory", name);
}

static bool memmap_is_set(const char *name, enum memmap_request request)
{
	int value = memmap_setting(name);

	if (value < 0)
		value = read_attribute(name, "memmap_on_memory");
	return request == MEMMAP_ANY ||
	       (value > 0) == (request == MEMMAP_ON_DEVICE);
}

static int kernel_check(void)
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

int kmem_memmap_check(const struct dax_dev *dev, const struct block_set *blocks,
		      enum memmap_request request)
{
	bool on_device = request == MEMMAP_ON_DEVICE, is_on_device;
	int rc = on_device ? kernel_check() : 0;
	__u64 bytes;

	if (rc || request == MEMMAP_ANY || strcmp(dev->driver, KMEM_DRIVER) ||
	    !blocks_online(blocks))
		return rc;
	is_on_device = memmap_held(dev->name, &bytes) ? bytes :
		       memmap_is_set(dev->name, MEMMAP_ON_DEVICE);
	if (is_on_device == on_device)
		return 0;
	return fail(EX_REFUSED, "run 'kmemctl offline DEV' first",
		    "its memmap is %s, and stays there while a memory block is online",
		    is_on_device ? "on the device" : "in RAM");
}

static int set_memmap(const char *name, enum memmap_request request)
{
	int rc, value = request == MEMMAP_ON_DEVICE;

	bool by_bus = memmap_setting(name) >= 0;

	rc = by_bus ? memmap_bus_write(name, value) :
	     write_attribute(name, "memmap_on_memory", value);
	if (rc == -ENOENT && !by_bus)
		return fail(EX_FAILED, NEED_OURS,
			    "its driver cannot place the memmap on the device");
	if (rc)
		return fail(EX_FAILED, what_next(rc),
			    "cannot write memmap_on_memory: %s", why(rc));
	return memmap_is_set(name, request) ? 0 :
	       fail(EX_FAILED, SEE_DMESG,
		    "wrote %d to memmap_on_memory, but it reads otherwise",
		    value);
}

int kmem_memmap_verify(const char *name, enum memmap_request request)
{
	bool on_device = request == MEMMAP_ON_DEVICE;
	__u64 bytes;

	if (request == MEMMAP_ANY || !memmap_held(name, &bytes) ||
	    !!bytes == on_device)
		return 0;
	return fail(EX_FAILED, SEE_DMESG, "its memmap went to %s instead of %s",
		    on_device ? "RAM" : "the device",
		    on_device ? "the device" : "RAM");
}

int kmem_can_take(const struct dax_dev *dev, const struct block_set *blocks,
		  bool force)
{
	if (dev->target_node == NO_NODE)
		return fail(EX_FAILED, "check SRAT, HMAT and 'ndctl list -v'",
			    "it has no target node");
	if (!blocks->total)
		return fail(EX_FAILED, "make it larger, or align it to that size",
			    "no whole memory block of %#llx bytes fits in it",
			    blocks->block_size);
	return overwrite_check(dev, blocks, force);
}

/*
 * Where the bus has memmap_on_memory, it takes a value only while kmem does not
 * hold the device. dax-kmem's own takes one only while it does, all unplugged.
 */
int kmem_take(const struct dax_dev *dev, const struct block_set *blocks,
	      enum memmap_request memmap, bool present)
{
	bool bound = !strcmp(dev->driver, KMEM_DRIVER);
	int rc = 0;

	if (memmap_is_set(dev->name, memmap))
		return bound ? 0 : kmem_bind_quiet(dev->name, present);
	if (memmap_setting(dev->name) >= 0) {
		if (bound)
			rc = kmem_release(dev);
		if (!rc)
			rc = set_memmap(dev->name, memmap);
		return rc ? rc : kmem_bind_quiet(dev->name, present);
	}
	if (!bound)
		rc = kmem_bind_quiet(dev->name, false);
	else if (blocks->nr && kmem_interface(dev->name) == KMEM_OURS)
		rc = kmem_unplug(dev->name);
	if (!rc && !memmap_is_set(dev->name, memmap))
		rc = set_memmap(dev->name, memmap);
	return rc;
}

int kmem_bind_quiet(const char *name, bool present)
{
	char driver[64];
	int rc = 0, rc_release;

	/* a module that is loaded binds devices without a driver at once */
	if (!module_loaded(KMEM_DRIVER) &&
	    !dax_driver(name, driver, sizeof(driver)) && !*driver)
		rc = onlining_policy_hold(false);
	if (!rc)
		rc = module_need(KMEM_DRIVER);
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
	if (rc == -ENOENT)
		return fail(EX_NODEV, SEE_DMESG, "it was removed meanwhile");
	return fail(EX_FAILED, "find out what changes the driver of DEV",
		    "another program took it from kmem; its driver is now %s",
		    rc ? why(rc) : *driver ? driver : "none");
}

int kmem_last_error(const char *name, struct kmem_last_error *error)
{
	char text[128], rest;

	if (path_read(text, sizeof(text), DEV "/kmem/last_error", name) ||
	    sscanf(text, "%15s %47s %d%c", error->step, error->object,
		   &error->err, &rest) != 3 || error->err >= 0)
		return -ENOENT;
	return 0;
}

static const char *next_step(const char *step, int err)
{
	if (!strcmp(step, "offline") && err == -EBUSY)
		return OFFLINE_NEXT;
	if (!strcmp(step, "reserve") && err == -EBUSY)
		return IN_USE;
	if (!strcmp(step, "memmap"))
		return "free RAM, or place the memmap on the device: --memmap-on-memory";
	return what_next(err);
}

/* dax-kmem tells which of the many steps of the write failed. */
static int state_failed(const char *name, const char *word, int rc)
{
	bool unplug = !strcmp(word, "unplugged");
	struct kmem_last_error error;

	if (kmem_last_error(name, &error))
		return fail(EX_FAILED,
			    next_step(unplug ? "offline" : "reserve", rc),
			    "cannot write '%s' to its state: %s", word,
			    why(rc));
	/* stopped: say where */
	if (stop_requested() && fail_pending())
		return fail_at("%s %s", error.step, error.object);
	if (!strcmp(error.step, "memmap"))
		return fail(EX_FAILED, next_step(error.step, error.err),
			    "its memmap does not fit into RAM: %s",
			    why(error.err));
	return fail(EX_FAILED, next_step(error.step, error.err),
		    "cannot %s %s: %s", error.step,
		    strcmp(error.object, "all") ? error.object : "its memory",
		    why(error.err));
}

static int write_state(const char *name, const char *word)
{
	int rc = path_write(word, DEV "/state", name);

	return rc ? state_failed(name, word, rc) : 0;
}

int kmem_plug(const char *name, enum zone zone)
{
	return write_state(name, zone == ZONE_MOVABLE ? "online_movable" :
							"online_kernel");
}

int kmem_unplug(const char *name)
{
	return write_state(name, "unplugged");
}

int kmem_release(const struct dax_dev *dev)
{
	struct block_set now;
	int rc;

	/* as late as possible, since the kernel refuses no unbind */
	rc = blocks_read(&now, dev);
	if (!rc && blocks_online(&now))
		rc = fail(EX_REFUSED, ONLINED_BY_OTHERS,
			  "cannot unbind: %zu of its memory blocks came online again",
			  blocks_online(&now));
	if (!rc)
		rc = stop_check();
	/* "unplugged" fails with nothing changed; an unbind cannot fail */
	if (!rc && now.nr && kmem_interface(dev->name) != KMEM_BLOCKS)
		rc = kmem_unplug(dev->name);
	blocks_free(&now);
	if (!rc)
		rc = dax_unbind(dev->name, KMEM_DRIVER);
	if (!rc)
		rc = dax_forget_id(dev->name, KMEM_DRIVER);
	if (rc)
		return rc;
	rc = blocks_read(&now, dev);
	if (!rc && now.nr)
		rc = fail(EX_FAILED, SEE_DMESG,
			  "unbound from kmem, yet %zu of its memory blocks are left",
			  now.nr);
	blocks_free(&now);
	return rc;
}
