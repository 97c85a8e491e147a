// SPDX-License-Identifier: GPL-2.0-only
/*
 * Plugging the memory of a record and taking it back, all or nothing: in which
 * order reservation, guard, memory and blocks follow each other, and the way
 * back from every point.
 */
#include <linux/memory_hotplug.h>
#include <linux/module.h>
#include <linux/pfn.h>
#include <linux/sched/signal.h>

#include "kmem.h"

/*
 * Take what the record needs for as long as any of its memory is added: a
 * reference to the module, a memory group and the memory type of its node, and
 * the reservation of its ranges. The reference is taken before the first add:
 * remove() would be too late, for rmmod no longer checks references then.
 */
static int acquire_node_and_ranges(struct kmem_record *rec)
{
	unsigned long pages = 0;
	unsigned int i;
	int rc;

	for (i = 0; i < rec->nr_spans; i++)
		pages += PFN_UP(rec->spans[i].range.size);

	if (!try_module_get(THIS_MODULE))
		return -ENODEV;

	rc = memory_group_register_static(rec->nid, pages);
	if (rc < 0)
		goto err_group;
	rec->mgid = rc;
	rec->memmap_on_memory = rec->memmap_wanted;

	rc = kmem_tier_set(rec);
	if (rc)
		goto err_tier;

	rc = kmem_reserve(rec);
	if (rc)
		goto err_reserve;
	return 0;

err_reserve:
	kmem_tier_clear(rec);
err_tier:
	memory_group_unregister(rec->mgid);
err_group:
	module_put(THIS_MODULE);
	return rc;
}

/* Undo acquire_node_and_ranges(). No memory of the record is added. */
static void release_node_and_ranges(struct kmem_record *rec)
{
	kmem_release(rec);
	kmem_tier_clear(rec);
	memory_group_unregister(rec->mgid);
	rec->adopted = false;
	module_put(THIS_MODULE);
}

/* Remove all memory. What cannot be removed stays held, as what it is. */
static int remove_all(struct kmem_record *rec)
{
	int rc, state;

	rc = kmem_remove(rec);
	if (!rc) {
		release_node_and_ranges(rec);
		rec->state = KMEM_UNPLUGGED;
		return 0;
	}
	state = kmem_blocks_state(rec);
	rec->state = state < 0 ? MMOP_ONLINE : state;
	return rc;
}

static int undo_block(struct kmem_record *rec, unsigned int i)
{
	struct kmem_block *block = &rec->blocks[i];
	int rc;

	if (!block->mem)
		return 0;
	rc = kmem_block_change(block->mem, block->was, NULL);
	if (rc)
		kmem_err(rec, "memory%u could not be put back as it was (%d)\n",
			 block->mem->dev.id, rc);
	return rc;
}

/*
 * Offline what was onlined, blocks @lowest and above, in the order of an
 * unplug: those blocks are all that the zone has of this device. A block whose
 * memory somebody has taken and will not give back is left online.
 */
static void undo_online(struct kmem_record *rec, unsigned int lowest)
{
	unsigned int nr = rec->nr_blocks - lowest, step;

	for (step = 0; step < nr; step++) {
		WRITE_ONCE(rec->undo_step, step + 1);
		undo_block(rec, lowest + kmem_unplug_order(step, nr));
		/* or one stalled block would keep all others from going */
		recalc_sigpending();
	}
	WRITE_ONCE(rec->undo_step, 0);
}

static int online_blocks(struct kmem_record *rec, int type)
{
	unsigned int step, i;
	int rc;

	for (step = 0; step < rec->nr_blocks; step++) {
		i = kmem_plug_order(step, rec->nr_blocks);
		rc = READ_ONCE(rec->stop) ? -EINTR :
		     kmem_block_change(rec->blocks[i].mem, type, &rec->stop);
		if (rc) {
			kmem_err(rec, "memory%u could not be set %s (%d), undoing all\n",
				 rec->blocks[i].mem->dev.id,
				 kmem_state_name(type), rc);
			kmem_set_error(rec, rc, "online memory%u",
				       rec->blocks[i].mem->dev.id);
			/* with this one, which may be in the wrong zone */
			undo_online(rec, i);
			return rc;
		}
	}
	return 0;
}

/*
 * All memory is added and every block offline: online what shall be online.
 * Returns the type that came of it.
 */
static int online_all(struct kmem_record *rec, int type)
{
	int rc;

	if (type == KMEM_POLICY)
		type = kmem_system_policy(rec);
	if (type <= MMOP_OFFLINE)
		return type;

	rc = kmem_blocks_get(rec);
	if (rc)
		return rc;
	rc = online_blocks(rec, type);
	kmem_blocks_put(rec);
	return rc ?: type;
}

static int plug(struct kmem_record *rec, int type)
{
	int rc;

	rc = acquire_node_and_ranges(rec);
	if (rc)
		return rc;

	kmem_guard_close(rec);
	rc = kmem_add(rec);
	if (rc)
		goto err_add;

	kmem_guard_own(rec);
	rc = online_all(rec, type);
	if (rc < 0)
		goto err_add;

	rec->state = rc;
	kmem_guard_rest(rec);
	return 0;

err_add:
	kmem_guard_close(rec);
	remove_all(rec);
	kmem_guard_rest(rec);
	return rc;
}

/**
 * kmem_plug() - reserve, add and online all memory of a record
 * @rec: the record, holding nothing
 * @type: MMOP_* that every block shall have, or KMEM_POLICY
 *
 * A signal ends it before the next block; the return comes when all is undone.
 *
 * Context: Process context, @rec->lock held, signals blocked by
 * kmem_block_signals().
 * Return: 0; or a negative errno with everything as before. Should even the
 * undo fail, the memory that is left is still the record's.
 */
int kmem_plug(struct kmem_record *rec, int type)
{
	int rc;

	rc = kmem_run_in_worker(rec, plug, type);
	if (rc)
		kmem_set_error(rec, rc, "plug all");
	return rc;
}

/*
 * Put back the blocks that @steps of an unplug have changed. The last one
 * changed comes first and the second block of all comes last, so that the hole
 * it leaves ends the core's search for holes as it did on the way here.
 */
static int undo_offline(struct kmem_record *rec, int steps)
{
	kmem_guard_own(rec);
	while (steps--)
		undo_block(rec, kmem_unplug_order(steps, rec->nr_blocks));
	return 0;
}

/*
 * In the caller and not in the worker: the core ends an endless attempt to
 * migrate a page only by a signal.
 */
static int offline_all(struct kmem_record *rec)
{
	unsigned int step, i;
	int rc;

	for (step = 0; step < rec->nr_blocks; step++) {
		i = kmem_unplug_order(step, rec->nr_blocks);
		if (!rec->blocks[i].mem)
			continue;
		rc = signal_pending(current) ? -EINTR :
		     kmem_block_change(rec->blocks[i].mem, MMOP_OFFLINE, NULL);
		if (rc) {
			kmem_err(rec, "memory%u could not be offlined (%d), putting all back\n",
				 rec->blocks[i].mem->dev.id, rc);
			kmem_set_error(rec, rc, "offline memory%u",
				       rec->blocks[i].mem->dev.id);
			kmem_run_in_worker(rec, undo_offline, step + 1);
			return rc;
		}
	}
	return 0;
}

static int remove_offline(struct kmem_record *rec, int unused)
{
	kmem_guard_close(rec);
	return remove_all(rec);
}

/**
 * kmem_unplug() - offline and remove all memory of a record
 * @rec: the record, with memory added
 *
 * A block that will not go offline, or a signal, ends it: then every block is
 * put back online in the zone it came from. Blocks that are offline already
 * are no error, and stay so.
 *
 * Context: Process context, @rec->lock held, signals blocked by
 * kmem_block_signals().
 * Return: 0; or the errno of the cause with every block as before.
 */
int kmem_unplug(struct kmem_record *rec)
{
	int rc;

	kmem_guard_close(rec);
	rc = kmem_blocks_settle(rec);
	if (rc)
		goto out;

	kmem_guard_own(rec);
	rc = offline_all(rec);
	kmem_blocks_put(rec);
	if (!rc)
		rc = kmem_run_in_worker(rec, remove_offline, 0);
out:
	if (rc)
		kmem_set_error(rec, rc, "unplug all");
	kmem_guard_rest(rec);
	return rc;
}

static bool any_online(const struct kmem_record *rec)
{
	unsigned int i;

	for (i = 0; i < rec->nr_blocks; i++)
		if (rec->blocks[i].mem && rec->blocks[i].was != MMOP_OFFLINE)
			return true;
	return false;
}

static int remove_if_offline(struct kmem_record *rec, int unused)
{
	int rc;

	kmem_guard_close(rec);
	rc = kmem_blocks_settle(rec);
	if (rc)
		goto out;

	if (any_online(rec))
		rc = -EBUSY;
	kmem_blocks_put(rec);
	if (!rc)
		rc = remove_all(rec);
out:
	kmem_guard_rest(rec);
	return rc;
}

/**
 * kmem_remove_if_offline() - remove the memory of a record if all of it is offline
 * @rec: the record, with memory added
 *
 * Never offlines anything.
 *
 * Context: Process context, @rec->lock held.
 * Return: 0 when nothing of the record is left in the system; -EBUSY with
 * everything as before when a block is online; or another errno, and then the
 * memory that is left is still the record's.
 */
int kmem_remove_if_offline(struct kmem_record *rec)
{
	return kmem_run_in_worker(rec, remove_if_offline, 0);
}
