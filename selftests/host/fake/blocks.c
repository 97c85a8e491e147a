// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory blocks as the kernel has them: added, removed, counted, and set online
 * or offline through "state", with the zone in "valid_zones".
 */
#include "blocks.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree.h"

/* A number that is what becomes of one block; not 0 ends the walk. */
typedef int (*block_fn)(const char *block, void *data);

static unsigned long long range_end(const char *dev, int range,
				    const char *file)
{
	char text[64];

	get(at("sys/bus/dax/devices/%s/mapping%d/%s", dev, range, file), text,
	    sizeof(text));
	return strtoull(text, NULL, 16);
}

/* Call fn for each whole block of the device, whether it is there or not. */
static int each_block(const char *dev, block_fn fn, void *data)
{
	unsigned long long start, end, id;
	int i, rc = 0;

	for (i = 0; !rc; i++) {
		if (access(at("sys/bus/dax/devices/%s/mapping%d", dev, i), F_OK))
			break;
		start = range_end(dev, i, "start");
		end = range_end(dev, i, "end") + 1;
		for (id = (start + BLOCK_SIZE - 1) / BLOCK_SIZE;
		     !rc && id < end / BLOCK_SIZE; id++)
			rc = fn(at("sys/devices/system/memory/memory%llu", id),
				data);
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

bool block_is_online(const char *block)
{
	char path[PATH_MAX], state[32];

	snprintf(path, sizeof(path), "%s/state", block);
	get(path, state, sizeof(state));
	return !strcmp(state, "online");
}

static int count_block(const char *block, void *data)
{
	struct block_counts *counts = data;
	char path[PATH_MAX], zone[32];

	counts->whole++;
	if (access(block, F_OK))
		return 0;
	snprintf(path, sizeof(path), "%s/valid_zones", block);
	get(path, zone, sizeof(zone));
	if (!block_is_online(block))
		counts->offline++;
	else if (strcmp(zone, "Movable"))
		counts->normal++;
	else
		counts->movable++;
	return 0;
}

struct block_counts count_blocks(const char *dev)
{
	struct block_counts counts = { 0 };

	each_block(dev, count_block, &counts);
	return counts;
}

static int block_exists(const char *block, void *data)
{
	return !access(block, F_OK);
}

bool has_blocks(const char *dev)
{
	return each_block(dev, block_exists, NULL);
}

static int block_online(const char *block, void *data)
{
	return block_is_online(block);
}

bool has_online_blocks(const char *dev)
{
	return each_block(dev, block_online, NULL);
}

static bool is_named(const char *block, const char *variable)
{
	return !strcmp(env(variable), strrchr(block, '/') + 1);
}

static int block_stuck(const char *block, void *data)
{
	return block_is_online(block) && is_named(block, "FAKE_STUCK");
}

bool has_stuck_block(const char *dev)
{
	return each_block(dev, block_stuck, NULL);
}

static int online_block(const char *block, void *data)
{
	if (access(block, F_OK) || block_is_online(block))
		return 0;
	set_block(block, "online", "Normal");
	return 1;
}

void online_a_block(const char *dev)
{
	each_block(dev, online_block, NULL);
}

struct arrival {
	const char *policy;
	bool by_state;
};

static int add_block(const char *block, void *data)
{
	const struct arrival *arrival = data;
	static int agent_took;

	if (!access(block, F_OK))
		return 0;
	mkdir(block, 0755);
	if (*env("FAKE_AGENT") && !arrival->by_state && agent_took++ < 2)
		set_block(block, "online", "Normal");
	else if (!strcmp(arrival->policy, "offline") ||
		 (arrival->by_state && is_named(block, "FAKE_SKIP")))
		set_block(block, "offline", "Normal Movable");
	else
		set_block(block, "online",
			  strcmp(arrival->policy, "online_movable") ?
				  "Normal" : "Movable");
	return 0;
}

void add_blocks(const char *dev, const char *policy, bool by_state)
{
	struct arrival arrival = { policy, by_state };

	each_block(dev, add_block, &arrival);
}

static int remove_block(const char *block, void *data)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/state", block);
	unlink(path);
	snprintf(path, sizeof(path), "%s/valid_zones", block);
	unlink(path);
	rmdir(block);
	return 0;
}

void remove_blocks(const char *dev)
{
	each_block(dev, remove_block, NULL);
}

/* The device that the block belongs to keeps others out. */
static bool is_exclusive(void)
{
	char exclusive[8];

	get(at("sys/bus/dax/devices/dax0.0/kmem/exclusive"), exclusive,
	    sizeof(exclusive));
	return *exclusive == '1';
}

int write_block(const char *name, const char *value, bool wrong_zone)
{
	const char *block = at("sys/devices/system/memory/%s", name);
	bool movable = !strcmp(value, "online_movable");

	if (is_exclusive())
		return EBUSY;
	if (!strcmp(value, "offline")) {
		if (!block_is_online(block))
			return EINVAL;
		if (is_named(block, "FAKE_STUCK"))
			return EBUSY;
		set_block(block, "offline", "Normal Movable");
		return 0;
	}
	if (block_is_online(block) ||
	    (!movable && strcmp(value, "online_kernel")))
		return EINVAL;
	set_block(block, "online", movable != wrong_zone ? "Movable" :
		  "Normal");
	return 0;
}
