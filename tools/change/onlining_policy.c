// SPDX-License-Identifier: GPL-2.0-only
/*
 * Settings of the kernel that are ours around a bind: what they were is noted
 * before they change, so that the next kmemctl can put them back if we are
 * killed.
 */
#include "change/onlining_policy.h"

#include <stdio.h>
#include <string.h>

#include "change/module.h"
#include "lib/lock.h"
#include "lib/path.h"
#include "lib/util.h"

static struct setting {
	const char *name;
	const char *path;
	char before[32];	/* empty: not on hold */
	char held[32];
} settings[] = {
	{ .name = "auto_online_blocks",
	  .path = "/sys/devices/system/memory/auto_online_blocks" },
	{ .name = "bind_state",
	  .path = "/sys/module/kmem/parameters/bind_state" },
};

#define NR_SETTINGS (sizeof(settings) / sizeof(*settings))

/* Before anything is written: killed in between, there is nothing to put back. */
void onlining_policy_note(void)
{
	const struct setting *set;
	char text[200] = "";
	size_t len = 0;

	for (set = settings; set < settings + NR_SETTINGS; set++)
		if (*set->before)
			len += snprintf(text + len, sizeof(text) - len,
					"%s %s %s\n", set->name, set->before,
					set->held);
	lock_note(text);
}

static struct setting *find(const char *name)
{
	struct setting *set;

	for (set = settings; set < settings + NR_SETTINGS; set++)
		if (!strcmp(set->name, name))
			return set;
	return NULL;
}

/* What has changed again since was somebody's wish. */
bool onlining_policy_adopt(const char *note)
{
	char name[32], before[32], held[32], now[32];
	struct setting *set;
	bool any = false;

	while (*note) {
		set = sscanf(note, "%31s %31s %31s", name, before, held) == 3 ?
		      find(name) : NULL;
		if (set && !path_read(now, sizeof(now), "%s", set->path) &&
		    !strcmp(now, held)) {
			memcpy(set->before, before, sizeof(before));
			memcpy(set->held, held, sizeof(held));
			any = true;
		}
		note += strcspn(note, "\n");
		note += *note == '\n';
	}
	return any;
}

void onlining_policy_text(char *buf, size_t size)
{
	const struct setting *set;
	size_t len = 0;

	*buf = '\0';
	for (set = settings; set < settings + NR_SETTINGS && len < size; set++)
		if (*set->before)
			len += snprintf(buf + len, size - len,
					"%s%s=%s, which was %s",
					len ? " and " : "", set->name,
					set->held, set->before);
}

static int setting_write(const struct setting *set, const char *value)
{
	char now[sizeof(set->before)];
	int rc;

	rc = path_write(value, "%s", set->path);
	if (!rc)
		rc = path_read(now, sizeof(now), "%s", set->path);
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

	rc = path_read(now, sizeof(now), "%s", set->path);
	if (rc)
		return fail(EX_FAILED, next, "%s: %s", set->name, why(rc));
	if (!strcmp(now, value))
		return 0;
	if (!*set->before)
		memcpy(set->before, now, sizeof(now));
	snprintf(set->held, sizeof(set->held), "%s", value);
	onlining_policy_note();
	return setting_write(set, value);
}

int onlining_policy_hold(bool present)
{
	if (dax_kmem_loaded())
		return setting_hold(&settings[1],
				    present ? "offline" : "unplugged", SEE_DMESG);
	return setting_hold(&settings[0], "offline",
			    "check that the kernel has CONFIG_MEMORY_HOTPLUG");
}

int onlining_policy_release(void)
{
	struct setting *set;
	bool any = false;
	int rc, failed = 0;

	for (set = settings; set < settings + NR_SETTINGS; set++) {
		char now[sizeof(set->before)];

		if (!*set->before)
			continue;
		any = true;
		/* the hold itself may have failed */
		rc = path_read(now, sizeof(now), "%s", set->path);
		if (rc || strcmp(now, set->before))
			rc = setting_write(set, set->before);
		if (rc)
			failed = rc;
		else
			*set->before = '\0';
	}
	if (any)
		onlining_policy_note();
	return failed;
}

const char *onlining_policy_held(void)
{
	const struct setting *set;

	for (set = settings; set < settings + NR_SETTINGS; set++)
		if (*set->before)
			return set->name;
	return NULL;
}
