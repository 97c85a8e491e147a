// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the memmap of a device is, in the fake kernel: the bus's attribute where
 * a tree has one, else that of our driver, and the kernel's parameter.
 */
#include "memmap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "blocks.h"
#include "tree.h"

#define BUS "sys/bus/dax/devices/%s/memmap_on_memory"
#define KMEM "sys/bus/dax/devices/%s/kmem/memmap_on_memory"
#define BYTES "sys/bus/dax/devices/%s/kmem/memmap_bytes"

static bool is_one(const char *path)
{
	char text[8];

	get(path, text, sizeof(text));
	return *text == '1';
}

static bool allowed(void)
{
	char text[8];

	get(at("sys/module/memory_hotplug/parameters/memmap_on_memory"), text,
	    sizeof(text));
	return *text == 'Y';
}

void add_memmap_files(const char *dev)
{
	put(at(KMEM, dev), is_one(at(BUS, dev)) ? "1" : "0");
	put_memmap(dev, 0);
}

void remove_memmap_files(const char *dev)
{
	unlink(at(KMEM, dev));
	unlink(at(BYTES, dev));
}

void put_memmap(const char *dev, unsigned long long blocks)
{
	char text[32];

	if (!allowed() || !is_one(at(KMEM, dev)) || *env("FAKE_FALLBACK"))
		blocks = 0;
	snprintf(text, sizeof(text), "%llu", blocks * (BLOCK_SIZE / 64));
	put(at(BYTES, dev), text);
}

int write_memmap(const char *dev, const char *file, const char *value)
{
	bool bus = !strcmp(file, "memmap_on_memory");
	char state[32];

	if (!bus && !access(at(BUS, dev), F_OK))
		return EACCES;
	if (bus && *value == '1' && !allowed())
		return EOPNOTSUPP;
	get(at("sys/bus/dax/devices/%s/state", dev), state, sizeof(state));
	if (is_one(at(bus ? BUS : KMEM, dev)) != (*value == '1') &&
	    (bus ? driver_is(dev, "kmem") : strcmp(state, "unplugged")))
		return EBUSY;
	put(at(bus ? BUS : KMEM, dev), value);
	return 0;
}
