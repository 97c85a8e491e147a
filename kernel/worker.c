// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a function in the worker of a record, which signals do not reach, and
 * the signals of its caller. With a signal pending the core refuses to offline
 * any block, so no rollback would work; with a fatal one it cannot start the
 * threads of a new node. Plugs and rollbacks therefore run in the worker while
 * the caller waits.
 */
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/sched/signal.h>

#include "kmem.h"

/* Time for the first stalled block in the rollback of a plug, and for others. */
#define ROLLBACK_LIMIT	(10 * HZ)
#define ROLLBACK_LIMIT_NEXT	HZ

/* How often one step is found stalled before a killed caller abandons it. */
#define MAX_STALLS	60

struct kmem_job {
	struct kthread_work work;
	struct completion done;
	struct kmem_record *rec;
	int (*run)(struct kmem_record *rec, int arg);
	int arg;
	int rc;
};

static void job_work(struct kthread_work *work)
{
	struct kmem_job *job = container_of(work, struct kmem_job, work);

	job->rc = job->run(job->rec, job->arg);
	complete(&job->done);
}

/**
 * kmem_rollback_step() - say which step a rollback begins with
 * @rec: the record
 * @step: 1 for the first step; 0: the rollback has ended
 *
 * Clears what break_stalled_block() did to the step before.
 *
 * Context: In the worker. Takes &kmem_record.step_lock.
 */
void kmem_rollback_step(struct kmem_record *rec, unsigned int step)
{
	spin_lock(&rec->step_lock);
	WRITE_ONCE(rec->rollback_step, step);
	kmem_recalc_sigpending();
	spin_unlock(&rec->step_lock);
}

/* offline_pages() retries a pinned page until the task has a signal pending. */
static void break_stalled_block(struct kmem_record *rec, unsigned int step)
{
	spin_lock(&rec->step_lock);
	if (rec->rollback_step == step)
		set_tsk_thread_flag(rec->worker->task, TIF_SIGPENDING);
	spin_unlock(&rec->step_lock);
}

/*
 * Wait until the job is done, and end stalled steps of a rollback. The wait is
 * cut into pieces no longer than the limit, so that the kernel does not report
 * a long rollback as a hung task.
 */
static void wait_for_job(struct kmem_job *job)
{
	struct kmem_record *rec = job->rec;
	long limit = ROLLBACK_LIMIT, left;
	unsigned int seen = 0, stalls = 0, step;

	do {
		left = READ_ONCE(rec->stop) ?
		       wait_for_completion_timeout(&job->done, limit) :
		       wait_for_completion_interruptible_timeout(&job->done,
								 limit);
		if (left < 0)
			WRITE_ONCE(rec->stop, true);
		if (left)
			continue;

		step = READ_ONCE(rec->rollback_step);
		if (step && step == seen) {
			if (++stalls > MAX_STALLS &&
			    fatal_signal_pending(current))
				WRITE_ONCE(rec->abandon, true);
			break_stalled_block(rec, step);
			limit = ROLLBACK_LIMIT_NEXT;
		} else {
			stalls = 0;
		}
		seen = step;
	} while (left <= 0);
}

/**
 * kmem_run_in_worker() - call a function in the worker and wait for it
 * @rec: the record, passed to @run
 * @run: the function; &kmem_record.stop becoming true asks it to stop
 * @arg: passed to @run
 *
 * A signal to the caller asks @run to stop. The wait goes on until @run has
 * rolled back and returned.
 *
 * Context: Process context, @rec->lock held.
 * Return: what @run returned.
 */
int kmem_run_in_worker(struct kmem_record *rec,
		       int (*run)(struct kmem_record *rec, int arg), int arg)
{
	struct kmem_job job = { .rec = rec, .run = run, .arg = arg };

	kthread_init_work(&job.work, job_work);
	init_completion(&job.done);
	WRITE_ONCE(rec->stop, false);
	WRITE_ONCE(rec->abandon, false);
	kthread_queue_work(rec->worker, &job.work);
	wait_for_job(&job);
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
