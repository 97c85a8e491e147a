// SPDX-License-Identifier: GPL-2.0-only
/*
 * How far it is, on the terminal. A thread draws, since a write to "state" is
 * one long call: our driver counts the blocks meanwhile, else the caller does.
 */
#include "progress.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "session.h"
#include "sysfs.h"

#define INTERVAL_NS 200000000LL
/* A look may take this share of the time, however long the kernel needs. */
#define MAX_SHARE 100
#define BAR 24

static struct progress {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool running;
	bool stop;
	bool drawn;
	bool counted;		/* by the driver */
	const char *device;
	const char *verb;
	__u64 before;		/* blocks online then */
	__u64 blocks;
	__u64 block_size;
	__u64 steps;
	long long began;
} progress = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
};

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static bool read_count(__u64 *count)
{
	return !sysfs_read_u64(count, 10,
			       "/sys/bus/dax/devices/%s/kmem/online_blocks",
			       progress.device);
}

static __u64 blocks_done(void)
{
	__u64 now;

	if (!progress.counted)
		return __atomic_load_n(&progress.steps, __ATOMIC_RELAXED);
	if (!read_count(&now))
		return 0;
	return now > progress.before ? now - progress.before :
				       progress.before - now;
}

static void draw(__u64 done)
{
	static const char full[] = "########################";
	double seconds = (now_ns() - progress.began) / 1e9;
	char rate[32] = "", left[48] = "";
	int filled;

	if (done > progress.blocks)
		done = progress.blocks;
	filled = progress.blocks ? done * BAR / progress.blocks : BAR;
	if (done && seconds > 0) {
		size_to_human(rate, sizeof(rate),
			      done * progress.block_size / seconds);
		snprintf(left, sizeof(left), ", %s/s, %.0f s left", rate,
			 (progress.blocks - done) * seconds / done);
	}
	if (session_interrupted())
		snprintf(left, sizeof(left), ", putting back");
	fprintf(stderr, "\r%s: %s [%.*s%*s] %llu/%llu blocks%s\033[K",
		progress.device, progress.verb, filled, full, BAR - filled, "",
		done, progress.blocks, left);
	fflush(stderr);
	progress.drawn = true;
}

/* Sleep until it is time to look again; true when there is no need to. */
static bool wait_for(long long ns)
{
	long long until = now_ns() + ns;
	struct timespec at = {
		.tv_sec = until / 1000000000,
		.tv_nsec = until % 1000000000,
	};
	bool stop;
	int rc = 0;

	pthread_mutex_lock(&progress.lock);
	while (!progress.stop && !rc)
		rc = pthread_cond_timedwait(&progress.wake, &progress.lock,
					    &at);
	stop = progress.stop;
	pthread_mutex_unlock(&progress.lock);
	return stop;
}

static void *run(void *arg)
{
	long long pause = INTERVAL_NS, took;

	while (!wait_for(pause)) {
		took = now_ns();
		draw(blocks_done());
		took = now_ns() - took;
		pause = took * MAX_SHARE > INTERVAL_NS ? took * MAX_SHARE :
							 INTERVAL_NS;
	}
	return NULL;
}

void progress_begin(const char *device, const char *verb, __u64 blocks,
		    __u64 block_size)
{
	pthread_condattr_t attr;
	sigset_t all, before;

	if (talk() != TALK_NORMAL || !isatty(STDERR_FILENO))
		return;
	progress.stop = false;
	progress.drawn = false;
	progress.device = device;
	progress.verb = verb;
	progress.blocks = blocks;
	progress.block_size = block_size;
	progress.steps = 0;
	progress.began = now_ns();
	progress.counted = read_count(&progress.before);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&progress.wake, &attr);
	pthread_condattr_destroy(&attr);
	/* signals are for the thread that changes things */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	progress.running = !pthread_create(&progress.thread, NULL, run, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void progress_end(void)
{
	if (!progress.running)
		return;
	pthread_mutex_lock(&progress.lock);
	progress.stop = true;
	pthread_cond_signal(&progress.wake);
	pthread_mutex_unlock(&progress.lock);
	pthread_join(progress.thread, NULL);
	pthread_cond_destroy(&progress.wake);
	progress.running = false;
	if (progress.drawn)
		fputs("\r\033[K", stderr);
}

void progress_step(void)
{
	__atomic_add_fetch(&progress.steps, 1, __ATOMIC_RELAXED);
}
