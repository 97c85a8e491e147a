// SPDX-License-Identifier: GPL-2.0-only
/*
 * "online": a dax device becomes memory. Whatever driver holds it, it is given
 * to kmem, and all blocks of all its ranges are onlined in the zone asked for.
 */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "kmem.h"
#include "module.h"
#include "targets.h"
#include "undo.h"

struct wish {
	const struct options *opts;
	const struct block_set *before;
};

/* Without a zone asked for, memory that was online stays where it is. */
static enum zone zone_wanted(const struct block *block, const void *arg)
{
	const struct wish *wish = arg;
	const struct block *before = blocks_find(wish->before, block->id);

	if (!wish->opts->zone_chosen && before && before->zone_name[0])
		return before->zone;
	return wish->opts->zone;
}

static bool as_wished(const struct block_set *now, const struct wish *wish)
{
	size_t i;

	for (i = 0; i < now->nr; i++)
		if (now->blocks[i].zone != zone_wanted(&now->blocks[i], wish))
			return false;
	return now->nr && now->nr == now->total;
}

static void say_online(const struct dax_dev *dev, const struct block_set *now,
		       const char *word)
{
	char size[32], zones[128];

	size_to_human(size, sizeof(size), now->nr * now->block_size);
	blocks_zones(now, zones, sizeof(zones));
	printf("%s: %s: %zu blocks, %s, %s, node %d\n", dev->name, word,
	       now->nr, size, zones, dev->target_node);
}

static int online_blocks(const struct snapshot *before,
			 const struct wish *wish)
{
	struct block_set now;
	int rc;

	rc = blocks_read(&now, &before->dev);
	if (!rc && now.nr != now.total)
		rc = fail(EX_FAILED, "run 'kmemctl offline DEV', then online it again",
			  "%llu of its %llu memory blocks are missing",
			  now.total - now.nr, now.total);
	if (!rc)
		rc = blocks_bring_online(&now, zone_wanted, wish);
	/* memory outlives its driver, and even the device */
	if (!rc)
		rc = kmem_still_holds(before->dev.name);
	if (!rc)
		say_online(&before->dev, &now, "online");
	blocks_free(&now);
	return rc;
}

static int online_device(const char *name, const struct options *opts)
{
	struct snapshot before;
	struct wish wish = { .opts = opts, .before = &before.blocks };
	bool bound;
	int rc;

	rc = snapshot_take(&before, name);
	bound = !strcmp(before.dev.driver, KMEM_DRIVER);
	if (!rc && bound && as_wished(&before.blocks, &wish)) {
		say_online(&before.dev, &before.blocks, "already online");
		snapshot_free(&before);
		return EX_DONE;
	}
	if (!rc && !bound)
		rc = kmem_can_take(&before.dev, &before.blocks);
	if (!rc && !bound)
		rc = module_need(KMEM_DRIVER);
	if (!rc && !bound)
		rc = kmem_bind_offline(name);
	if (!rc)
		rc = online_blocks(&before, &wish);
	if (rc)
		rc = snapshot_restore(&before, rc);
	snapshot_free(&before);
	return rc;
}

int cmd_online(const struct options *opts, char **devices, int nr)
{
	return targets_run(devices, nr, HIGHEST_FIRST, online_device, opts);
}
