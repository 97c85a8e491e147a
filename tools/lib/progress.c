// SPDX-License-Identifier: GPL-2.0-only
/*
 * A progress bar on the terminal. A thread draws it, because the write to
 * "state" is one system call that may take minutes and defers most signals.
 * Meanwhile the driver's counters in kmem/ say how far it is.
 */
#include "lib/progress.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/path.h"
#include "lib/signals.h"

#define KMEM "/sys/bus/dax/devices/%s/kmem/"
#define NS 1000000000LL
/* To read the counters may take 1 % of a CPU, but the bar must keep moving. */
#define MIN_INTERVAL (NS / 5)
#define MAX_INTERVAL NS
#define WIDTH 24

static struct progress {
	pthread_t thread;
	sem_t stop;
	bool running;
	bool drawn;
	const char *device;
	enum direction direction;
	__u64 blocks;		/* to online or to offline */
	__u64 block_size;
	__u64 steps;		/* what progress_step() counted */
	__u64 (*moved)(void);	/* bytes; NULL: blocks change */
	__u64 present;		/* kmem/present_blocks before */
	char error[80];		/* kmem/last_error before */
	const char *verb;	/* of the phase drawn last */
	long long phase_began;
} bar;

struct reading {
	const char *verb;
	__u64 done, of;		/* blocks of this phase */
	__u64 part, whole;	/* of the bar */
	bool back;		/* the driver undoes what it did */
};

static long long clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * NS + now.tv_nsec;
}

static __u64 less(__u64 a, __u64 b)
{
	return a > b ? a - b : 0;
}

static void read_error(char *error, size_t size)
{
	if (path_read(error, size, KMEM "last_error", bar.device))
		*error = '\0';
}

/* The error of an earlier change stays until this one takes its first step. */
static bool goes_back(void)
{
	char error[sizeof(bar.error)];

	read_error(error, sizeof(error));
	if (!*error)
		bar.error[0] = '\0';
	return strcmp(error, bar.error);
}

/* The driver adds all blocks, then onlines them. */
static void read_plug(struct reading *now, __u64 online, __u64 present)
{
	bool adding = present < bar.blocks;

	now->verb = adding ? "adding" : "onlining";
	now->done = adding ? present : online;
	now->part = less(present, bar.present) + online;
	now->whole = less(bar.blocks, bar.present) + bar.blocks;
}

/* It offlines all, then removes them. */
static void read_unplug(struct reading *now, __u64 online, __u64 present)
{
	bool removing = !online && bar.present;

	now->verb = removing ? "removing" : "offlining";
	now->of = removing ? bar.present : bar.blocks;
	now->done = removing ? less(bar.present, present) :
			       less(bar.blocks, online);
	now->part = less(bar.blocks, online) + less(bar.present, present);
	now->whole = bar.blocks + bar.present;
}

static struct reading read_progress(void)
{
	__u64 online, present;
	struct reading now = { .of = bar.blocks, .whole = bar.blocks };

	if (bar.moved) {
		now.verb = "moving";
		now.done = bar.moved();
		now.part = now.done;
	} else if (!path_read_u64(&online, 10, KMEM "online_blocks", bar.device)) {
		/* a driver that does not tell: as if all were added before */
		if (path_read_u64(&present, 10, KMEM "present_blocks",
				  bar.device))
			present = bar.present;
		if (bar.direction == ONLINING)
			read_plug(&now, online, present);
		else
			read_unplug(&now, online, present);
		now.back = goes_back();
	} else {
		now.verb = bar.direction == ONLINING ? "onlining" : "offlining";
		now.done = __atomic_load_n(&bar.steps, __ATOMIC_RELAXED);
		now.part = now.done;
	}
	return now;
}

/* How long it takes to add memory says nothing about onlining it. */
static void form_rate(char *buf, size_t size, const struct reading *now)
{
	long long took = clock_ns(CLOCK_MONOTONIC) - bar.phase_began;
	double seconds = took / (double)NS;
	int used;

	*buf = '\0';
	if (!now->done || now->done > now->of || seconds < 0.1 ||
	    stop_requested())
		return;
	used = snprintf(buf, size, ", %s/s",
			human(now->done * bar.block_size / seconds));
	if (strcmp(now->verb, "adding"))
		snprintf(buf + used, size - used, ", %.0f s left",
			 (now->of - now->done) * seconds / now->done);
}

static void draw(const struct reading *now)
{
	static const char full[] = "########################";
	__u64 part = now->part < now->whole ? now->part : now->whole;
	int filled = now->whole ? part * WIDTH / now->whole : 0;
	char rate[80];

	if (bar.verb && strcmp(bar.verb, now->verb))
		bar.phase_began = clock_ns(CLOCK_MONOTONIC);
	bar.verb = now->verb;
	fprintf(stderr, "\r%s: %s [%.*s%*s] ", bar.device,
		now->back ? "putting back" :
		stop_requested() ? "stopping" : now->verb, filled, full,
		WIDTH - filled, "");
	form_rate(rate, sizeof(rate), now);
	if (bar.moved)
		fprintf(stderr, "%s/%s%s", human(now->done), human(now->of),
			rate);
	else if (!now->back)
		fprintf(stderr, "%llu/%llu blocks%s", now->done, now->of, rate);
	fputs("\033[K", stderr);
	fflush(stderr);
	bar.drawn = true;
}

static void *run(void *arg)
{
	long long interval = MIN_INTERVAL, until, took;
	struct reading now;
	struct timespec at;

	for (;;) {
		until = clock_ns(CLOCK_MONOTONIC) + interval;
		at.tv_sec = until / NS;
		at.tv_nsec = until % NS;
		if (!sem_clockwait(&bar.stop, CLOCK_MONOTONIC, &at))
			return NULL;
		took = clock_ns(CLOCK_THREAD_CPUTIME_ID);
		now = read_progress();
		took = clock_ns(CLOCK_THREAD_CPUTIME_ID) - took;
		interval = took * 100;
		if (interval < MIN_INTERVAL)
			interval = MIN_INTERVAL;
		if (interval > MAX_INTERVAL)
			interval = MAX_INTERVAL;
		draw(&now);
	}
}

static void begin(const struct progress *what)
{
	sigset_t all, before;

	if (talk != TALK_NORMAL || !isatty(STDERR_FILENO))
		return;
	bar = *what;
	if (path_read_u64(&bar.present, 10, KMEM "present_blocks", bar.device))
		bar.present = bar.direction == ONLINING ? bar.blocks : 0;
	read_error(bar.error, sizeof(bar.error));
	bar.phase_began = clock_ns(CLOCK_MONOTONIC);
	sem_init(&bar.stop, 0, 0);
	/* signals are for the thread that changes things */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	bar.running = !pthread_create(&bar.thread, NULL, run, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void progress_begin(const char *device, enum direction direction, __u64 blocks,
		    __u64 block_size)
{
	struct progress what = {
		.device = device, .direction = direction,
		.blocks = blocks, .block_size = block_size,
	};

	begin(&what);
}

void progress_begin_move(const char *device, __u64 bytes,
			 __u64 (*moved)(void))
{
	struct progress what = {
		.device = device, .blocks = bytes, .block_size = 1,
		.moved = moved,
	};

	begin(&what);
}

void progress_end(void)
{
	if (!bar.running)
		return;
	sem_post(&bar.stop);
	pthread_join(bar.thread, NULL);
	sem_destroy(&bar.stop);
	bar.running = false;
	if (bar.drawn)
		fputs("\r\033[K", stderr);
}

void progress_step(void)
{
	__atomic_add_fetch(&bar.steps, 1, __ATOMIC_RELAXED);
}
