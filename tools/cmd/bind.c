// SPDX-License-Identifier: GPL-2.0-only
/*
 * "bind" and "unbind": bind a dax device to kmem, or unbind it. The policy of the
 * system decides whether its memory blocks come online.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"

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

static int bind_steps(const struct snapshot *before, const struct options *opts)
{
	const struct dax_dev *dev = &before->dev;
	int rc;

	if (!strcmp(dev->driver, KMEM_DRIVER)) {
		say_bound(dev, "already bound");
		return 0;
	}
	rc = kmem_can_take(dev, &before->blocks, opts->force);
	if (!rc)
		rc = module_need(KMEM_DRIVER);
	if (!rc)
		rc = dax_bind(dev->name, KMEM_DRIVER);
	if (!rc)
		say_bound(dev, "bound");
	return rc;
}

static int unbind_steps(const struct snapshot *before,
			const struct options *opts)
{
	const struct dax_dev *dev = &before->dev;
	size_t online = blocks_online(&before->blocks);
	int rc;

	if (strcmp(dev->driver, KMEM_DRIVER)) {
		say("%s: not bound to kmem: driver %s\n", dev->name,
		    *dev->driver ? dev->driver : "none");
		return 0;
	}
	if (online)
		return fail(EX_REFUSED, "run 'kmemctl offline DEV'",
			    "cannot unbind: %zu of its %zu memory blocks are online",
			    online, before->blocks.nr);
	rc = kmem_release(dev);
	if (!rc)
		say("%s: unbound from kmem\n", dev->name);
	return rc;
}

static int bind_device(const char *name, const struct options *opts)
{
	return change_device(name, bind_steps, opts);
}

static int unbind_device(const char *name, const struct options *opts)
{
	return change_device(name, unbind_steps, opts);
}

int cmd_bind(const struct options *opts, char **devices, int nr)
{
	return foreach_device(devices, nr, HIGHEST_FIRST, NULL, bind_device,
			      opts);
}

int cmd_unbind(const struct options *opts, char **devices, int nr)
{
	return foreach_device(devices, nr, LOWEST_FIRST, NULL, unbind_device,
			      opts);
}
