// SPDX-License-Identifier: GPL-2.0-only
/*
 * "bind" and "unbind": bind a dax device to kmem, or unbind it. The policy of the
 * system decides whether its memory blocks come online.
 */
#include <stdio.h>
#include <string.h>

#include "change/dax_bind.h"
#include "change/kmem.h"
#include "change/module.h"
#include "change/rollback.h"
#include "cmd/cmd.h"
#include "cmd/foreach.h"

static void say_bound(const struct dax_dev *dev, const char *word)
{
	struct block_set now;

	if (blocks_read(&now, dev))
		fail_print(dev->name, "it is bound");
	else
		say("%s: %s to kmem: %zu of %zu blocks online\n", dev->name,
		    word, blocks_online(&now), now.nr);
	blocks_free(&now);
}

static int bind_device(const char *name, const struct options *opts)
{
	struct snapshot before;
	const char *word = "already bound";
	int rc;

	rc = snapshot_take(&before, name);
	if (!rc && strcmp(before.dev.driver, KMEM_DRIVER)) {
		word = "bound";
		rc = kmem_can_take(&before.dev, &before.blocks,
				   opts->force);
		if (!rc)
			rc = module_need(KMEM_DRIVER);
		if (!rc)
			rc = dax_bind(name, KMEM_DRIVER);
	}
	if (rc)
		rc = snapshot_restore(&before, rc);
	else
		say_bound(&before.dev, word);
	snapshot_free(&before);
	return rc;
}

static int unbind_device(const char *name, const struct options *opts)
{
	struct snapshot before;
	size_t online;
	int rc;

	rc = snapshot_take(&before, name);
	if (!rc && strcmp(before.dev.driver, KMEM_DRIVER)) {
		say("%s: not bound to kmem: driver %s\n", name,
		    *before.dev.driver ? before.dev.driver : "none");
		snapshot_free(&before);
		return EX_DONE;
	}
	online = blocks_online(&before.blocks);
	if (!rc && online)
		rc = fail(EX_REFUSED, "run 'kmemctl offline DEV'",
			  "cannot unbind: %zu of its %zu memory blocks are online",
			  online, before.blocks.nr);
	if (!rc)
		rc = kmem_release(&before.dev);
	if (rc)
		rc = snapshot_restore(&before, rc);
	else
		say("%s: unbound from kmem\n", name);
	snapshot_free(&before);
	return rc;
}

int cmd_bind(const struct options *opts, char **devices, int nr)
{
	return foreach_device(devices, nr, HIGHEST_FIRST, bind_device, opts);
}

int cmd_unbind(const struct options *opts, char **devices, int nr)
{
	return foreach_device(devices, nr, LOWEST_FIRST, unbind_device, opts);
}
