// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device was like before a command touched it, and the way back there:
 * driver, and state and zone of every block. No signal can stop an undo, and
 * its result is compared with the snapshot before anything is claimed.
 */
#include "change/block_state.h"
#include "change/dax_bind.h"
#include "change/rollback.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "change/onlining_policy.h"
#include "lib/path.h"
#include "lib/signals.h"

int snapshot_take(struct snapshot *snap, const char *name)
{
	int rc;

	memset(snap, 0, sizeof(*snap));
	snap->writes = path_writes();
	rc = dax_read(&snap->dev, name);
	if (rc)
		return rc;
	kmem_attributes_read(&snap->settings, name);
	snap->memmap = memmap_setting(name);
	return blocks_read(&snap->blocks, &snap->dev);
}

void snapshot_free(struct snapshot *snap)
{
	dax_free(&snap->dev);
	blocks_free(&snap->blocks);
}

/* A block that was not there before goes offline, so unbind can remove it. */
static enum zone zone_before(const struct snapshot *snap, __u64 id)
{
	const struct block *block = blocks_find(&snap->blocks, id);

	return block ? block->zone : ZONE_OFFLINE;
}

static const struct block *first_different(const struct snapshot *snap,
					   const struct block_set *now)
{
	size_t i;

	for (i = 0; i < now->nr; i++)
		if (now->blocks[i].zone !=
		    zone_before(snap, now->blocks[i].id))
			return &now->blocks[i];
	return NULL;
}

/* Blocks that were not there and are offline do not count: unbind removes them. */
static bool zones_differ(const struct snapshot *snap)
{
	struct block_set now;
	bool differ;

	differ = blocks_read(&now, &snap->dev) || first_different(snap, &now);
	blocks_free(&now);
	return differ;
}

static bool blocks_missing(const struct snapshot *snap)
{
	struct block_counts now;

	return snap->blocks.nr && !blocks_count(&now, &snap->dev) &&
	       !now.present;
}

/* Offline first: what is wrong in a zone must leave before others return. */
static int restore_each(const struct snapshot *snap)
{
	struct block_set now;
	struct block *block;
	enum zone zone;
	int rc;
	size_t i;

	rc = blocks_read(&now, &snap->dev);
	for (i = 0; !rc && i < now.nr; i++) {
		block = &now.blocks[offline_order(i, now.nr)];
		zone = zone_before(snap, block->id);
		if (zone != block->zone)
			rc |= block_move(block, ZONE_OFFLINE);
	}
	for (i = now.nr; i--;) {
		block = &now.blocks[i];
		zone = zone_before(snap, block->id);
		if (zone != ZONE_OFFLINE)
			rc |= block_move(block, zone);
	}
	blocks_free(&now);
	return rc;
}

static bool held_by_kmem(const char *driver)
{
	return !strcmp(driver, KMEM_DRIVER);
}

/*
 * What one word for "state" can bring back: no block at all, or by our driver
 * all blocks online in one zone.
 */
static void restore_by_state(const struct snapshot *snap)
{
	const struct block_set *before = &snap->blocks;
	const char *name = snap->dev.name;
	enum kmem_interface interface = kmem_interface(name);
	struct block_counts was, now;

	if (interface == KMEM_BLOCKS || blocks_count(&now, &snap->dev))
		return;
	blocks_tally(&was, before);
	if (interface == KMEM_STATE && (now.online || before->nr))
		return;
	if (before->nr && (before->nr != before->total || !was.online ||
			   !block_counts_alike(&was)))
		return;
	if (now.present && kmem_unplug(name))
		return;
	kmem_attributes_write(&snap->settings, name);
	if (before->nr)
		kmem_plug(name, before->blocks[0].zone);
}

/* Blocks that are gone come back by a bind. */
static void restore_by_bind(const struct snapshot *snap)
{
	const char *name = snap->dev.name;

	if (!dax_unbind(name, KMEM_DRIVER))
		kmem_bind_quiet(name, true);
}

/* Returns 0 when the blocks are as before. */
static int restore_blocks(const struct snapshot *snap, bool held)
{
	int rc = 0;

	if (held && (blocks_missing(snap) || zones_differ(snap)))
		restore_by_state(snap);
	if (held && blocks_missing(snap))
		restore_by_bind(snap);
	if (zones_differ(snap)) {
		kmem_exclusive_off(snap->dev.name);
		rc = restore_each(snap);
	}
	if (held && !snap->blocks.nr)
		restore_by_state(snap);
	if (held)
		kmem_attributes_write(&snap->settings, snap->dev.name);
	return rc;
}

static void bind_back(const struct dax_dev *before)
{
	if (held_by_kmem(before->driver))
		kmem_bind_quiet(before->name, false);
	else
		dax_bind(before->name, before->driver);
}

/* The bus lets nobody change it while kmem holds the device. */
static void put_memmap_back(const struct snapshot *snap)
{
	const char *name = snap->dev.name;
	char now[64];

	if (memmap_setting(name) == snap->memmap)
		return;
	dax_driver(name, now, sizeof(now));
	if (held_by_kmem(now) && zones_differ(snap) && restore_each(snap))
		return;
	if (held_by_kmem(now))
		dax_unbind(name, now);
	memmap_setting_write(name, snap->memmap);
}

/* The driver goes back last, or first when the blocks come with it. */
static void go_back(const struct snapshot *snap)
{
	const struct dax_dev *before = &snap->dev;
	char now[64];

	onlining_policy_release();
	dax_forget_left(before->name);
	put_memmap_back(snap);
	dax_driver(before->name, now, sizeof(now));
	if (held_by_kmem(before->driver) && !held_by_kmem(now)) {
		bind_back(before);
		dax_driver(before->name, now, sizeof(now));
	}
	if (restore_blocks(snap, held_by_kmem(now)) ||
	    held_by_kmem(before->driver))
		return;
	/* others may online it again: memory must not outlive its driver */
	if (zones_differ(snap))
		return;
	if (held_by_kmem(now))
		dax_unbind(before->name, now);
	dax_driver(before->name, now, sizeof(now));
	if (*before->driver && strcmp(before->driver, now))
		bind_back(before);
}

/*
 * The device is gone, but memory it left behind must not stay changed. The
 * driver may be at it at the same time, so this is tried for a second.
 */
static int restore_without_device(const struct snapshot *snap,
				  const char **outcome)
{
	int tries = 10;
	bool left;

	*outcome = "the device is gone";
	do {
		left = onlining_policy_release() ||
		       (restore_blocks(snap, false) && zones_differ(snap));
	} while (left && --tries && !usleep(100000));
	if (!left)
		return EX_NODEV;
	*outcome = "the device is gone, and what it left could NOT be put back";
	return EX_PARTLY;
}

/* Say what differs from the snapshot; false when nothing does. */
static bool differs(const struct snapshot *snap, char *text, size_t size)
{
	struct snapshot now = { 0 };
	const struct block *block;
	bool found = true;

	if (onlining_policy_release()) {
		snprintf(text, size, "NOT put back: %s", onlining_policy_held());
	} else if (dax_forget_left(snap->dev.name)) {
		snprintf(text, size, "NOT put back: a driver's new_id may still have its name");
	} else if (snapshot_take(&now, snap->dev.name)) {
		snprintf(text, size, "its state cannot be read any more");
	} else if (strcmp(now.dev.driver, snap->dev.driver)) {
		snprintf(text, size, "NOT put back: driver is %s, was %s",
			 *now.dev.driver ? now.dev.driver : "none",
			 *snap->dev.driver ? snap->dev.driver : "none");
	} else if (now.settings.exclusive != snap->settings.exclusive) {
		snprintf(text, size, "NOT put back: kmem/exclusive");
	} else if (now.settings.memmap_on_memory !=
		   snap->settings.memmap_on_memory ||
		   now.memmap != snap->memmap) {
		snprintf(text, size, "NOT put back: memmap_on_memory");
	} else if (now.blocks.nr != snap->blocks.nr) {
		snprintf(text, size, "NOT put back: it has %zu memory blocks, had %zu",
			 now.blocks.nr, snap->blocks.nr);
	} else {
		block = first_different(snap, &now.blocks);
		found = block;
		if (found)
			snprintf(text, size, "NOT put back: memory%llu is %s",
				 block->id, *block->zone_name ?
				 block->zone_name : "offline");
	}
	snapshot_free(&now);
	return found;
}

int snapshot_restore(const struct snapshot *snap, int code)
{
	const char *outcome = "nothing was changed";
	char text[160];

	if (stop_timed_out())
		code = EX_TIME;
	signals_hold();
	if (path_writes() != snap->writes && dax_exists(snap->dev.name)) {
		outcome = "all was put back as before";
		go_back(snap);
		if (differs(snap, text, sizeof(text))) {
			outcome = text;
			code = EX_PARTLY;
		}
	}
	if (!dax_exists(snap->dev.name))
		code = restore_without_device(snap, &outcome);
	signals_release();
	fail_print(snap->dev.name, outcome);
	return code;
}
