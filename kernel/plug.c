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
#include <linux/sched/signal.h>
#include <linux/workqueue.h>

#include "kmem.h"

/*
 * Everything but offlining for an unplug runs in a worker. Onlining has no
 * check for signals but starts kernel threads, which fails under a fatal
 * signal, and undoing anything in a task with a signal pending would be refused
 * block by block. Offlining stays in the caller: the core ends an endless
 * attempt to migrate a page only by a signal.
 */
static struct workqueue_struct *kmem_wq;

struct kmem_job {
	struct work_struct work;
	struct completion done;
	struct kmem_record *rec;
	int (*run)(struct kmem_record *rec, int arg);
	int arg;
	int rc;
};

static void job_work(struct work_struct *work)
{
	struct kmem_job *job = container_of(work, struct kmem_job, work);

	job->rc = job->run(job->rec, job->arg);
	complete(&job->done);
}

/*
 * Run @run in the worker. A signal asks it to stop, and then the wait goes on
 * until it has undone what it did.
 */
static int run_in_worker(struct kmem_record *rec,
			 int (*run)(struct kmem_record *rec, int arg), int arg)
{
	struct kmem_job job = { .rec = rec, .run = run, .arg = arg };

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

/**
 * kmem_block_signals() - leave only the signals that end a program
 * @old: where to keep what was blocked before
 *
 * The core takes any pending signal for a wish to stop; a shell's SIGCHLD is
 * none.
 *
 * Context: Process context. To be undone by kmem_restore_signals().
 */
void kmem_block_signals(sigset_t *old)
{
	sigset_t harmless;

	siginitsetinv(&harmless, sigmask(SIGKILL) | sigmask(SIGINT) |
				 sigmask(SIGTERM) | sigmask(SIGQUIT) |
				 sigmask(SIGHUP));
	sigprocmask(SIG_BLOCK, &harmless, old);
}

/**
 * kmem_restore_signals() - undo kmem_block_signals()
 * @old: what that kept
 */
void kmem_restore_signals(const sigset_t *old)
{
	sigset_t set = *old;

	sigprocmask(SIG_SETMASK, &set, NULL);
}

/*
 * Take what must stay for as long as any memory of the record is added. The
 * module reference comes first, before the first add: in remove() it would be
 * too late, there rmmod is on its way already.
 */
static int hold(struct kmem_record *rec)
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

/* Give back what hold() took; no memory of the record is added. */
static void let_go(struct kmem_record *rec)
{
	kmem_release(rec);
	kmem_tier_clear(rec);
	memory_group_unregister(rec->mgid);
	rec->adopted = false;
	module_put(THIS_MODULE);
}

/* Remove all memory; what cannot be removed stays held, in the state it is. */
static int remove_all(struct kmem_record *rec)
{
	int rc;

	rc = kmem_remove(rec);
	if (!rc)
		let_go(rec);
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
 * unplug: those blocks are all that the zone has of this device.
 */
static void undo_online(struct kmem_record *rec, unsigned int lowest)
{
	unsigned int nr = rec->nr_blocks - lowest, step;

	for (step = 0; step < nr; step++)
		undo_block(rec, lowest + kmem_unplug_order(step, nr));
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

	rc = hold(rec);
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
	if (remove_all(rec))
		rec->state = kmem_blocks_state(rec);
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
	return run_in_worker(rec, plug, type);
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
			run_in_worker(rec, undo_offline, step + 1);
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

	rc = kmem_blocks_get(rec);
	if (rc)
		return rc;

	kmem_guard_own(rec);
	rc = offline_all(rec);
	kmem_blocks_put(rec);
	if (!rc)
		rc = run_in_worker(rec, remove_offline, 0);
	if (!rc)
		rec->state = KMEM_UNPLUGGED;
	kmem_guard_rest(rec);
	return rc;
}

/*
 * Whether all blocks are offline, and stay so: with the guard closed nobody
 * can begin to online one, and whoever began before holds device_hotplug_lock.
 * Offlining a block that is offline takes that lock and does nothing else.
 */
static int all_offline(struct kmem_record *rec)
{
	struct kmem_count count;
	unsigned int i;
	int rc;

	rc = kmem_blocks_count(rec, &count);
	if (rc || count.online)
		return rc ?: -EBUSY;

	rc = kmem_blocks_get(rec);
	if (rc)
		return rc;
	for (i = 0; i < rec->nr_blocks && !rec->blocks[i].mem; i++)
		;
	if (i < rec->nr_blocks)
		kmem_block_change(rec->blocks[i].mem, MMOP_OFFLINE, NULL);
	kmem_blocks_put(rec);

	rc = kmem_blocks_count(rec, &count);
	return rc ?: count.online ? -EBUSY : 0;
}

static int take_back(struct kmem_record *rec, int unused)
{
	int rc;

	kmem_guard_close(rec);
	rc = all_offline(rec);
	if (!rc)
		rc = remove_all(rec);
	if (!rc)
		rec->state = KMEM_UNPLUGGED;
	kmem_guard_rest(rec);
	return rc;
}

/**
 * kmem_take_back() - remove the memory of a record if all of it is offline
 * @rec: the record, with memory added
 *
 * Never offlines anything.
 *
 * Context: Process context, @rec->lock held.
 * Return: 0 when nothing of the record is left in the system; -EBUSY with
 * everything as before when a block is online; or another errno, and then the
 * memory that is left is still the record's.
 */
int kmem_take_back(struct kmem_record *rec)
{
	return run_in_worker(rec, take_back, 0);
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
