// SPDX-License-Identifier: GPL-2.0-only
/*
 * "apply": bring about what kmemctl.conf says, by what "online" and "offline"
 * do. A mistake anywhere in the configuration, or two sections for one device,
 * and nothing is done at all.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "config.h"
#include "kmem.h"
#include "session.h"
#include "sysfs.h"
#include "targets.h"
#include "undo.h"

/* Read before the first device, for all of them. */
static struct config config;

/* What the configuration says of a device; its identity as text. */
static int find_policy(const char *name, struct policy *policy, char *text,
		       size_t size)
{
	struct identity id;
	struct dax_dev dev;
	int rc;

	memset(policy, 0, sizeof(*policy));
	rc = dax_read(&dev, name);
	if (!rc) {
		identity_read(&id, &dev);
		identity_text(&id, text, size);
		rc = config_find(&config, &id, policy);
	}
	dax_free(&dev);
	return rc;
}

static bool said(const struct policy *policy, enum key key)
{
	return policy->key_line[key];
}

static void to_options(struct options *opts, const struct policy *policy)
{
	if (said(policy, KEY_ZONE)) {
		opts->zone_chosen = true;
		opts->zone = policy->value[KEY_ZONE] == POLICY_NORMAL ?
			     ZONE_NORMAL : ZONE_MOVABLE;
	}
}

/* Only the driver is asked: the memory itself stays offline. */
static int bind_offline(const char *name)
{
	struct snapshot before;
	int rc;

	rc = snapshot_take(&before, name);
	if (!rc && !strcmp(before.dev.driver, KMEM_DRIVER)) {
		printf("%s: already bound to kmem\n", name);
		snapshot_free(&before);
		return EX_DONE;
	}
	if (!rc)
		rc = kmem_can_take(&before.dev, &before.blocks);
	if (!rc)
		rc = kmem_bind_quiet(name, true);
	if (rc)
		rc = snapshot_restore(&before, rc);
	else
		printf("%s: bound to kmem, offline\n", name);
	snapshot_free(&before);
	return rc;
}

/* Last of all: it is the state just reached that nobody else may change. */
static int set_exclusive(const char *name, bool exclusive)
{
	int rc = kmem_exclusive_set(name, exclusive);

	/* what a driver does not know it does not do */
	if (!rc || (rc == -ENOENT && !exclusive))
		return 0;
	if (rc == -ENOENT)
		fail(EX_PARTLY, "install dax-kmem: see 'dkms status'",
		     "its driver does not know exclusive");
	else
		fail(EX_PARTLY, what_next(rc), "cannot write exclusive: %s",
		     why(rc));
	fail_print(name, "the rest is done");
	return EX_PARTLY;
}

static int make_memory(const char *name, const struct policy *policy,
		       const struct options *opts)
{
	struct options wish = *opts;
	int rc;

	to_options(&wish, policy);
	if (said(policy, KEY_DAXCTL_ONLINE) &&
	    !policy->value[KEY_DAXCTL_ONLINE])
		rc = bind_offline(name);
	else
		rc = online_device(name, &wish);
	if (!rc && said(policy, KEY_EXCLUSIVE))
		rc = set_exclusive(name, policy->value[KEY_EXCLUSIVE]);
	return rc;
}

static int apply_device(const char *name, const struct options *opts)
{
	char text[IDENTITY_TEXT];
	struct policy policy;
	int rc;

	rc = find_policy(name, &policy, text, sizeof(text));
	if (rc) {
		fail_print(name, "nothing was changed");
		return rc;
	}
	if (!said(&policy, KEY_MODE)) {
		printf("%s: left alone: no section says its mode (%s)\n", name,
		       *text ? text : "it has no id");
		return EX_DONE;
	}
	if (policy.value[KEY_MODE] == MODE_DEVDAX)
		return offline_device(name, opts);
	return make_memory(name, &policy, opts);
}

/* Two sections for one of them, and none is touched. */
static int check_devices(char **devices, int nr)
{
	char text[IDENTITY_TEXT], **names = devices;
	struct policy policy;
	size_t i, count = nr;
	int rc = 0, one;
	bool all;

	all = nr == 1 && !strcmp(devices[0], "all");
	if (dax_bus_check() || (all && dax_names(&names, &count)))
		count = 0;
	fail_forget();
	for (i = 0; i < count; i++) {
		fail_forget();
		if (dax_check_name(names[i]))
			continue;
		one = find_policy(names[i], &policy, text, sizeof(text));
		/* what cannot be read is told when its turn comes */
		if (one && policy.file) {
			fail_print(names[i], "nothing was changed");
			rc = one;
		}
	}
	fail_forget();
	for (i = 0; all && i < count; i++)
		free(names[i]);
	if (all && names != devices)
		free(names);
	return rc;
}

int cmd_apply(const struct options *opts, char **devices, int nr)
{
	char all[] = "all", *everything[] = { all };
	int rc;

	if (!nr) {
		devices = everything;
		nr = 1;
	}
	rc = config_load(&config);
	if (!rc)
		rc = check_devices(devices, nr);
	if (rc)
		fputs("kmemctl: nothing was changed\n", stderr);
	else
		rc = targets_run(devices, nr, HIGHEST_FIRST, apply_device,
				 opts);
	config_free(&config);
	return rc;
}
