// SPDX-License-Identifier: GPL-2.0-only
/*
 * What holds while kmemctl changes things: a lock file, which tells the next one
 * what is to be put back if we are killed, and signal handlers that only take a
 * note.
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

#include "settings.h"
#include "sysfs.h"

/* A pid, and a line for each setting that is on hold. */
#define NOTE_SIZE 256

static const int stop_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

static int lock_fd = -1;
static int caught;
static unsigned int time_limit;
static bool term_ignored;	/* by whoever started us */
static bool undoing;
static sigset_t before_undo;

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

static int lock_path(char *path, size_t size)
{
	return sysfs_path(path, size, "/run/kmemctl.lock");
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

/* Whenever we are killed, what is there can be read. */
void session_note(const char *text)
{
	char note[NOTE_SIZE];
	int len;

	/* a dry run changes nothing that would have to be put back */
	if (lock_fd < 0 || sysfs_diverted())
		return;
	len = snprintf(note, sizeof(note), "%d\n%s", getpid(), text);
	if (pwrite(lock_fd, note, len, 0) != len || ftruncate(lock_fd, len))
		fprintf(stderr,
			"kmemctl: cannot write /run/kmemctl.lock: %s; if kmemctl is killed now, put back auto_online_blocks and bind_state by hand\n",
			strerror(errno));
}

/* Whether whoever had the lock before could not put back what it changed. */
static bool find_left(int fd, char *text, size_t size)
{
	char note[NOTE_SIZE], left[200];
	ssize_t len = pread(fd, note, sizeof(note) - 1, 0);
	char *end;

	note[len > 0 ? len : 0] = '\0';
	end = strchr(note, '\n');
	if (!end || !settings_adopt(end + 1))
		return false;
	*end = '\0';
	settings_text(left, sizeof(left));
	snprintf(text, size, "a kmemctl that was killed (pid %.10s) left %s",
		 note, left);
	return true;
}

static int put_back_left(bool dry_run)
{
	char text[300];
	int rc;

	if (!find_left(lock_fd, text, sizeof(text)))
		return 0;
	if (dry_run) {
		fprintf(stderr, "kmemctl: %s; this would be put back first\n",
			text);
		/* what is noted stays */
		lock_fd = -1;
		return 0;
	}
	rc = settings_release();
	if (!rc)
		fprintf(stderr, "kmemctl: %s; put back\n", text);
	return rc;
}

bool session_left(char *text, size_t size)
{
	char path[PATH_MAX];
	bool left = false;
	int fd;

	if (lock_path(path, sizeof(path)))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	/* with the lock taken it is not left but at work */
	if (!flock(fd, LOCK_SH | LOCK_NB))
		left = find_left(fd, text, size);
	close(fd);
	return left;
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

int session_begin(unsigned int limit, bool dry_run)
{
	char path[PATH_MAX];
	int fd, rc = 0;

	catch_signals();
	sysfs_end_writes_when(session_check);
	session_time_limit(limit);
	if (lock_path(path, sizeof(path)))
		return fail(EX_FAILED, NULL, "lock file: name too long");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fail(EX_FAILED, what_next(-errno), "lock file %s: %s",
			    path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB))
		rc = wait_for_lock(fd, path);
	if (rc)
		return rc;
	/* The descriptor stays open, and the lock ours, until we exit. */
	lock_fd = fd;
	rc = put_back_left(dry_run);
	settings_note();
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
