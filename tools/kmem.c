// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps with the kmem driver that several commands share. They hold for the
 * in-tree driver as well as for ours.
 */
#include "kmem.h"

#include <string.h>

#include "session.h"

int kmem_can_take(const struct dax_dev *dev, const struct block_set *blocks)
{
	if (dev->target_node == NO_NODE)
		return fail(EX_FAILED, "check SRAT, HMAT and 'ndctl list -v'",
			    "it has no target node");
	if (!blocks->total)
		return fail(EX_FAILED, "make it larger, or align it to that size",
			    "no whole memory block of %#llx bytes fits in it",
			    blocks->block_size);
	return 0;
}

int kmem_bind_offline(const char *name)
{
	int rc, rc_release;

	rc = policy_hold();
	if (!rc)
		rc = dax_bind(name, KMEM_DRIVER);
	rc_release = policy_release();
	return rc ? rc : rc_release;
}

int kmem_still_holds(const char *name)
{
	char driver[64];
	int rc = dax_driver(name, driver, sizeof(driver));

	if (!rc && !strcmp(driver, KMEM_DRIVER))
		return 0;
	return fail(EX_FAILED, "find out what changes the driver of DEV",
		    "it was taken from kmem meanwhile: %s",
		    rc ? why(rc) : *driver ? driver : "no driver");
}

int kmem_release(const struct dax_dev *dev)
{
	struct block_set left;
	int rc;

	/* The last look, as late as can be: an unbind cannot be refused. */
	rc = blocks_read(&left, dev);
	if (!rc && blocks_online(&left))
		rc = fail(EX_REFUSED, ONLINED_BY_OTHERS,
			  "cannot unbind: %zu of its memory blocks came online again",
			  blocks_online(&left));
	blocks_free(&left);
	if (!rc)
		rc = session_check();
	if (!rc)
		rc = dax_unbind(dev->name, KMEM_DRIVER);
	if (!rc)
		rc = dax_forget_id(dev->name);
	if (rc)
		return rc;
	rc = blocks_read(&left, dev);
	if (!rc && left.nr)
		rc = fail(EX_FAILED, SEE_DMESG,
			  "%zu of its memory blocks did not go away with kmem",
			  left.nr);
	blocks_free(&left);
	return rc;
}
