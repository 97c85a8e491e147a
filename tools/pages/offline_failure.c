// SPDX-License-Identifier: GPL-2.0-only
/*
 * Adds to a failed offline which memory block failed, and why: by a scan of this
 * block, within a second, and by the room on other nodes.
 */
#include "pages/offline_failure.h"

#include <stdio.h>
#include <string.h>

#include "change/change.h"
#include "lib/signals.h"
#include "pages/analysis.h"
#include "pages/room.h"

#define SEE_WHY "run 'kmemctl why DEV' to see what uses its memory"
#define MORE_TIME "give it more time, or " SEE_WHY

/*
 * dax-kmem names the block. Otherwise kmemctl offlined one block after another:
 * it is the first that is still online.
 */
static bool failed_block(const struct dax_dev *dev,
			 const struct block_set *blocks, __u64 *id)
{
	struct kmem_last_error error;
	const struct block *block;
	size_t i;

	if (kmem_interface(dev->name) == KMEM_OURS)
		return !kmem_last_error(dev->name, &error) &&
		       !strcmp(error.step, "offline") &&
		       sscanf(error.object, "memory%llu", id) == 1;
	for (i = 0; i < blocks->nr; i++) {
		block = &blocks->blocks[offline_order(i, blocks->nr)];
		*id = block->id;
		if (block->zone != ZONE_OFFLINE)
			return true;
	}
	return false;
}

/* The pages of the block, or else the room on other nodes. */
static void find_cause(const struct block_set *blocks, __u64 id, char *cause,
		       size_t size)
{
	__u64 needed, room;

	analyze_block(id, cause, size);
	if (!*cause && room_lacks(blocks, false, &needed, &room))
		room_text(cause, size, needed, "all other nodes have", room);
}

void offline_failure_explain(const struct dax_dev *dev)
{
	char name[32], cause[200], text[240] = "";
	struct block_set blocks;
	__u64 id;

	if (!blocks_read(&blocks, dev) && failed_block(dev, &blocks, &id)) {
		find_cause(&blocks, id, cause, sizeof(cause));
		snprintf(name, sizeof(name), "memory%llu", id);
		if (*cause && strstr(fail_text(), name))
			snprintf(text, sizeof(text), "%s", cause);
		else if (*cause)
			snprintf(text, sizeof(text), "%s: %s", name, cause);
	}
	if (stop_timed_out())
		fail_explain(*text ? text : NULL, MORE_TIME);
	else if (*text || stop_requested())
		fail_explain(*text ? text : NULL, SEE_WHY);
	blocks_free(&blocks);
}
