// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals, and the worker that none of them reaches.
 * Onlining has no check for signals but starts kernel threads, which fails
 * under a fatal signal, and undoing anything in a task with a signal pending
 * would be refused block by block. So both run in a worker; its caller waits.
 */
#include <linux/completion.h>
#include <linux/sched/signal.h>
#include <linux/workqueue.h>

#include "kmem.h"

static struct workqueue_struct *kmem_wq;

/* How long the undo of a plug may take for one block, and for the next ones. */
#define UNDO_LIMIT	(10 * HZ)
#define UNDO_LIMIT_NEXT	HZ

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

/*
 * A page that is pinned keeps offline_pages() at it for ever; it looks for a
 * pending signal and for nothing else.
 */
static void break_stalled_block(struct kmem_job *job)
{
	spin_lock(&job->lock);
	if (job->task)
		set_tsk_thread_flag(job->task, TIF_SIGPENDING);
	spin_unlock(&job->lock);
}

/**
 * kmem_run_in_worker() - do something where no signal can keep it from working
 * @rec: the record it is done to
 * @run: does it; asked to stop by &kmem_record.stop becoming true
 * @arg: passed to @run
 *
 * A signal to the caller asks @run to stop, and then the wait goes on until it
 * has undone what it did. Never for longer than the limit at once, or the undo
 * of much memory looks like a hang.
 *
 * Context: Process context, @rec->lock held.
 * Return: what @run returned.
 */
int kmem_run_in_worker(struct kmem_record *rec,
		       int (*run)(struct kmem_record *rec, int arg), int arg)
{
	struct kmem_job job = { .rec = rec, .run = run, .arg = arg };
	unsigned int seen = 0, step;
	long limit = UNDO_LIMIT, left;

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

		step = READ_ONCE(rec->undo_step);
		if (step && step == seen) {
			break_stalled_block(&job);
			limit = UNDO_LIMIT_NEXT;
		}
		seen = step;
	} while (left <= 0);

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

/**
 * kmem_worker_init() - make the worker
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
