// SPDX-License-Identifier: GPL-2.0-only
/*
 * Plug and unplug of a record's memory, all or nothing: the order in which
 * ranges are reserved, the guard closed, memory added and blocks onlined, and
 * the rollback from each step.
 */
#include <linux/memory_hotplug.h>
#include <linux/module.h>
#include <linux/pfn.h>
#include <linux/sched/signal.h>

#include "kmem.h"

/* Jiffies that an unbind or a reclaim waits for others' memory hotplug. */
#define REMOVE_LIMIT	(20 * HZ)

/*
 * Blocks that a rollback tries to offline in vain. Each takes two to four
 * seconds, the first up to 22: see worker.c.
 */
#define MAX_STALLED	5

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
	WRITE_ONCE(rec->adopted, false);
	module_put(THIS_MODULE);
}

static void set_state(struct kmem_record *rec, int state)
{
	WRITE_ONCE(rec->state, state);
}

/* The state is what the blocks are, after a step that could not be undone. */
static void set_state_from_blocks(struct kmem_record *rec)
{
	int state = kmem_blocks_state(rec);

	set_state(rec, state < 0 ? MMOP_ONLINE : state);
}

/*
 * Remove all memory and release everything. If some memory cannot be removed,
 * nothing is released, and the state becomes what the blocks are.
 */
static int remove_all(struct kmem_record *rec)
{
	int rc;

	kmem_walk_forget(rec);
	rc = kmem_remove(rec);
	if (rc) {
		set_state_from_blocks(rec);
		return rc;
	}
	release_node_and_ranges(rec);
	set_state(rec, KMEM_UNPLUGGED);
	return 0;
}

static int restore_block(const struct kmem_record *rec,
			 const struct kmem_block *block)
{
	if (!block->mem)
		return 0;
	if (block->poisoned && block->was != MMOP_OFFLINE)
		return -EHWPOISON;
	return kmem_block_change(block->mem, block->was, &rec->abandon);
}

/**
 * struct rollback - what a rollback has done so far
 * @steps: attempts to set a block back
 * @failed: blocks that could not be set back
 * @stalled: those that the worker's caller gave up, see worker.c
 */
struct rollback {
	unsigned int steps;
	unsigned int failed;
	unsigned int stalled;
};

static int rollback_step(struct kmem_record *rec, struct rollback *undo,
			 const struct kmem_block *block)
{
	kmem_rollback_step(rec, ++undo->steps);
	return restore_block(rec, block);
}

/* Set block @i back to what it was. */
static void rollback_block(struct kmem_record *rec, struct rollback *undo,
			   unsigned int i)
{
	const struct kmem_block *block = &rec->blocks[i];
	int rc;

	rc = rollback_step(rec, undo, block);
	/* The time may have passed while others held device_hotplug_lock. */
	if (rc == -EINTR && !READ_ONCE(rec->abandon))
		rc = rollback_step(rec, undo, block);
	if (!rc)
		return;
	if (rc == -EINTR)
		undo->stalled++;
	/* One message, not one for each of thousands of blocks. */
	if (undo->failed++)
		return;
	kmem_err(rec, "memory%u could not be set back to %s (%d)%s\n",
		 block->mem->dev.id, kmem_state_name(block->was), rc,
		 rc == -EHWPOISON ?
		 ": it has a page with a hardware memory error" : "");
}

/* @left: blocks that the rollback has not tried */
static void rollback_end(struct kmem_record *rec, const struct rollback *undo,
			 unsigned int left)
{
	kmem_rollback_step(rec, 0);
	if (undo->failed > 1 || left)
		kmem_err(rec, "the rollback is incomplete: %u blocks could not be set back, %u were not tried\n",
			 undo->failed, left);
}

/*
 * Roll back a plug that has onlined the blocks from index @lowest up: offline
 * them in the order of an unplug. Blocks with pinned pages stay online.
 */
static void rollback_plug(struct kmem_record *rec, unsigned int lowest)
{
	unsigned int nr = rec->nr_blocks - lowest, step;
	struct rollback undo = { 0 };

	for (step = 0; step < nr; step++) {
		if (undo.stalled == MAX_STALLED || READ_ONCE(rec->abandon))
			break;
		rollback_block(rec, &undo,
			       lowest + kmem_unplug_order(step, nr));
	}
	rollback_end(rec, &undo, nr - step);
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
			kmem_err(rec, "memory%u could not be set %s (%d), rolling back\n",
				 rec->blocks[i].mem->dev.id,
				 kmem_state_name(type), rc);
			kmem_set_error(rec, rc, "online memory%u",
				       rec->blocks[i].mem->dev.id);
			/* This block too: it may be in the wrong zone. */
			rollback_plug(rec, i);
			return rc;
		}
	}
	return 0;
}

/*
 * Online all blocks, or none if @type or the system's policy is offline; find
 * them in any case. All memory is added and offline. Returns the MMOP_* the
 * blocks have afterwards, or a negative errno with all blocks offline.
 */
static int online_all(struct kmem_record *rec, int type)
{
	int rc;

	rc = kmem_blocks_get(rec);
	if (rc)
		return rc;
	if (type == KMEM_POLICY)
		type = kmem_system_policy(rec);
	if (type > MMOP_OFFLINE)
		rc = online_blocks(rec, type);
	kmem_blocks_put(rec);
	return rc ?: type;
}

static int plug(struct kmem_record *rec, int type)
{
	int rc, state;

	rc = acquire_node_and_ranges(rec);
	if (rc)
		return rc;

	WRITE_ONCE(rec->memmap_on_memory, rec->memmap_wanted);
	kmem_guard_close(rec);
	rc = kmem_add(rec);
	if (rc)
		goto err_add;

	kmem_guard_own(rec);
	rc = online_all(rec, type);
	if (rc < 0)
		goto err_add;

	set_state(rec, rc);
	kmem_guard_rest(rec);
	return 0;

err_add:
	kmem_guard_close(rec);
	/* If a block stays online, keep all memory added, not a part of it. */
	state = kmem_blocks_state(rec);
	if (state > MMOP_OFFLINE)
		set_state(rec, state);
	else
		remove_all(rec);
	kmem_guard_rest(rec);
	return rc;
}

/**
 * kmem_plug() - reserve, add and online all memory of a record
 * @rec: the record, holding nothing
 * @type: MMOP_* to set every block to, or KMEM_POLICY for the system's policy
 *
 * A signal to the caller ends the plug before its next stride or block. The
 * function returns after the rollback.
 *
 * Context: Process context, @rec->lock held, signals blocked by
 * kmem_block_signals().
 * Return: 0; or a negative errno after the rollback, with nothing added or
 * reserved. If a block could not go offline again, all memory stays added. If
 * memory could not be removed, what is left stays in the record, offline.
 */
int kmem_plug(struct kmem_record *rec, int type)
{
	int rc;

	rc = kmem_run_in_worker(rec, plug, type);
	if (rc)
		kmem_set_error(rec, rc, "plug all");
	return rc;
}

/**
 * kmem_take_over() - manage memory that the kernel's own kmem left in use
 * @rec: the record, listed, holding nothing
 *
 * Ranges without such memory are reserved, and used from the next plug on.
 *
 * Context: Process context, @rec->lock held.
 * Return: 0, also if there is no such memory; or a negative errno with all of
 * it as before.
 */
int kmem_take_over(struct kmem_record *rec)
{
	int rc;

	if (!kmem_rescue_find(rec))
		return 0;

	rc = acquire_node_and_ranges(rec);
	if (rc) {
		kmem_rescue_forget(rec);
		return rc;
	}
	WRITE_ONCE(rec->adopted, true);
	kmem_info(rec, "takes over memory and reservations that the kernel's own kmem left; its memory group and some names stay allocated, a few hundred bytes\n");
	return 0;
}

/*
 * Roll back the first @steps steps of an unplug, in reverse order. The second
 * block was the first to go offline and is the last to come back, so the hole
 * it leaves ends the core's search for holes here too.
 */
static int rollback_unplug(struct kmem_record *rec, int steps)
{
	struct rollback undo = { 0 };
	int left = steps;

	kmem_guard_own(rec);
	while (left && !READ_ONCE(rec->abandon)) {
		left--;
		rollback_block(rec, &undo,
			       kmem_unplug_order(left, rec->nr_blocks));
	}
	rollback_end(rec, &undo, left);
	kmem_blocks_put(rec);
	if (undo.failed || left)
		set_state_from_blocks(rec);
	return 0;
}

/*
 * Runs in the caller and not in the worker, so that a signal can end it: the
 * core retries a page that does not migrate until one is pending.
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
			kmem_err(rec, "memory%u could not be offlined (%d), rolling back\n",
				 rec->blocks[i].mem->dev.id, rc);
			kmem_set_error(rec, rc, "offline memory%u",
				       rec->blocks[i].mem->dev.id);
			kmem_run_in_worker(rec, rollback_unplug, step);
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
 * If a block cannot go offline, or on a signal, every block comes back online
 * in its old zone. Blocks that are offline already stay offline. Once memory is
 * being removed, a signal has no effect.
 *
 * Context: Process context, @rec->lock held, signals blocked by
 * kmem_block_signals().
 * Return: 0; or the errno of the step that failed, with every block as before.
 * If memory could not be removed, what is left stays in the record, offline.
 */
int kmem_unplug(struct kmem_record *rec)
{
	static const bool never;
	int rc;

	kmem_guard_close(rec);
	rc = kmem_blocks_settle(rec, &never, MAX_SCHEDULE_TIMEOUT);
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

/* @rc: of a function that has got the blocks, if it is 0 */
static int check_all_offline(struct kmem_record *rec, int rc)
{
	if (rc)
		return rc;
	rc = any_online(rec) ? -EBUSY : 0;
	kmem_blocks_put(rec);
	return rc;
}

static int remove_if_offline(struct kmem_record *rec, int unused)
{
	int rc;

	kmem_guard_close(rec);
	/* A block that another task tries for ever to offline is online now. */
	rc = check_all_offline(rec, kmem_blocks_get(rec));
	if (!rc)
		rc = check_all_offline(rec, kmem_blocks_settle(rec, &rec->stop,
							       REMOVE_LIMIT));
	if (!rc)
		rc = remove_all(rec);
	kmem_guard_rest(rec);
	return rc;
}

/**
 * kmem_remove_if_offline() - remove a record's memory if all of it is offline
 * @rec: the record, with memory added
 *
 * Never offlines a block.
 *
 * Context: Process context, @rec->lock held.
 * Return: 0 if all memory is removed and all ranges released; with everything
 * as before -EBUSY if a block is online, -EINTR on a signal, -ETIMEDOUT if
 * another task has held device_hotplug_lock for so long (ACPI eject does, and
 * waits for the unbind); or another errno, with the memory that is left still
 * in the record.
 */
int kmem_remove_if_offline(struct kmem_record *rec)
{
	sigset_t signals;
	int rc;

	kmem_block_signals(&signals);
	rc = kmem_run_in_worker(rec, remove_if_offline, 0);
	kmem_restore_signals(&signals);
	return rc;
}
