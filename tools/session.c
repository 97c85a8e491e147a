// SPDX-License-Identifier: GPL-2.0-only
/*
 * What holds while kmemctl changes things: a lock file, signal handlers that
 * only take a note, and auto_online_blocks set to "offline" around a bind.
 */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "sysfs.h"

#define POLICY "/sys/devices/system/memory/auto_online_blocks"

static const int stop_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

static int caught;
static bool undoing;
static sigset_t before_undo;
static char held_policy[32];

static void note_signal(int sig)
{
	__atomic_store_n(&caught, sig, __ATOMIC_RELAXED);
}

bool session_interrupted(void)
{
	return !undoing && __atomic_load_n(&caught, __ATOMIC_RELAXED);
}

int session_check(void)
{
	if (!session_interrupted())
		return 0;
	return fail(EX_FAILED, NULL, "stopped: %s",
		    strsignal(__atomic_load_n(&caught, __ATOMIC_RELAXED)));
}

/*
 * Those that ask us to stop take a note. No SA_RESTART: a block that takes for
 * ever to go offline must let go. All others have to wait, but for Ctrl-Z.
 */
static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = note_signal };
	struct sigaction old;
	sigset_t others;
	size_t i;

	sigfillset(&others);
	sigdelset(&others, SIGTSTP);
	for (i = 0; i < sizeof(stop_signals) / sizeof(*stop_signals); i++) {
		sigdelset(&others, stop_signals[i]);
		sigaction(stop_signals[i], NULL, &old);
		/* nohup must go on working */
		if (old.sa_handler != SIG_IGN)
			sigaction(stop_signals[i], &action, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &others, NULL);
}

int session_begin(void)
{
	char path[PATH_MAX];
	int fd;

	catch_signals();
	if (sysfs_path(path, sizeof(path), "/run/kmemctl.lock"))
		return fail(EX_FAILED, NULL, "lock file: name too long");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fail(EX_FAILED, what_next(-errno), "lock file %s: %s",
			    path, strerror(errno));
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return 0;
	fputs("kmemctl: waiting for another kmemctl to finish\n", stderr);
	while (flock(fd, LOCK_EX)) {
		if (session_check())
			return EX_FAILED;
		if (errno != EINTR)
			return fail(EX_FAILED, NULL, "lock file %s: %s", path,
				    strerror(errno));
	}
	/* The descriptor stays open, and the lock ours, until we exit. */
	return 0;
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

static int policy_write(const char *policy)
{
	char now[sizeof(held_policy)];
	int rc;

	rc = sysfs_write(policy, POLICY);
	if (!rc)
		rc = sysfs_read(now, sizeof(now), POLICY);
	if (rc)
		return fail(EX_FAILED, what_next(rc),
			    "auto_online_blocks: cannot write '%s': %s",
			    policy, why(rc));
	if (strcmp(now, policy))
		return fail(EX_FAILED, SEE_DMESG,
			    "auto_online_blocks: wrote '%s', reads '%s'",
			    policy, now);
	return 0;
}

int policy_hold(void)
{
	char now[sizeof(held_policy)];
	int rc;

	rc = sysfs_read(now, sizeof(now), POLICY);
	if (rc)
		return fail(EX_FAILED, "check that the kernel has CONFIG_MEMORY_HOTPLUG",
			    "auto_online_blocks: %s", why(rc));
	if (!strcmp(now, "offline"))
		return 0;
	memcpy(held_policy, now, sizeof(now));
	return policy_write("offline");
}

int policy_release(void)
{
	char now[sizeof(held_policy)];
	int rc = 0;

	if (!*held_policy)
		return 0;
	/* the hold itself may have failed */
	if (sysfs_read(now, sizeof(now), POLICY) || strcmp(now, held_policy))
		rc = policy_write(held_policy);
	if (!rc)
		*held_policy = '\0';
	return rc;
}
