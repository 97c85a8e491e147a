// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads and changes the states of the memory blocks of a record. Changes go
 * through the `state` attribute of each block, which takes the core's locks in
 * the right order; no exported function does.
 */
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/memory.h>
#include <linux/mmzone.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "compat/attr-call.h"
#include "compat/memory-block.h"
#include "kmem.h"

static int block_type(const struct memory_block *mem)
{
	const struct zone *zone = READ_ONCE(mem->zone);

	/* A block that is going offline counts as online until it is offline. */
	if (READ_ONCE(mem->state) == MEM_OFFLINE)
		return MMOP_OFFLINE;
	if (zone && zone_idx(zone) == ZONE_MOVABLE)
		return MMOP_ONLINE_MOVABLE;
	return MMOP_ONLINE_KERNEL;
}

static void collect_block(struct memory_block *mem, unsigned int i, void *data)
{
	struct kmem_record *rec = data;

	get_device(&mem->dev);
	rec->blocks[i].mem = mem;
	rec->blocks[i].was = block_type(mem);
}

/**
 * kmem_blocks_get() - find the memory blocks of all added spans
 * @rec: the record; its @blocks table is filled with a reference to each block
 *	and its present type
 *
 * Context: Process context, @rec->lock held, no reference held from before.
 * Return: 0, or -ENODEV if a block of an added span does not exist.
 */
int kmem_blocks_get(struct kmem_record *rec)
{
	u64 block_size = memory_block_size_bytes();
	unsigned int i, j;
	int rc;

	memset(rec->blocks, 0, rec->nr_blocks * sizeof(*rec->blocks));

	rc = kmem_walk(rec, collect_block, rec);
	if (rc)
		return rc;

	for (i = 0; i < rec->nr_spans; i++)
		for (j = 0; j < rec->spans[i].added / block_size; j++)
			if (!rec->blocks[rec->spans[i].first + j].mem)
				goto missing;
	kmem_walk_remember(rec);
	return 0;

missing:
	kmem_blocks_put(rec);
	return -ENODEV;
}

/**
 * kmem_blocks_put() - drop the references of kmem_blocks_get()
 * @rec: the record
 *
 * Context: Process context, @rec->lock held. Call this before kmem_remove():
 * the core could not free the blocks.
 */
void kmem_blocks_put(struct kmem_record *rec)
{
	unsigned int i;

	for (i = 0; i < rec->nr_blocks; i++) {
		if (!rec->blocks[i].mem)
			continue;
		put_device(&rec->blocks[i].mem->dev);
		rec->blocks[i].mem = NULL;
	}
}

/*
 * Wait for device_hotplug_lock. A change in flight holds it until it is done;
 * setting a block to the state it has needs it and changes nothing.
 */
static int pass_hotplug_lock(const struct kmem_block *block, const bool *stop,
			     long limit)
{
	static const bool one_try = true;
	unsigned long end = jiffies + limit;

	while (kmem_block_change(block->mem, block->was, &one_try) == -EINTR) {
		if (signal_pending(current) || READ_ONCE(*stop))
			return -EINTR;
		if (time_after(jiffies, end))
			return -ETIMEDOUT;
	}
	/* Any other errno says that the block has changed since. */
	return 0;
}

/**
 * kmem_blocks_settle() - find the blocks once no change is in flight
 * @rec: the record, its guard closed; its @blocks table is filled as by
 *	kmem_blocks_get()
 * @stop: ends the wait when it becomes true
 * @limit: jiffies to wait for at most
 *
 * The closed guard refuses new changes.
 *
 * Context: Process context, @rec->lock held. Takes device_hotplug_lock.
 * Return: 0; -EINTR on a signal or @stop; -ETIMEDOUT if another task has held
 * device_hotplug_lock for so long; or -ENODEV if a block does not exist.
 */
int kmem_blocks_settle(struct kmem_record *rec, const bool *stop, long limit)
{
	unsigned int i;
	int rc;

	rc = kmem_blocks_get(rec);
	if (rc)
		return rc;

	for (i = 0; i < rec->nr_blocks && !rec->blocks[i].mem; i++)
		;
	if (i < rec->nr_blocks)
		rc = pass_hotplug_lock(&rec->blocks[i], stop, limit);
	kmem_blocks_put(rec);
	return rc ?: kmem_blocks_get(rec);
}

static void count_block(struct memory_block *mem, unsigned int i, void *data)
{
	const struct zone *zone = READ_ONCE(mem->zone);
	struct kmem_count *count = data;

	if (block_type(mem) == MMOP_OFFLINE) {
		count->offline++;
		return;
	}
	count->online++;
	if (zone) {
		count->zone[zone_idx(zone)]++;
		count->zone_name[zone_idx(zone)] = zone->name;
	}
}

/**
 * kmem_blocks_count() - count the blocks that are offline, online, in each zone
 * @rec: the record
 * @count: filled
 *
 * Context: Process context. Needs no lock; during a transition the counts show
 * its progress, and 0 if no block is found.
 */
void kmem_blocks_count(struct kmem_record *rec, struct kmem_count *count)
{
	memset(count, 0, sizeof(*count));
	/* No block is found if a transition removes the memory meanwhile. */
	kmem_walk(rec, count_block, count);
}

/**
 * kmem_blocks_memmap_bytes() - bytes of the memory that hold its own memmap
 * @rec: the record
 * @bytes: filled with the sum over all blocks
 *
 * Context: Process context, @rec->lock held, so that no block is removed.
 * Return: 0 or a negative errno.
 */
int kmem_blocks_memmap_bytes(struct kmem_record *rec, u64 *bytes)
{
	unsigned int i;
	int rc;

	*bytes = 0;
	if (!kmem_record_holds_memory(rec))
		return 0;

	rc = kmem_blocks_get(rec);
	if (rc)
		return rc;
	for (i = 0; i < rec->nr_blocks; i++)
		if (rec->blocks[i].mem)
			*bytes += kmem_block_memmap_pages(rec->blocks[i].mem) *
				  PAGE_SIZE;
	kmem_blocks_put(rec);
	return 0;
}

/**
 * kmem_blocks_state() - compute the `state` of a record from its blocks
 * @rec: the record, with memory added
 *
 * Context: Process context, @rec->lock held, no reference to a block held.
 * Return: MMOP_OFFLINE, MMOP_ONLINE_MOVABLE or MMOP_ONLINE_KERNEL if all
 * blocks have that type, MMOP_ONLINE if they differ; or a negative errno,
 * -ENODEV if there is no block.
 */
int kmem_blocks_state(struct kmem_record *rec)
{
	int rc, state = -ENODEV;
	unsigned int i;

	rc = kmem_blocks_get(rec);
	if (rc)
		return rc;

	for (i = 0; i < rec->nr_blocks; i++) {
		if (!rec->blocks[i].mem)
			continue;
		if (state == -ENODEV)
			state = rec->blocks[i].was;
		else if (state != rec->blocks[i].was)
			state = MMOP_ONLINE;
	}
	kmem_blocks_put(rec);
	return state;
}

static bool landed(const struct memory_block *mem, int type)
{
	int now = block_type(mem);

	return now == type || (type == MMOP_ONLINE && now != MMOP_OFFLINE);
}

/**
 * kmem_recalc_sigpending() - clear TIF_SIGPENDING if no signal is pending
 *
 * Context: Process context, current task. Takes siglock: without it, a signal
 * that arrives meanwhile could lose its TIF_SIGPENDING too.
 */
void kmem_recalc_sigpending(void)
{
	/* A task's own sighand does not change under it. */
	spinlock_t *siglock = &rcu_dereference_raw(current->sighand)->siglock;

	spin_lock_irq(siglock);
	recalc_sigpending();
	spin_unlock_irq(siglock);
}

/**
 * kmem_block_change() - online or offline one memory block
 * @mem: the block
 * @type: the MMOP_* to set
 * @stop: ends the wait for device_hotplug_lock when it becomes true, or NULL
 *
 * The store function does not wait for device_hotplug_lock. If another task
 * holds it, it sleeps 5 ms, sets TIF_SIGPENDING and returns -ERESTARTNOINTR.
 * The flag must be cleared, or offlining would abort as on a real signal.
 *
 * Context: Process context, @rec->lock held. Takes device_hotplug_lock, the
 * block's device_lock, cpus_read_lock and mem_hotplug_lock.
 * Return: 0 if the block has @type now, also if it had before; -EINTR on a
 * signal or @stop; -EIO if the core put it in another zone; or the errno of
 * the core or of a notifier.
 */
int kmem_block_change(struct memory_block *mem, int type, const bool *stop)
{
	ssize_t rc;

	for (;;) {
		rc = kmem_call_store(&mem->dev, mem->dev.groups, "state",
				     kmem_state_name(type));
		if (rc != -ERESTARTNOINTR)
			break;
		kmem_recalc_sigpending();
		if (signal_pending(current) || (stop && READ_ONCE(*stop)))
			return -EINTR;
	}

	/* The core also returns -EINVAL if the block has that type already. */
	if (rc == -EINVAL && landed(mem, type))
		return 0;
	if (rc < 0)
		return rc;
	return landed(mem, type) ? 0 : -EIO;
}

/**
 * kmem_system_policy() - the system's policy for onlining new memory
 * @rec: a record with memory added
 *
 * Context: Process context, @rec->lock held.
 * Return: MMOP_* from /sys/devices/system/memory/auto_online_blocks, or a
 * negative errno.
 */
int kmem_system_policy(struct kmem_record *rec)
{
	struct device *root;
	ssize_t rc = -ENOMEM;
	char *page;

	root = kmem_memory_root(rec);
	if (!root)
		return -ENODEV;

	page = (char *)get_zeroed_page(GFP_KERNEL);
	if (!page)
		goto out;

	rc = kmem_call_show(root, root->groups, "auto_online_blocks", page);
	if (rc >= 0) {
		rc = kmem_state_by_name(page);
		if (rc == KMEM_POLICY)
			rc = -EINVAL;
	}
	free_page((unsigned long)page);
out:
	put_device(root);
	return rc;
}
