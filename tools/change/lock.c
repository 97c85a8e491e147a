// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lock file that keeps a second kmemctl from changing things. It holds the
 * pid of its owner, and a note for the next owner if this one is killed.
 */
#include "change/change.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/path.h"
#include "lib/signals.h"

static int lock_fd = -1;

#define LOCK_FILE "/run/kmemctl.lock"

/* Whenever we are killed, what is there can be read. */
void lock_note(const char *text)
{
	char note[LOCK_NOTE_SIZE];
	int len;

	/* a dry run changes nothing that would have to be put back */
	if (lock_fd < 0 || dry_run)
		return;
	len = snprintf(note, sizeof(note), "%d\n%s", getpid(), text);
	if (pwrite(lock_fd, note, len, 0) != len || ftruncate(lock_fd, len))
		fprintf(stderr,
			"kmemctl: cannot write /run/kmemctl.lock: %s; if kmemctl is killed now, put back auto_online_blocks and bind_state by hand\n",
			strerror(errno));
}

static bool read_note(int fd, struct lock_note *left)
{
	char text[LOCK_NOTE_SIZE], *end;
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

	memset(left, 0, sizeof(*left));
	text[len > 0 ? len : 0] = '\0';
	end = strchr(text, '\n');
	if (!end)
		return false;
	*end = '\0';
	snprintf(left->pid, sizeof(left->pid), "%.10s", text);
	snprintf(left->text, sizeof(left->text), "%s", end + 1);
	return true;
}

bool lock_left(struct lock_note *left)
{
	int fd = open(path_of(LOCK_FILE), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool found = false;

	if (fd < 0)
		return false;
	/* with the lock taken its owner is at work */
	if (!flock(fd, LOCK_SH | LOCK_NB))
		found = read_note(fd, left);
	close(fd);
	return found;
}

static int lock_failed(const char *next)
{
	return fail(EX_FAILED, next, "lock file %s: %s", path_of(LOCK_FILE),
		    strerror(errno));
}

static int wait_for_lock(int fd)
{
	struct lock_note owner;
	int rc;

	read_note(fd, &owner);
	owner.pid[strspn(owner.pid, "0123456789")] = '\0';
	fprintf(stderr, "kmemctl: waiting for another kmemctl%s%s%s to finish\n",
		*owner.pid ? " (pid " : "", owner.pid, *owner.pid ? ")" : "");
	while (flock(fd, LOCK_EX)) {
		rc = stop_check();
		if (rc)
			return rc;
		if (errno != EINTR)
			return lock_failed(NULL);
	}
	return 0;
}

int lock_take(struct lock_note *left)
{
	int fd, rc = 0;

	fd = open(path_of(LOCK_FILE),
		  O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return lock_failed(what_next(-errno));
	if (flock(fd, LOCK_EX | LOCK_NB))
		rc = wait_for_lock(fd);
	if (rc)
		return rc;
	/* The descriptor stays open, and the lock ours, until we exit. */
	lock_fd = fd;
	read_note(fd, left);
	return 0;
}

void lock_keep_note(void)
{
	lock_fd = -1;
}
