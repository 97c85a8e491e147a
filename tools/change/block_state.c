// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moving memory blocks one by one, each by its "state" file, in the order that
 * costs the kernel least. The way for drivers that cannot move a whole device.
 */
#include "change/block_state.h"

#include <errno.h>
#include <string.h>

#include "lib/path.h"
#include "lib/progress.h"
#include "lib/signals.h"

#define BLOCK "/sys/devices/system/memory/memory%llu"

static const char * const zone_words[] = {
	[ZONE_OFFLINE] = "offline",
	[ZONE_MOVABLE] = "online_movable",
	[ZONE_NORMAL]  = "online_kernel",
};

static int move_failed(const struct block *block, enum zone zone, int rc)
{
	const char *next = what_next(rc);

	if (rc == -EBUSY && zone == ZONE_OFFLINE)
		next = "stop what uses memory of its node and try again";
	return fail(EX_FAILED, next, "memory%llu: cannot write '%s': %s",
		    block->id, zone_words[zone], why(rc));
}

static void is_now(struct block *block, enum zone zone)
{
	static const char * const names[] = {
		[ZONE_OFFLINE] = "",
		[ZONE_MOVABLE] = "Movable",
		[ZONE_NORMAL]  = "Normal",
	};

	block->zone = zone;
	strcpy(block->zone_name, names[zone]);
}

/* One write. -EINVAL says that the block is not what we took it for. */
static int move_once(struct block *block, enum zone zone)
{
	enum zone before = block->zone;
	int rc, rc_read;

	rc = path_write(zone_words[zone], BLOCK "/state", block->id);
	if (!rc) {
		is_now(block, zone);
		return 0;
	}
	if (rc != -EINVAL)
		return move_failed(block, zone, rc);
	rc_read = block_read(block);
	if (!rc_read && block->zone == before)
		return move_failed(block, zone, rc);
	return rc_read;
}

int block_move(struct block *block, enum zone zone)
{
	int steps, rc = 0;

	/* by way of offline, and again when somebody else was quicker */
	for (steps = 4; !rc && steps && block->zone != zone; steps--)
		rc = move_once(block, block->zone == ZONE_OFFLINE ? zone :
							ZONE_OFFLINE);
	if (rc || block->zone == zone)
		return rc;
	return fail(EX_FAILED, ONLINED_BY_OTHERS,
		    "memory%llu: wrote '%s', but it is %s", block->id,
		    zone_words[zone],
		    *block->zone_name ? block->zone_name : "offline");
}

int blocks_bring_online(struct block_set *set, zone_rule rule,
			const void *arg)
{
	size_t i;
	int rc;

	for (i = set->nr; i--;) {
		rc = stop_check();
		if (!rc)
			rc = block_move(&set->blocks[i],
					rule(&set->blocks[i], arg));
		if (rc)
			return rc;
		progress_step();
	}
	return stop_check();
}

/* The second block first, then from the top down, the first block last. */
size_t offline_order(size_t i, size_t nr)
{
	if (nr < 2)
		return i;
	if (!i)
		return 1;
	return i == nr - 1 ? 0 : nr - i;
}

int blocks_take_offline(struct block_set *set)
{
	size_t i;
	int rc;

	for (i = 0; i < set->nr; i++) {
		rc = stop_check();
		if (!rc)
			rc = block_move(&set->blocks[offline_order(i, set->nr)],
					ZONE_OFFLINE);
		if (rc)
			return rc;
		progress_step();
	}
	return stop_check();
}
