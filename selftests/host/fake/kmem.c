// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kmem driver: what it does to a device's memory at bind, at unbind and by a
 * write to "state", and the files it gives the device.
 */
#include "kmem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocks.h"
#include "memmap.h"
#include "tree.h"

static bool has_state(void)
{
	return *env("FAKE_DRIVER");
}

static bool is_ours(void)
{
	return !strcmp(env("FAKE_DRIVER"), "ours");
}

static void put_state(const char *dev, const char *state)
{
	put(at("sys/bus/dax/devices/%s/state", dev), state);
}

static void add_files(const char *dev, const char *state)
{
	char text[32];

	if (has_state())
		put_state(dev, state);
	if (!is_ours())
		return;
	snprintf(text, sizeof(text), "%llu", count_blocks(dev).whole);
	mkdir(at("sys/bus/dax/devices/%s/kmem", dev), 0755);
	put(at("sys/bus/dax/devices/%s/kmem/total_blocks", dev), text);
	put(at("sys/bus/dax/devices/%s/kmem/lost_bytes", dev), "0");
	put(at("sys/bus/dax/devices/%s/kmem/zones", dev), "");
	put(at("sys/bus/dax/devices/%s/kmem/exclusive", dev), "0");
	put(at("sys/bus/dax/devices/%s/kmem/last_error", dev), "");
	add_memmap_files(dev);
}

static void remove_files(const char *dev)
{
	static const char * const files[] = { "state", "kmem/total_blocks",
		"kmem/lost_bytes", "kmem/zones", "kmem/exclusive",
		"kmem/last_error" };
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(*files); i++)
		unlink(at("sys/bus/dax/devices/%s/%s", dev, files[i]));
	remove_memmap_files(dev);
	rmdir(at("sys/bus/dax/devices/%s/kmem", dev));
}

int kmem_probe(const char *dev)
{
	char state[32] = "policy";
	bool blocks = has_blocks(dev);

	if (*env("FAKE_PROBE"))
		return errno_of(env("FAKE_PROBE"));
	if (!*env("FAKE_ADOPT") && blocks)
		return EBUSY;
	if (is_ours())
		get(at("sys/module/kmem/parameters/bind_state"), state,
		    sizeof(state));
	if (!strcmp(state, "policy"))
		get(at("sys/devices/system/memory/auto_online_blocks"), state,
		    sizeof(state));
	/* memory that is there already is taken over as it is */
	if (blocks)
		strcpy(state, "online");
	else if (strcmp(state, "unplugged"))
		add_blocks(dev, state, false);
	add_files(dev, state);
	return 0;
}

void kmem_remove(const char *dev)
{
	if (has_state())
		remove_files(dev);
	if (!has_online_blocks(dev))
		remove_blocks(dev);
}

/* What our driver alone tells. */
static void update_files(const char *dev)
{
	struct block_counts counts;

	if (!is_ours())
		return;
	counts = count_blocks(dev);
	put_memmap(dev, counts.offline + counts.normal + counts.movable);
}

static void put_last_error(const char *dev, const char *text)
{
	if (is_ours())
		put(at("sys/bus/dax/devices/%s/kmem/last_error", dev), text);
}

/* The words, transitions and errors of Linux 7.3. */
int write_state(const char *dev, const char *value, bool wrong_zone)
{
	bool movable = !strcmp(value, "online_movable");
	char now[32];

	get(at("sys/bus/dax/devices/%s/state", dev), now, sizeof(now));
	if (!strcmp(now, value))
		return 0;
	if (!strcmp(value, "unplugged")) {
		if (has_stuck_block(dev)) {
			snprintf(now, sizeof(now), "offline %s -16",
				 env("FAKE_STUCK"));
			put_last_error(dev, now);
			return EBUSY;
		}
		remove_blocks(dev);
	} else {
		if (!movable && strcmp(value, "online_kernel"))
			return EINVAL;
		if (strcmp(now, "unplugged"))
			return EBUSY;
		add_blocks(dev, movable != wrong_zone ? "online_movable" :
							"online_kernel", true);
	}
	put_state(dev, value);
	put_last_error(dev, "");
	update_files(dev);
	return 0;
}
