// SPDX-License-Identifier: GPL-2.0-only
/*
 * How far it is, on the terminal. A thread draws, since a write to "state" is
 * one long call: our driver counts the blocks meanwhile, else the caller does.
 */
#include "lib/progress.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/path.h"
#include "lib/signals.h"

#define INTERVAL_NS 200000000LL
/* A look may take this share of a CPU, but a bar must not stand still for long. */
#define MAX_SHARE 100
#define MAX_INTERVAL_NS 1000000000LL
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
} bar = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
};

static long long clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static long long now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static bool read_count(__u64 *count)
{
	return !path_read_u64(count, 10,
			       "/sys/bus/dax/devices/%s/kmem/online_blocks",
			       bar.device);
}

static __u64 blocks_done(void)
{
	__u64 now;

	if (!bar.counted)
		return __atomic_load_n(&bar.steps, __ATOMIC_RELAXED);
	if (!read_count(&now))
		return 0;
	return now > bar.before ? now - bar.before :
				       bar.before - now;
}

static void draw(__u64 done)
{
	static const char full[] = "########################";
	double seconds = (now_ns() - bar.began) / 1e9;
	char rate[32] = "", left[48] = "";
	int filled;

	if (done > bar.blocks)
		done = bar.blocks;
	filled = bar.blocks ? done * BAR / bar.blocks : BAR;
	if (done && seconds > 0) {
		size_to_human(rate, sizeof(rate),
			      done * bar.block_size / seconds);
		snprintf(left, sizeof(left), ", %s/s, %.0f s left", rate,
			 (bar.blocks - done) * seconds / done);
	}
	if (stop_requested())
		snprintf(left, sizeof(left), ", putting back");
	fprintf(stderr, "\r%s: %s [%.*s%*s] %llu/%llu blocks%s\033[K",
		bar.device, bar.verb, filled, full, BAR - filled, "",
		done, bar.blocks, left);
	fflush(stderr);
	bar.drawn = true;
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

	pthread_mutex_lock(&bar.lock);
	while (!bar.stop && !rc)
		rc = pthread_cond_timedwait(&bar.wake, &bar.lock,
					    &at);
	stop = bar.stop;
	pthread_mutex_unlock(&bar.lock);
	return stop;
}

static void *run(void *arg)
{
	long long pause = INTERVAL_NS, took;

	while (!wait_for(pause)) {
		took = clock_ns(CLOCK_THREAD_CPUTIME_ID);
		draw(blocks_done());
		took = clock_ns(CLOCK_THREAD_CPUTIME_ID) - took;
		pause = took * MAX_SHARE;
		if (pause < INTERVAL_NS)
			pause = INTERVAL_NS;
		if (pause > MAX_INTERVAL_NS)
			pause = MAX_INTERVAL_NS;
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
	bar.stop = false;
	bar.drawn = false;
	bar.device = device;
	bar.verb = verb;
	bar.blocks = blocks;
	bar.block_size = block_size;
	bar.steps = 0;
	bar.began = now_ns();
	bar.counted = read_count(&bar.before);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&bar.wake, &attr);
	pthread_condattr_destroy(&attr);
	/* signals are for the thread that changes things */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	bar.running = !pthread_create(&bar.thread, NULL, run, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void progress_end(void)
{
	if (!bar.running)
		return;
	pthread_mutex_lock(&bar.lock);
	bar.stop = true;
	pthread_cond_signal(&bar.wake);
	pthread_mutex_unlock(&bar.lock);
	pthread_join(bar.thread, NULL);
	pthread_cond_destroy(&bar.wake);
	bar.running = false;
	if (bar.drawn)
		fputs("\r\033[K", stderr);
}

void progress_step(void)
{
	__atomic_add_fetch(&bar.steps, 1, __ATOMIC_RELAXED);
}
