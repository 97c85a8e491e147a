// SPDX-License-Identifier: GPL-2.0-only
/*
 * What holds while kmemctl changes things: a lock file, signal handlers that
 * only take a note, and settings of the kernel that are ours around a bind.
 */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "sysfs.h"

static const int stop_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

static int caught;
static unsigned int time_limit;
static bool term_ignored;	/* by whoever started us */
static bool undoing;
static sigset_t before_undo;

static struct setting {
	const char *name;
	const char *path;
	char before[32];	/* empty: not on hold */
} settings[] = {
	{ .name = "auto_online_blocks",
	  .path = "/sys/devices/system/memory/auto_online_blocks" },
	{ .name = "bind_state",
	  .path = "/sys/module/kmem/parameters/bind_state" },
};

#define NR_SETTINGS (sizeof(settings) / sizeof(*settings))

/* SIGALRM stands for the time limit, which itself comes as SIGTERM. */
static void note_signal(int sig, siginfo_t *info, void *context)
{
	bool timer = info->si_code == SI_TIMER;

	if (sig == SIGTERM && !timer && term_ignored)
		return;
	if (!timer || !__atomic_load_n(&caught, __ATOMIC_RELAXED))
		__atomic_store_n(&caught, timer ? SIGALRM : sig,
				 __ATOMIC_RELAXED);
}

bool session_interrupted(void)
{
	return !undoing && __atomic_load_n(&caught, __ATOMIC_RELAXED);
}

bool session_timed_out(void)
{
	return __atomic_load_n(&caught, __ATOMIC_RELAXED) == SIGALRM;
}

/*
 * A signal that the drivers heed too, and every second from then on: the first
 * may come between a look at it and the write that it should cut short.
 */
void session_time_limit(unsigned int seconds)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGTERM,
	};
	struct itimerspec when = {
		.it_value.tv_sec = seconds, .it_interval.tv_sec = !!seconds,
	};
	static timer_t timer;
	static bool made;

	if (!made && !seconds)
		return;
	if (!made)
		made = !timer_create(CLOCK_MONOTONIC, &event, &timer);
	if (made)
		timer_settime(timer, 0, &when, NULL);
	time_limit = seconds;
	if (session_timed_out())
		__atomic_store_n(&caught, 0, __ATOMIC_RELAXED);
}

int session_check(void)
{
	if (!session_interrupted())
		return 0;
	if (session_timed_out())
		return fail(EX_TIME, "give it more, or stop what uses its memory",
			    "the time limit of %u s is over", time_limit);
	return fail(EX_FAILED, NULL, "stopped: %s",
		    strsignal(__atomic_load_n(&caught, __ATOMIC_RELAXED)));
}

/*
 * Those that ask us to stop take a note. No SA_RESTART: a block that takes for
 * ever to go offline must let go. All others have to wait, but for Ctrl-Z.
 */
static void catch_signals(void)
{
	struct sigaction action = {
		.sa_sigaction = note_signal, .sa_flags = SA_SIGINFO,
	};
	struct sigaction old;
	sigset_t others;
	size_t i;

	sigfillset(&others);
	sigdelset(&others, SIGTSTP);
	for (i = 0; i < sizeof(stop_signals) / sizeof(*stop_signals); i++) {
		sigdelset(&others, stop_signals[i]);
		sigaction(stop_signals[i], NULL, &old);
		if (stop_signals[i] == SIGTERM)
			term_ignored = old.sa_handler == SIG_IGN;
		/* nohup must go on working */
		if (old.sa_handler != SIG_IGN || stop_signals[i] == SIGTERM)
			sigaction(stop_signals[i], &action, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &others, NULL);
}

/* Whoever has the lock says in the file who it is. */
static void say_who_has_it(int fd)
{
	char pid[16];
	ssize_t len = pread(fd, pid, sizeof(pid) - 1, 0);

	pid[len > 0 ? len : 0] = '\0';
	pid[strspn(pid, "0123456789")] = '\0';
	fprintf(stderr, "kmemctl: waiting for another kmemctl%s%s%s to finish\n",
		*pid ? " (pid " : "", pid, *pid ? ")" : "");
}

static void say_that_we_have_it(int fd)
{
	if (ftruncate(fd, 0) || dprintf(fd, "%d\n", getpid()) < 0)
		return;
}

static int wait_for_lock(int fd, const char *path)
{
	int rc;

	say_who_has_it(fd);
	while (flock(fd, LOCK_EX)) {
		rc = session_check();
		if (rc)
			return rc;
		if (errno != EINTR)
			return fail(EX_FAILED, NULL, "lock file %s: %s", path,
				    strerror(errno));
	}
	return 0;
}

int session_begin(unsigned int limit)
{
	char path[PATH_MAX];
	int fd, rc = 0;

	catch_signals();
	sysfs_end_writes_when(session_check);
	session_time_limit(limit);
	if (sysfs_path(path, sizeof(path), "/run/kmemctl.lock"))
		return fail(EX_FAILED, NULL, "lock file: name too long");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fail(EX_FAILED, what_next(-errno), "lock file %s: %s",
			    path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB))
		rc = wait_for_lock(fd, path);
	if (!rc)
		say_that_we_have_it(fd);
	/* The descriptor stays open, and the lock ours, until we exit. */
	return rc;
}

void session_undo_begin(void)
{
	sigset_t all;

	undoing = true;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before_undo);
}

void session_undo_end(void)
{
	undoing = false;
	sigprocmask(SIG_SETMASK, &before_undo, NULL);
}

static int setting_write(const struct setting *set, const char *value)
{
	char now[sizeof(set->before)];
	int rc;

	rc = sysfs_write(value, "%s", set->path);
	if (!rc)
		rc = sysfs_read(now, sizeof(now), "%s", set->path);
	if (rc)
		return fail(EX_FAILED, what_next(rc),
			    "%s: cannot write '%s': %s", set->name, value,
			    why(rc));
	if (strcmp(now, value))
		return fail(EX_FAILED, SEE_DMESG,
			    "%s: wrote '%s', reads '%s'", set->name, value,
			    now);
	return 0;
}

static int setting_hold(struct setting *set, const char *value,
			const char *next)
{
	char now[sizeof(set->before)];
	int rc;

	rc = sysfs_read(now, sizeof(now), "%s", set->path);
	if (rc)
		return fail(EX_FAILED, next, "%s: %s", set->name, why(rc));
	if (!strcmp(now, value))
		return 0;
	if (!*set->before)
		memcpy(set->before, now, sizeof(now));
	return setting_write(set, value);
}

int policy_hold(void)
{
	return setting_hold(&settings[0], "offline",
			    "check that the kernel has CONFIG_MEMORY_HOTPLUG");
}

bool bind_state_exists(void)
{
	return sysfs_exists("%s", settings[1].path);
}

int bind_state_hold(const char *word)
{
	return setting_hold(&settings[1], word, SEE_DMESG);
}

int settings_release(void)
{
	struct setting *set;
	int rc, failed = 0;

	for (set = settings; set < settings + NR_SETTINGS; set++) {
		char now[sizeof(set->before)];

		if (!*set->before)
			continue;
		/* the hold itself may have failed */
		rc = sysfs_read(now, sizeof(now), "%s", set->path);
		if (rc || strcmp(now, set->before))
			rc = setting_write(set, set->before);
		if (rc)
			failed = rc;
		else
			*set->before = '\0';
	}
	return failed;
}

const char *setting_on_hold(void)
{
	const struct setting *set;

	for (set = settings; set < settings + NR_SETTINGS; set++)
		if (*set->before)
			return set->name;
	return NULL;
}
