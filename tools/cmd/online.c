// SPDX-License-Identifier: GPL-2.0-only
/*
 * "online": a dax device becomes memory. Whatever driver holds it, it is given
 * to kmem, and all blocks of all its ranges are onlined in the zone asked for.
 */
#include <stdio.h>
#include <string.h>

#include "change/block_state.h"
#include "change/kmem.h"
#include "change/rollback.h"
#include "cmd/cmd.h"
#include "cmd/foreach.h"
#include "lib/progress.h"
#include "lib/signals.h"

struct request {
	enum zone zone;
	bool keep;		/* memory that was online stays where it is */
	enum memmap_request memmap;
	const char *note;	/* what more there is to say */
	const struct block_set *before;
};

static enum zone zone_requested(const struct block *block, const void *arg)
{
	const struct request *request = arg;
	const struct block *before = blocks_find(request->before, block->id);

	if (request->keep && before && before->zone_name[0])
		return before->zone;
	return request->zone;
}

/* Index of the first block that is not where it shall be; nr when all are. */
static size_t first_wrong(const struct block_set *now, const struct request *request)
{
	size_t i;

	for (i = 0; i < now->nr; i++)
		if (now->blocks[i].zone != zone_requested(&now->blocks[i], request))
			break;
	return i;
}

static bool as_requested(const struct block_set *now, const struct request *request)
{
	return now->nr && now->nr == now->total &&
	       first_wrong(now, request) == now->nr;
}

static bool one_zone(const struct block_set *now, const struct request *request)
{
	size_t i;

	for (i = 1; i < now->nr; i++)
		if (zone_requested(&now->blocks[i], request) !=
		    zone_requested(&now->blocks[0], request))
			return false;
	return true;
}

static void say_online(const struct dax_dev *dev, const struct block_set *now,
		       const char *word, const char *note)
{
	char size[32], zones[128];
	struct block_counts counts;

	size_to_human(size, sizeof(size), now->nr * now->block_size);
	blocks_tally(&counts, now);
	block_counts_zones(&counts, zones, sizeof(zones));
	say("%s: %s: %zu blocks, %s, %s, node %d%s\n", dev->name, word,
	    now->nr, size, zones, dev->target_node, note);
}

/*
 * Whether to give the kernel the device as a whole. What is not there comes by
 * no other way. Beyond that our driver alone is told: the in-tree one takes a
 * time that grows with the square of the size, and ignores blocks that fail.
 */
static bool by_state(const struct dax_dev *dev, const struct block_set *now,
		     struct request *request)
{
	enum kmem_interface interface = kmem_interface(dev->name);
	struct block_counts counts;

	if (!now->nr)
		return interface != KMEM_BLOCKS;
	if (interface != KMEM_OURS)
		return false;
	blocks_tally(&counts, now);
	if (now->nr != now->total ||
	    (block_counts_alike(&counts) && one_zone(now, request)))
		return true;
	if (!kmem_exclusive(dev->name))
		return false;
	request->note = "; all were unplugged first, as kmem/exclusive is 1";
	return true;
}

/* All blocks have the same zone then, whatever they were. */
static int online_by_state(const struct dax_dev *dev,
			   const struct block_set *now, struct request *request)
{
	int rc = 0;

	if (now->nr && one_zone(now, request))
		request->zone = zone_requested(&now->blocks[0], request);
	request->keep = false;
	if (now->nr)
		rc = kmem_unplug(dev->name);
	if (!rc)
		rc = stop_check();
	if (rc)
		return rc;
	progress_begin(dev->name, ONLINING, now->total, now->block_size);
	rc = kmem_plug(dev->name, request->zone);
	progress_end();
	return rc;
}

static int online_by_blocks(const struct dax_dev *dev, struct block_set *now,
			    const struct request *request)
{
	int rc;

	if (now->nr != now->total)
		return fail(EX_FAILED, "run 'kmemctl offline DEV', then online it again",
			    "%llu of its %llu memory blocks are missing",
			    now->total - now->nr, now->total);
	progress_begin(dev->name, ONLINING, now->nr, now->block_size);
	rc = blocks_bring_online(now, zone_requested, request);
	progress_end();
	return rc;
}

static int wrong_block(const struct block *block)
{
	if (block->zone == ZONE_OFFLINE)
		return fail(EX_FAILED, SEE_DMESG,
			    "memory%llu did not come online", block->id);
	return fail(EX_FAILED, ONLINED_BY_OTHERS,
		    "memory%llu: it was onlined, but it is %s", block->id,
		    block->zone_name);
}

/* What the kernel says it did is one thing, what the blocks are another. */
static int prove(const struct dax_dev *dev, const struct request *request)
{
	struct block_set now;
	size_t i = 0;
	int rc;

	rc = blocks_read(&now, dev);
	if (!rc && now.nr != now.total)
		rc = fail(EX_FAILED, SEE_DMESG,
			  "only %zu of its %llu memory blocks are there",
			  now.nr, now.total);
	if (!rc)
		i = first_wrong(&now, request);
	if (!rc && i < now.nr)
		rc = wrong_block(&now.blocks[i]);
	/* memory outlives its driver, and even the device */
	if (!rc)
		rc = kmem_still_holds(dev->name);
	if (!rc)
		rc = kmem_placed(dev->name, request->memmap);
	if (!rc)
		say_online(dev, &now, "online", request->note);
	blocks_free(&now);
	return rc;
}

static int online_memory(const struct dax_dev *dev, struct request *request)
{
	struct block_set now;
	int rc;

	rc = blocks_read(&now, dev);
	if (!rc && !as_requested(&now, request))
		rc = by_state(dev, &now, request) ?
		     online_by_state(dev, &now, request) :
		     online_by_blocks(dev, &now, request);
	blocks_free(&now);
	return rc ? rc : prove(dev, request);
}

int online_device(const char *name, const struct options *opts)
{
	struct snapshot before;
	struct request request = {
		.zone = opts->zone,
		.keep = !opts->zone_chosen,
		.memmap = opts->memmap,
		.note = "",
		.before = &before.blocks,
	};
	bool bound;
	int rc;

	rc = snapshot_take(&before, name);
	bound = !strcmp(before.dev.driver, KMEM_DRIVER);
	if (!rc)
		rc = kmem_can_place(&before.dev, &before.blocks, request.memmap);
	if (!rc && bound && as_requested(&before.blocks, &request)) {
		say_online(&before.dev, &before.blocks, "already online", "");
		snapshot_free(&before);
		return EX_DONE;
	}
	if (!rc && !bound)
		rc = kmem_can_take(&before.dev, &before.blocks);
	if (!rc)
		rc = kmem_take(&before.dev, &before.blocks, request.memmap, false);
	if (!rc)
		rc = online_memory(&before.dev, &request);
	if (rc)
		rc = snapshot_restore(&before, rc);
	snapshot_free(&before);
	return rc;
}

int cmd_online(const struct options *opts, char **devices, int nr)
{
	return foreach_device(devices, nr, HIGHEST_FIRST, online_device, opts);
}
