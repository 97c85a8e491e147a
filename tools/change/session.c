// SPDX-License-Identifier: GPL-2.0-only
/*
 * Before the first change: takes the lock, catches signals, and restores what a
 * kmemctl that was killed has left changed.
 */
#include "change/session.h"

#include <stdio.h>

#include "change/onlining_policy.h"
#include "lib/lock.h"
#include "lib/path.h"
#include "lib/signals.h"

static bool adopt(const struct lock_note *left, char *text, size_t size)
{
	int len = snprintf(text, size,
			   "a kmemctl that was killed (pid %s) left ",
			   left->pid);

	return onlining_policy_adopt(left->text, text + len, size - len);
}

static int put_back(const struct lock_note *left, bool is_dry_run)
{
	char text[300];
	int rc;

	if (!adopt(left, text, sizeof(text)))
		return 0;
	if (is_dry_run) {
		fprintf(stderr, "kmemctl: %s; this would be put back first\n",
			text);
		lock_keep_note();
		return 0;
	}
	rc = onlining_policy_release();
	if (!rc)
		fprintf(stderr, "kmemctl: %s; put back\n", text);
	return rc;
}

bool session_left(char *text, size_t size)
{
	struct lock_note left;

	return lock_left(&left) && adopt(&left, text, size);
}

int session_begin(unsigned int limit, bool is_dry_run)
{
	struct lock_note left;
	int rc;

	signals_catch();
	path_end_writes_when(stop_check);
	stop_time_limit(limit);
	rc = lock_take(&left);
	if (rc)
		return rc;
	rc = put_back(&left, is_dry_run);
	onlining_policy_note();
	return rc;
}
