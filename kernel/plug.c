// SPDX-License-Identifier: GPL-2.0-only
/*
 * Plugging the memory of a record and taking it back, all or nothing: in which
 * order reservation, guard, memory and blocks follow each other, and the way
 * back from every point.
 */
#include <linux/completion.h>
#include <linux/memory_hotplug.h>
#include <linux/module.h>
#include <linux/pfn.h>
#include <linux/workqueue.h>

#include "kmem.h"

/*
 * Plugging runs in a worker. Onlining has no check for signals but starts
 * kernel threads, which fails under a fatal signal, and undoing it in a task
 * with a signal pending would be refused block by block.
 */
static struct workqueue_struct *kmem_wq;

struct kmem_job {
	struct work_struct work;
	struct completion done;
	struct kmem_record *rec;
	struct device *dev;
	int (*run)(struct kmem_record *rec, struct device *dev);
	int rc;
};

static void job_work(struct work_struct *work)
{
	struct kmem_job *job = container_of(work, struct kmem_job, work);

	job->rc = job->run(job->rec, job->dev);
	complete(&job->done);
}

/*
 * Run @run in the worker. A signal asks it to stop, and then the wait goes on
 * until it has undone what it did.
 */
static int run_in_worker(struct kmem_record *rec, struct device *dev,
			 int (*run)(struct kmem_record *, struct device *))
{
	struct kmem_job job = { .rec = rec, .dev = dev, .run = run };

	INIT_WORK_ONSTACK(&job.work, job_work);
	init_completion(&job.done);
	WRITE_ONCE(rec->stop, false);
	queue_work(kmem_wq, &job.work);

	if (wait_for_completion_interruptible(&job.done)) {
		WRITE_ONCE(rec->stop, true);
		/* In turns, or the undo of much memory looks like a hang. */
		while (!wait_for_completion_timeout(&job.done, 10 * HZ))
			;
	}
	flush_work(&job.work);
	destroy_work_on_stack(&job.work);
	return job.rc;
}

/*
 * Take what must stay for as long as any memory of the record is added. The
 * module reference comes first, before the first add: in remove() it would be
 * too late, there rmmod is on its way already.
 */
static int hold(struct kmem_record *rec, struct device *dev)
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

	rc = kmem_reserve(rec, dev);
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

/* Give back what hold() took; no memory of the record is added. */
static void let_go(struct kmem_record *rec)
{
	kmem_release(rec);
	kmem_tier_clear(rec);
	memory_group_unregister(rec->mgid);
	module_put(THIS_MODULE);
}

/* Put each of the blocks back as it was found, the last one changed first. */
static void undo_blocks(struct kmem_record *rec, struct device *dev,
			unsigned int steps,
			unsigned int (*order)(unsigned int, unsigned int))
{
	while (steps--) {
		unsigned int i = order(steps, rec->nr_blocks);
		struct kmem_block *block = &rec->blocks[i];
		int rc = kmem_block_change(block->mem, block->was, NULL);

		if (rc)
			dev_err(dev, "memory%u could not be put back to %s (%d)\n",
				block->mem->dev.id, kmem_type_name(block->was),
				rc);
	}
}

static int online_blocks(struct kmem_record *rec, struct device *dev, int type)
{
	unsigned int step, i;
	int rc = 0;

	for (step = 0; step < rec->nr_blocks; step++) {
		struct memory_block *mem;

		i = kmem_plug_order(step, rec->nr_blocks);
		mem = rec->blocks[i].mem;
		rc = READ_ONCE(rec->stop) ? -EINTR :
		     kmem_block_change(mem, type, &rec->stop);
		if (rc) {
			dev_err(dev, "memory%u could not be set %s (%d), undoing all\n",
				mem->dev.id, kmem_type_name(type), rc);
			/* This block may have landed in the wrong zone. */
			undo_blocks(rec, dev, step + 1, kmem_plug_order);
			break;
		}
	}
	return rc;
}

/* All memory is added and every block offline: online what shall be online. */
static int online_by_policy(struct kmem_record *rec, struct device *dev)
{
	int type, rc;

	rc = kmem_blocks_get(rec);
	if (rc)
		return rc;

	type = kmem_policy(rec);
	if (type < 0)
		rc = type;
	else if (type != MMOP_OFFLINE)
		rc = online_blocks(rec, dev, type);

	kmem_blocks_put(rec);
	return rc;
}

static int plug(struct kmem_record *rec, struct device *dev)
{
	int rc;

	rc = hold(rec, dev);
	if (rc)
		return rc;

	kmem_guard_close(rec);
	rc = kmem_add(rec, dev);
	if (rc)
		goto undo;

	kmem_guard_own(rec);
	rc = online_by_policy(rec, dev);
	if (rc)
		goto undo;

	kmem_guard_open(rec);
	return 0;

undo:
	kmem_guard_close(rec);
	if (!kmem_remove(rec, dev))
		let_go(rec);
	kmem_guard_open(rec);
	return rc;
}

/**
 * kmem_plug() - reserve, add and online all memory of a record
 * @rec: the record, holding nothing
 * @dev: its device
 *
 * Blocks are onlined as the system's policy for new memory says. A signal ends
 * it before the next block; the return comes when all is undone.
 *
 * Context: Process context, @rec->lock held.
 * Return: 0; or a negative errno with everything as before. Should even the
 * undo fail, the memory that is left is still the record's.
 */
int kmem_plug(struct kmem_record *rec, struct device *dev)
{
	return run_in_worker(rec, dev, plug);
}

/*
 * Whether all blocks are offline, and stay so: with the guard closed nobody
 * can begin to online one, and whoever began before holds device_hotplug_lock,
 * which the second look has waited for.
 */
static int all_offline(struct kmem_record *rec)
{
	unsigned int i, online;
	int rc;

	rc = kmem_blocks_get(rec);
	if (rc)
		return rc;

	online = kmem_blocks_online(rec);
	for (i = 0; !online && i < rec->nr_blocks; i++) {
		if (!rec->blocks[i].mem)
			continue;
		rc = kmem_block_change(rec->blocks[i].mem, MMOP_OFFLINE, NULL);
		online = kmem_blocks_online(rec);
		break;
	}

	kmem_blocks_put(rec);
	return online ? -EBUSY : rc;
}

static int take_back(struct kmem_record *rec, struct device *dev)
{
	int rc;

	kmem_guard_close(rec);
	rc = all_offline(rec);
	if (!rc)
		rc = kmem_remove(rec, dev);
	if (!rc)
		let_go(rec);
	kmem_guard_open(rec);
	return rc;
}

/**
 * kmem_take_back() - remove the memory of a record if all of it is offline
 * @rec: the record
 * @dev: its device
 *
 * Never offlines anything.
 *
 * Context: Process context, @rec->lock held.
 * Return: 0 when nothing of the record is left in the system; -EBUSY with
 * everything as before when a block is online; or another errno, and then the
 * memory that is left is still the record's.
 */
int kmem_take_back(struct kmem_record *rec, struct device *dev)
{
	return run_in_worker(rec, dev, take_back);
}

/**
 * kmem_plug_init() - make the worker
 *
 * Return: 0 or -ENOMEM.
 */
int kmem_plug_init(void)
{
	kmem_wq = alloc_workqueue("kmem", WQ_UNBOUND, 0);
	return kmem_wq ? 0 : -ENOMEM;
}

/**
 * kmem_plug_exit() - free the worker
 */
void kmem_plug_exit(void)
{
	destroy_workqueue(kmem_wq);
}
