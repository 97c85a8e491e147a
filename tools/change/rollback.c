// SPDX-License-Identifier: GPL-2.0-only
/*
 * Undoes a failed command: driver, attributes, and zone of every memory block go
 * back to what a snapshot says. No signal stops that, and it is verified.
 */
#include "change/change.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
	kmem_attributes_read(&snap->attributes, name);
	snap->bus_memmap = memmap_setting(name);
	return blocks_read(&snap->blocks, &snap->dev);
}

void snapshot_free(struct snapshot *snap)
{
	dax_free(&snap->dev);
	blocks_free(&snap->blocks);
}

/* A block that did not exist goes offline, so that an unbind removes it. */
static enum zone former_zone(const struct block *block, const void *blocks)
{
	const struct block *before = blocks_find(blocks, block->id);

	return before ? before->zone : ZONE_OFFLINE;
}

static const struct block *first_changed(const struct snapshot *snap,
					 const struct block_set *now)
{
	return blocks_first_wrong(now, former_zone, &snap->blocks);
}

static bool zones_changed(const struct snapshot *snap)
{
	struct block_set now;
	bool changed;

	changed = blocks_read(&now, &snap->dev) || first_changed(snap, &now);
	blocks_free(&now);
	return changed;
}

static bool blocks_missing(const struct snapshot *snap)
{
	struct block_counts now;

	return snap->blocks.nr && !blocks_count(&now, &snap->dev) &&
	       !now.present;
}

static bool kmem_holds(const char *name)
{
	char driver[64];

	dax_driver(name, driver, sizeof(driver));
	return !strcmp(driver, KMEM_DRIVER);
}

/* Each block by itself: all that are in a wrong zone leave it first. */
static int restore_each_block(const struct snapshot *snap)
{
	struct block_set now;
	int rc;

	rc = blocks_read(&now, &snap->dev);
	if (!rc)
		rc = blocks_take_offline(&now, former_zone, &snap->blocks,
					 true);
	rc |= blocks_bring_online(&now, former_zone, &snap->blocks, true);
	blocks_free(&now);
	return rc;
}

/*
 * The device's "state" can restore two things: that no block exists, and, with
 * dax-kmem, that all are online in one zone.
 */
static void restore_device_state(const struct snapshot *snap)
{
	const struct block_set *before = &snap->blocks;
	const char *name = snap->dev.name;
	enum kmem_interface interface = kmem_interface(name);
	struct block_counts now;

	if (interface == KMEM_BLOCKS || blocks_count(&now, &snap->dev))
		return;
	if (interface == KMEM_STATE && (now.online || before->nr))
		return;
	if (before->nr && (before->nr != before->total ||
			   !blocks_online(before) || !blocks_alike(before)))
		return;
	if (now.present && kmem_unplug(name))
		return;
	kmem_attributes_write(&snap->attributes, name);
	if (before->nr)
		kmem_plug(name, before->blocks[0].zone);
}

/* Returns 0 when the blocks are as before. */
static int restore_blocks(const struct snapshot *snap, bool bound)
{
	const char *name = snap->dev.name;
	int rc = 0;

	if (bound && (blocks_missing(snap) || zones_changed(snap)))
		restore_device_state(snap);
	/* a bind adds blocks that no longer exist */
	if (bound && blocks_missing(snap) && !dax_unbind(name, KMEM_DRIVER))
		kmem_bind_quiet(name, true);
	if (zones_changed(snap)) {
		kmem_exclusive_set(name, false);
		rc = restore_each_block(snap);
	}
	if (bound && !snap->blocks.nr)
		restore_device_state(snap);
	if (bound)
		kmem_attributes_write(&snap->attributes, name);
	return rc;
}

/* The bus takes a value only while kmem does not hold the device. */
static void restore_bus_memmap(const struct snapshot *snap)
{
	const char *name = snap->dev.name;

	if (memmap_setting(name) == snap->bus_memmap)
		return;
	if (kmem_holds(name)) {
		if (zones_changed(snap) && restore_each_block(snap))
			return;
		dax_unbind(name, KMEM_DRIVER);
	}
	memmap_bus_write(name, snap->bus_memmap);
}

/*
 * kmem comes back before the blocks, which it may have to add; any other driver
 * after them, since it cannot take a device that has blocks.
 */
static void restore_device(const struct snapshot *snap)
{
	const struct dax_dev *before = &snap->dev;
	const char *name = before->name;
	bool was_bound = !strcmp(before->driver, KMEM_DRIVER);
	char now[64];

	/* first: the policy is that of all memory of the system */
	onlining_policy_release();
	restore_bus_memmap(snap);
	if (was_bound && !kmem_holds(name))
		kmem_bind_quiet(name, false);
	if (restore_blocks(snap, kmem_holds(name)) || was_bound)
		return;
	/* an unbind now would leave memory that another program onlined */
	if (zones_changed(snap))
		return;
	if (kmem_holds(name))
		dax_unbind(name, KMEM_DRIVER);
	dax_driver(name, now, sizeof(now));
	if (*before->driver && strcmp(before->driver, now))
		dax_bind(name, before->driver);
}

/*
 * Memory can outlive its device and must not stay changed. As the driver may be
 * changing it too, this is tried for a second.
 */
static int restore_without_device(const struct snapshot *snap,
				  const char **outcome)
{
	int tries = 10;
	bool left;

	*outcome = "the device is gone";
	do {
		left = onlining_policy_release() ||
		       (restore_blocks(snap, false) && zones_changed(snap));
	} while (left && --tries && !usleep(100000));
	if (!left)
		return EX_NODEV;
	*outcome = "the device is gone, and its memory could NOT be put back";
	return EX_PARTLY;
}

/* Describes the first thing that is not as before; false: all is. */
static bool find_difference(const struct snapshot *snap, char *text,
			    size_t size)
{
	struct snapshot now = { 0 };
	const struct block *block;
	bool found = true;

	if (onlining_policy_release()) {
		snprintf(text, size, "NOT put back: %s",
			 onlining_policy_held());
	} else if (dax_forget_left(snap->dev.name)) {
		snprintf(text, size, "NOT put back: a driver's new_id may still have its name");
	} else if (snapshot_take(&now, snap->dev.name)) {
		snprintf(text, size, "its state cannot be read any more");
	} else if (strcmp(now.dev.driver, snap->dev.driver)) {
		snprintf(text, size, "NOT put back: driver is %s, was %s",
			 *now.dev.driver ? now.dev.driver : "none",
			 *snap->dev.driver ? snap->dev.driver : "none");
	} else if (now.attributes.exclusive != snap->attributes.exclusive) {
		snprintf(text, size, "NOT put back: kmem/exclusive");
	} else if (now.attributes.memmap_on_memory !=
		   snap->attributes.memmap_on_memory ||
		   now.bus_memmap != snap->bus_memmap) {
		snprintf(text, size, "NOT put back: memmap_on_memory");
	} else if (now.blocks.nr != snap->blocks.nr) {
		snprintf(text, size, "NOT put back: it has %zu memory blocks, had %zu",
			 now.blocks.nr, snap->blocks.nr);
	} else {
		block = first_changed(snap, &now.blocks);
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
		restore_device(snap);
		if (find_difference(snap, text, sizeof(text))) {
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
