// SPDX-License-Identifier: GPL-2.0-only
/*
 * The policy for new memory, while a device is bound: auto_online_blocks of the
 * system, or bind_state of dax-kmem. Their former values are noted in the lock
 * file first, so that the next kmemctl restores them if this one is killed.
 */
#include "change/onlining_policy.h"

#include <stdio.h>
#include <string.h>

#include "change/module.h"
#include "lib/lock.h"
#include "lib/path.h"
#include "lib/util.h"

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

static int hold(struct parameter *param, const char *value, const char *next)
{
	char now[sizeof(param->before)];
	int rc;

	rc = path_read(now, sizeof(now), "%s", param->path);
	if (rc)
		return fail(EX_FAILED, next, "%s: %s", param->name, why(rc));
	if (!strcmp(now, value))
		return 0;
	if (!*param->before)
		memcpy(param->before, now, sizeof(now));
	snprintf(param->held, sizeof(param->held), "%s", value);
	onlining_policy_note();
	return write_parameter(param, value);
}

int onlining_policy_hold(bool present)
{
	if (dax_kmem_loaded())
		return hold(&parameters[1], present ? "offline" : "unplugged",
			    SEE_DMESG);
	return hold(&parameters[0], "offline",
		    "check that the kernel has CONFIG_MEMORY_HOTPLUG");
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
		onlining_policy_note();
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

void onlining_policy_note(void)
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

bool onlining_policy_adopt(const char *note, char *text, size_t size)
{
	char name[32], before[32], held[32], now[32];
	struct parameter *param;
	size_t len = 0;

	for (; *note; note += strcspn(note, "\n"), note += *note == '\n') {
		if (sscanf(note, "%31s %31s %31s", name, before, held) != 3)
			continue;
		for (param = parameters; param < END; param++) {
			if (strcmp(param->name, name) ||
			    path_read(now, sizeof(now), "%s", param->path) ||
			    strcmp(now, held) || len >= size)
				continue;
			memcpy(param->before, before, sizeof(before));
			memcpy(param->held, held, sizeof(held));
			len += snprintf(text + len, size - len,
					"%s%s=%s, which was %s",
					len ? " and " : "", name, held, before);
		}
	}
	return len;
}
