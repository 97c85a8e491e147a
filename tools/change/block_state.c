// SPDX-License-Identifier: GPL-2.0-only
/*
 * Onlines and offlines memory blocks one by one, each by its "state". This is
 * for drivers that cannot change a whole device, and for single blocks.
 */
#include "change/change.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/path.h"
#include "lib/progress.h"
#include "lib/signals.h"

#define BLOCK "/sys/devices/system/memory/memory%llu"

static const char * const zone_words[] = {
	[ZONE_OFFLINE] = "offline",
	[ZONE_MOVABLE] = "online_movable",
	[ZONE_NORMAL]  = "online_kernel",
	[ZONE_MIXED]   = "online",	/* the kernel chooses the zone */
};

static int move_failed(const struct block *block, enum zone zone, int rc)
{
	const char *verb = zone == ZONE_OFFLINE ? "offline" : "online";
	const char *next = what_next(rc);

	/* stopped: say where */
	if (stop_requested() && fail_pending())
		return fail_at("%s memory%llu", verb, block->id);
	if (rc == -EBUSY && zone == ZONE_OFFLINE)
		next = OFFLINE_NEXT;
	return fail(EX_FAILED, next, "cannot %s memory%llu: %s", verb,
		    block->id, why(rc));
}

/* -EINVAL: the block is not what it was when it was read. */
static int move_once(struct block *block, enum zone zone)
{
	enum zone before = block->zone;
	int rc, rc_read;

	rc = path_write(zone_words[zone], BLOCK "/state", block->id);
	if (!rc) {
		block->zone = zone;
		strcpy(block->zone_name, zone_name(zone));
		return 0;
	}
	if (rc != -EINVAL)
		return move_failed(block, zone, rc);
	rc_read = block_read(block);
	if (!rc_read && block->zone == before)
		return move_failed(block, zone, rc);
	return rc_read;
}

static int move_block(struct block *block, enum zone zone)
{
	int steps, rc = stop_check();

	/* another zone takes two steps; another program may add more */
	for (steps = 4; !rc && steps && block->zone != zone; steps--)
		rc = move_once(block, block->zone == ZONE_OFFLINE ? zone :
							ZONE_OFFLINE);
	if (!rc && block->zone != zone)
		rc = fail(EX_FAILED, ONLINED_BY_OTHERS,
			  "memory%llu: wrote '%s', but it is %s", block->id,
			  zone_words[zone],
			  *block->zone_name ? block->zone_name : "offline");
	if (!rc)
		progress_step();
	return rc;
}

const struct block *blocks_first_wrong(const struct block_set *set,
				       zone_rule rule, const void *arg)
{
	size_t i;

	for (i = 0; i < set->nr; i++)
		if (set->blocks[i].zone != rule(&set->blocks[i], arg))
			return &set->blocks[i];
	return NULL;
}

/* From the top down. */
int blocks_bring_online(struct block_set *set, zone_rule rule,
			const void *arg, bool go_on)
{
	enum zone zone;
	size_t i;
	int rc = 0;

	for (i = set->nr; (!rc || go_on) && i--;) {
		zone = rule(&set->blocks[i], arg);
		if (zone != ZONE_OFFLINE)
			rc |= move_block(&set->blocks[i], zone);
	}
	return rc ? rc : stop_check();
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

int blocks_take_offline(struct block_set *set, zone_rule rule,
			const void *arg, bool go_on)
{
	struct block *block;
	size_t i;
	int rc = 0;

	for (i = 0; (!rc || go_on) && i < set->nr; i++) {
		block = &set->blocks[offline_order(i, set->nr)];
		if (!rule || rule(block, arg) != block->zone)
			rc |= move_block(block, ZONE_OFFLINE);
	}
	return rc ? rc : stop_check();
}
