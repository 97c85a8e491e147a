// SPDX-License-Identifier: GPL-2.0-only
/*
 * A worker that signals do not reach, and the signals of its caller.
 * With a signal pending the core refuses to offline any block, so no rollback
 * would work; with a fatal one it cannot start the threads of a new node.
 * Plugs and rollbacks therefore run in the worker while the caller waits.
 */
#include <linux/completion.h>
#include <linux/sched/signal.h>
#include <linux/workqueue.h>

#include "kmem.h"

static struct workqueue_struct *kmem_wq;

/* Time for the first stalled block in the rollback of a plug, and for others. */
#define ROLLBACK_LIMIT	(10 * HZ)
#define ROLLBACK_LIMIT_NEXT	HZ

struct kmem_job {
	struct work_struct work;
	struct completion done;
	struct kmem_record *rec;
	int (*run)(struct kmem_record *rec, int arg);
	int arg;
	int rc;
	spinlock_t lock; /* protects task */
	struct task_struct *task;
};

static void job_work(struct work_struct *work)
{
	struct kmem_job *job = container_of(work, struct kmem_job, work);

	spin_lock(&job->lock);
	job->task = current;
	spin_unlock(&job->lock);

	job->rc = job->run(job->rec, job->arg);

	spin_lock(&job->lock);
	job->task = NULL;
	spin_unlock(&job->lock);
	recalc_sigpending();
	complete(&job->done);
}

/* offline_pages() retries a pinned page until the task has a signal pending. */
static void break_stalled_block(struct kmem_job *job)
{
	spin_lock(&job->lock);
	if (job->task)
		set_tsk_thread_flag(job->task, TIF_SIGPENDING);
	spin_unlock(&job->lock);
}

/**
 * kmem_run_in_worker() - call a function in the worker and wait for it
 * @rec: the record, passed to @run
 * @run: the function; &kmem_record.stop becoming true asks it to stop
 * @arg: passed to @run
 *
 * A signal to the caller asks @run to stop. The wait goes on until @run has
 * rolled back and returned. It is cut into pieces no longer than the limit, so
 * that the kernel does not report a long rollback as a hung task.
 *
 * Context: Process context, @rec->lock held.
 * Return: what @run returned.
 */
int kmem_run_in_worker(struct kmem_record *rec,
		       int (*run)(struct kmem_record *rec, int arg), int arg)
{
	struct kmem_job job = { .rec = rec, .run = run, .arg = arg };
	unsigned int seen = 0, step;
	long limit = ROLLBACK_LIMIT, left;

	INIT_WORK_ONSTACK(&job.work, job_work);
	init_completion(&job.done);
	spin_lock_init(&job.lock);
	WRITE_ONCE(rec->stop, false);
	queue_work(kmem_wq, &job.work);

	do {
		left = READ_ONCE(rec->stop) ?
		       wait_for_completion_timeout(&job.done, limit) :
		       wait_for_completion_interruptible_timeout(&job.done,
								 limit);
		if (left < 0)
			WRITE_ONCE(rec->stop, true);
		if (left)
			continue;

		step = READ_ONCE(rec->rollback_step);
		if (step && step == seen) {
			break_stalled_block(&job);
			limit = ROLLBACK_LIMIT_NEXT;
		}
		seen = step;
	} while (left <= 0);

	flush_work(&job.work);
	destroy_work_on_stack(&job.work);
	return job.rc;
}

/**
 * kmem_block_signals() - block all signals but those that end a program
 * @old: filled with the signals that were blocked before
 *
 * The core aborts on any pending signal, also on a shell's SIGCHLD.
 *
 * Context: Process context. Undone by kmem_restore_signals().
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
 * @old: the signals that were blocked before
 */
void kmem_restore_signals(const sigset_t *old)
{
	sigset_t set = *old;

	sigprocmask(SIG_SETMASK, &set, NULL);
}

/**
 * kmem_worker_init() - create the worker
 *
 * Return: 0 or -ENOMEM.
 */
int kmem_worker_init(void)
{
	kmem_wq = alloc_workqueue("kmem", WQ_UNBOUND, 0);
	return kmem_wq ? 0 : -ENOMEM;
}

/**
 * kmem_worker_exit() - free the worker
 */
void kmem_worker_exit(void)
{
	destroy_workqueue(kmem_wq);
}
