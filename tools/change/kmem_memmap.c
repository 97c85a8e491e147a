// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the memmap of a device that kmem holds goes: on the device or in RAM.
 * From Linux 6.8 on the dax bus has memmap_on_memory; before, dax-kmem has.
 */
#include "change/kmem_memmap.h"

#include <stdio.h>
#include <string.h>

#include "lib/path.h"

#define DEV "/sys/bus/dax/devices/%s"

int memmap_bus_write(const char *name, int value)
{
	return path_write(value ? "1" : "0", DEV "/memmap_on_memory", name);
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
		       kmem_memmap_is_set(dev->name, MEMMAP_ON_DEVICE);
	if (is_on_device == on_device)
		return 0;
	return fail(EX_REFUSED, "run 'kmemctl offline DEV' first",
		    "its memmap is %s, and stays there while a memory block is online",
		    is_on_device ? "on the device" : "in RAM");
}

bool kmem_memmap_is_set(const char *name, enum memmap_request request)
{
	int value = memmap_setting(name);

	if (value < 0 &&
	    path_read_int(&value, DEV "/kmem/memmap_on_memory", name))
		value = 0;
	return request == MEMMAP_ANY ||
	       (value > 0) == (request == MEMMAP_ON_DEVICE);
}

int kmem_memmap_set(const char *name, enum memmap_request request)
{
	int rc, value = request == MEMMAP_ON_DEVICE;

	if (memmap_setting(name) >= 0)
		rc = memmap_bus_write(name, value);
	else if (path_exists(DEV "/kmem/memmap_on_memory", name))
		rc = path_write(value ? "1" : "0", DEV "/kmem/memmap_on_memory",
				name);
	else
		return fail(EX_FAILED, "install dax-kmem: see 'dkms status'",
			    "its driver cannot place the memmap on the device");
	if (rc)
		return fail(EX_FAILED, what_next(rc),
			    "cannot write memmap_on_memory: %s", why(rc));
	return kmem_memmap_is_set(name, request) ? 0 :
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
