// SPDX-License-Identifier: GPL-2.0-only
/*
 * "online": a dax device becomes memory. kmem gets it, whatever driver had it,
 * and all memory blocks of all its ranges are onlined in the requested zone.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "lib/path.h"
#include "lib/progress.h"
#include "lib/signals.h"

struct request {
	enum zone zone;
	bool keep_zones;	/* of blocks that were online before */
	enum memmap_request memmap;
	const struct block_set *before;
};

static enum zone requested_zone(const struct block *block, const void *arg)
{
	const struct request *request = arg;
	const struct block *before = blocks_find(request->before, block->id);

	if (request->keep_zones && before && before->zone != ZONE_OFFLINE)
		return before->zone;
	return request->zone;
}

static bool is_done(const struct block_set *now, const struct request *request)
{
	return now->nr && now->nr == now->total &&
	       !blocks_first_wrong(now, requested_zone, request);
}

static bool one_zone(const struct block_set *now, const struct request *request)
{
	size_t i;

	for (i = 1; i < now->nr; i++)
		if (requested_zone(&now->blocks[i], request) !=
		    requested_zone(&now->blocks[0], request))
			return false;
	return true;
}

static void say_online(const struct dax_dev *dev, const struct block_set *now,
		       const char *word, const char *note)
{
	struct block_counts counts = blocks_tally(now);

	say("%s: %s: %zu blocks, %s, %s, node %d%s\n", dev->name, word,
	    now->nr, human(now->nr * now->block_size), zones_text(&counts),
	    dev->target_node, note);
}

/*
 * Whether to write the device's "state" and not that of each block. Only that
 * adds blocks which do not exist. Of those that exist, only dax-kmem gets such a
 * write: Linux 7.3's kmem takes a time that grows with the square of the size,
 * and ignores blocks that fail.
 */
static bool online_at_once(const struct dax_dev *dev,
			   const struct block_set *now,
			   const struct request *request, const char **note)
{
	enum kmem_interface interface = kmem_interface(dev->name);

	if (!now->nr)
		return interface != KMEM_BLOCKS;
	if (interface != KMEM_OURS)
		return false;
	if (now->nr != now->total ||
	    (blocks_alike(now) && one_zone(now, request)))
		return true;
	if (!kmem_exclusive(dev->name))
		return false;
	*note = "; all were unplugged first, as kmem/exclusive is 1";
	return true;
}

/* The device has one zone afterwards. */
static int online_device_state(const struct dax_dev *dev,
			       const struct block_set *now,
			       struct request *request)
{
	int rc = 0;

	if (now->nr && one_zone(now, request))
		request->zone = requested_zone(&now->blocks[0], request);
	request->keep_zones = false;
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

static int online_each_block(const struct dax_dev *dev, struct block_set *now,
			     const struct request *request)
{
	int rc;

	if (now->nr != now->total)
		return fail(EX_FAILED, "run 'kmemctl offline DEV', then online it again",
			    "%llu of its %llu memory blocks are missing",
			    now->total - now->nr, now->total);
	progress_begin(dev->name, ONLINING, now->nr, now->block_size);
	rc = blocks_bring_online(now, requested_zone, request, false);
	progress_end();
	return rc;
}

static int check_block(const struct block *block, const struct request *request)
{
	if (!block)
		return 0;
	if (block->zone == ZONE_OFFLINE)
		return fail(EX_FAILED, SEE_DMESG,
			    "memory%llu did not come online", block->id);
	return fail(EX_FAILED, ONLINED_BY_OTHERS,
		    "memory%llu was onlined in zone %s instead of %s",
		    block->id, block->zone_name,
		    zone_name(requested_zone(block, request)));
}

/* A write that succeeded does not prove what it did: the blocks do. */
static int verify(const struct dax_dev *dev, const struct request *request,
		  const char *note)
{
	struct block_set now;
	int rc;

	rc = blocks_read(&now, dev);
	if (!rc && now.nr != now.total)
		rc = fail(EX_FAILED, SEE_DMESG,
			  "only %zu of its %llu memory blocks exist",
			  now.nr, now.total);
	if (!rc)
		rc = check_block(blocks_first_wrong(&now, requested_zone,
						    request), request);
	/* blocks stay without their driver, and even without the device */
	if (!rc)
		rc = kmem_still_holds(dev->name);
	if (!rc)
		rc = kmem_memmap_verify(dev->name, request->memmap);
	if (!rc)
		say_online(dev, &now, "online", note);
	blocks_free(&now);
	return rc;
}

static int online_memory(const struct dax_dev *dev, struct request *request)
{
	struct block_set now;
	const char *note = "";
	int rc;

	rc = blocks_read(&now, dev);
	if (!rc && !is_done(&now, request))
		rc = online_at_once(dev, &now, request, &note) ?
		     online_device_state(dev, &now, request) :
		     online_each_block(dev, &now, request);
	blocks_free(&now);
	return rc ? rc : verify(dev, request, note);
}

static int online_steps(const struct snapshot *before,
			const struct options *opts)
{
	const struct dax_dev *dev = &before->dev;
	struct request request = {
		.zone = opts->zone,
		.keep_zones = !opts->zone_chosen,
		.memmap = opts->memmap,
		.before = &before->blocks,
	};
	bool bound = !strcmp(dev->driver, KMEM_DRIVER);
	int rc;

	rc = opts->exclusive ? kmem_exclusive_check() : 0;
	if (!rc)
		rc = kmem_memmap_check(dev, &before->blocks, request.memmap);
	if (!rc && bound && is_done(&before->blocks, &request)) {
		say_online(dev, &before->blocks, "already online", "");
		return 0;
	}
	if (!rc && !bound)
		rc = kmem_can_take(dev, &before->blocks, opts->force);
	if (!rc)
		rc = kmem_take(dev, &before->blocks, request.memmap, false);
	/* that may have loaded the driver */
	if (!rc && opts->exclusive)
		rc = kmem_exclusive_check();
	return rc ? rc : online_memory(dev, &request);
}

int set_exclusive(const char *name, bool exclusive)
{
	int rc = kmem_exclusive_set(name, exclusive);

	if (rc)
		fail_print(name, dry_run ? "nothing was changed" :
					   "the rest is done");
	return rc;
}

int online_device(const char *name, const struct options *opts)
{
	int rc = change_device(name, online_steps, opts);

	/* last, as no block can be onlined by itself from then on */
	if (!rc && opts->exclusive)
		rc = set_exclusive(name, true);
	return rc;
}

int cmd_online(const struct options *opts, char **devices, int nr)
{
	return foreach_device(devices, nr, HIGHEST_FIRST, NULL, online_device,
			      opts);
}
