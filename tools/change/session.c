// SPDX-License-Identifier: GPL-2.0-only
/*
 * Around all changes: the lock, signals, and the policy for new memory while a
 * device is bound, which is auto_online_blocks of the system, or bind_state of
 * dax-kmem. Their former values are noted in the lock file first, so that the
 * next kmemctl restores them if this one is killed.
 */
#include "change/change.h"

#include <stdio.h>
#include <string.h>

#include "lib/path.h"
#include "lib/signals.h"

static struct parameter {
	const char *name;
	const char *path;
	char before[32];	/* empty: kmemctl has not changed it */
	char held[32];
} parameters[] = {
	{ .name = "auto_online_blocks",
	  .path = "/sys/devices/system/memory/auto_online_blocks" },
	{ .name = "bind_state",
	  .path = "/sys/module/kmem/parameters/bind_state" },
};

#define END (parameters + sizeof(parameters) / sizeof(*parameters))

static void note_former_values(void)
{
	const struct parameter *param;
	char text[200] = "";
	size_t len = 0;

	for (param = parameters; param < END; param++)
		if (*param->before)
			len += snprintf(text + len, sizeof(text) - len,
					"%s %s %s\n", param->name,
					param->before, param->held);
	lock_note(text);
}

static int write_parameter(const struct parameter *param, const char *value)
{
	char now[sizeof(param->before)];
	int rc;

	rc = path_write(value, "%s", param->path);
	if (!rc)
		rc = path_read(now, sizeof(now), "%s", param->path);
	if (rc)
		return fail(EX_FAILED, what_next(rc),
			    "%s: cannot write '%s': %s", param->name, value,
			    why(rc));
	if (strcmp(now, value))
		return fail(EX_FAILED, SEE_DMESG,
			    "%s: wrote '%s', reads '%s'", param->name, value,
			    now);
	return 0;
}

int onlining_policy_hold(bool present)
{
	bool ours = dax_kmem_loaded();
	const char *value = ours && !present ? "unplugged" : "offline";
	struct parameter *param = &parameters[ours];
	char now[sizeof(param->before)];
	int rc;

	rc = path_read(now, sizeof(now), "%s", param->path);
	if (rc)
		return fail(EX_FAILED, ours ? SEE_DMESG :
			    "check that the kernel has CONFIG_MEMORY_HOTPLUG",
			    "%s: %s", param->name, why(rc));
	if (!strcmp(now, value))
		return 0;
	if (!*param->before)
		memcpy(param->before, now, sizeof(now));
	snprintf(param->held, sizeof(param->held), "%s", value);
	note_former_values();
	return write_parameter(param, value);
}

int onlining_policy_release(void)
{
	char now[sizeof(parameters->before)];
	struct parameter *param;
	int one, rc = 0;

	for (param = parameters; param < END; param++) {
		if (!*param->before)
			continue;
		/* the write of hold() may have failed */
		one = path_read(now, sizeof(now), "%s", param->path);
		if (one || strcmp(now, param->before))
			one = write_parameter(param, param->before);
		if (!one)
			*param->before = '\0';
		rc |= one;
		note_former_values();
	}
	return rc;
}

const char *onlining_policy_held(void)
{
	const struct parameter *param;

	for (param = parameters; param < END; param++)
		if (*param->before)
			return param->name;
	return NULL;
}

/*
 * Takes over the note that a killed kmemctl left, so that a release writes the
 * former values back. A setting that has changed since is left out. The others
 * are described in text; false: no setting is left to write back.
 */
static bool adopt(const struct lock_note *left, char *text, size_t size)
{
	char name[32], before[32], held[32], now[32];
	const char *line, *and = "";
	struct parameter *param;
	size_t len;

	len = snprintf(text, size, "a kmemctl that was killed (pid %s) left ",
		       left->pid);
	for (line = left->text; *line;
	     line += strcspn(line, "\n"), line += *line == '\n') {
		if (sscanf(line, "%31s %31s %31s", name, before, held) != 3)
			continue;
		for (param = parameters; param < END; param++) {
			if (strcmp(param->name, name) ||
			    path_read(now, sizeof(now), "%s", param->path) ||
			    strcmp(now, held) || len >= size)
				continue;
			memcpy(param->before, before, sizeof(before));
			memcpy(param->held, held, sizeof(held));
			len += snprintf(text + len, size - len,
					"%s%s=%s, which was %s", and, name,
					held, before);
			and = " and ";
		}
	}
	return *and;
}

bool session_left(char *text, size_t size)
{
	struct lock_note left;

	return lock_left(&left) && adopt(&left, text, size);
}

int session_begin(unsigned int limit, bool is_dry_run)
{
	struct lock_note left;
	char text[300];
	int rc;

	signals_catch();
	path_end_writes_when(stop_check);
	stop_time_limit(limit);
	rc = lock_take(&left);
	if (rc)
		return rc;
	if (adopt(&left, text, sizeof(text))) {
		if (is_dry_run)
			lock_keep_note();
		else
			rc = onlining_policy_release();
		if (!rc)
			fprintf(stderr, "kmemctl: %s; %s\n", text, is_dry_run ?
				"this would be put back first" : "put back");
	}
	note_former_values();
	return rc;
}
