// SPDX-License-Identifier: GPL-2.0-only
/*
 * "offline": memory becomes a dax device again. All its blocks go offline and are
 * removed, kmem is unbound, and device_dax is bound.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "lib/progress.h"
#include "pages/drain.h"
#include "pages/offline_failure.h"
#include "pages/room.h"

static int offline_memory(const struct dax_dev *dev)
{
	struct block_set now;
	int rc;

	rc = blocks_read(&now, dev);
	if (!rc)
		progress_begin(dev->name, OFFLINING, blocks_online(&now),
			       now.block_size);
	if (!rc && now.nr && kmem_interface(dev->name) == KMEM_OURS)
		rc = kmem_unplug(dev->name);
	else if (!rc)
		rc = blocks_take_offline(&now, NULL, NULL, false);
	progress_end();
	if (rc)
		offline_failure_explain(dev);
	blocks_free(&now);
	return rc;
}

static int offline_steps(const struct snapshot *before)
{
	const struct dax_dev *dev = &before->dev;
	bool bound = !strcmp(dev->driver, KMEM_DRIVER);
	int rc;

	rc = module_need(DEVDAX_DRIVER);
	/* an unbind left blocks: only kmem can remove them */
	if (!rc && !bound && before->blocks.nr) {
		rc = kmem_bind_quiet(dev->name, false);
		bound = true;
	}
	if (!rc && bound)
		rc = offline_memory(dev);
	if (!rc && bound)
		rc = kmem_release(dev);
	if (!rc)
		rc = dax_bind(dev->name, DEVDAX_DRIVER);
	if (!rc && bound)
		overwrite_note_ram(dev, &before->blocks);
	return rc;
}

static bool is_free(const struct snapshot *before)
{
	return *before->dev.driver && !before->blocks.nr &&
	       strcmp(before->dev.driver, KMEM_DRIVER);
}

static int offline_or_restore(const struct snapshot *before)
{
	int rc = offline_steps(before);

	return rc ? snapshot_restore(before, rc) : 0;
}

static int offline_drained(const struct snapshot *before,
			   const struct options *opts)
{
	const char *name = before->dev.name;
	struct drain drain = { .node = NO_NODE };
	int rc;

	rc = drain_device(&drain, &before->dev, &before->blocks, opts->to,
			  &opts->out);
	if (rc == EX_USE) {
		fail_print(name, "nothing was changed");
		return rc;
	}
	if (!rc)
		rc = offline_or_restore(before);
	if (rc)
		drain_rollback(&drain, name);
	return rc;
}

int offline_device(const char *name, const struct options *opts)
{
	struct snapshot before;
	int rc;

	rc = snapshot_take(&before, name);
	if (!rc && !opts->drain && !is_free(&before))
		rc = room_check(&before.blocks);
	if (rc) {
		rc = snapshot_restore(&before, rc);
	} else if (is_free(&before)) {
		say("%s: already offline: driver %s\n", name,
		    before.dev.driver);
	} else {
		rc = opts->drain ? offline_drained(&before, opts) :
				   offline_or_restore(&before);
		if (!rc)
			say("%s: offline: driver %s\n", name, DEVDAX_DRIVER);
	}
	snapshot_free(&before);
	return rc;
}

int cmd_offline(const struct options *opts, char **devices, int nr)
{
	return foreach_device(devices, nr, LOWEST_FIRST, NULL, offline_device,
			      opts);
}
