// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which devices a command changes, and in which order. All names are checked
 * before anything is changed, so a mistyped one changes nothing.
 */
#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dryrun/plan.h"
#include "lib/signals.h"

/* A device that cannot be read is kept: its action reports why. */
static void add_device(struct device_list *list, const char *name, bool all)
{
	struct listed_device *device;
	struct dax_dev dev;
	int rc = dax_read(&dev, name);

	fail_forget();
	if (rc || dev.size || !all) {
		list->devices = grow(list->devices, list->nr, sizeof(*device));
		device = &list->devices[list->nr++];
		device->start = dev.nr_ranges ? dev.ranges[0].start : 0;
		snprintf(device->name, sizeof(device->name), "%s", name);
	}
	dax_free(&dev);
}

static int add_devices(struct device_list *list, char **names, int nr,
		       bool may_be_none)
{
	bool all = nr == 1 && !strcmp(names[0], "all");
	size_t i, count = nr;
	int rc;

	rc = dax_bus_check();
	if (rc && may_be_none) {
		fail_forget();
		return 0;
	}
	if (!rc && all)
		rc = dax_names(&names, &count);
	for (i = 0; !rc && !all && i < count; i++) {
		rc = dax_check_name(names[i]);
		if (rc)
			fail_print(names[i], NULL);
	}
	if (rc)
		return rc;
	for (i = 0; i < count; i++)
		add_device(list, names[i], all);
	if (!all)
		return 0;
	free(names);
	return list->nr || may_be_none ? 0 :
	       fail(EX_NODEV, "run 'kmemctl list' to see what is there",
		    "no dax device of any size");
}

static int run_one(const char *name, device_action action,
		   const struct options *opts)
{
	struct plan plan;
	int rc;

	if (!opts->dry_run)
		return action(name, opts);
	rc = plan_device_begin(&plan, name);
	if (!rc)
		rc = action(name, opts);
	return plan_device_end(&plan, rc, &opts->out);
}

static int run_each(const struct device_list *list, enum order order,
		    device_action action, const struct options *opts)
{
	struct tally tally = { 0 };
	size_t i, k;

	for (i = 0; i < list->nr && !stop_requested(); i++) {
		k = order == HIGHEST_FIRST ? list->nr - 1 - i : i;
		tally_add(&tally, run_one(list->devices[k].name, action, opts));
	}
	if (i < list->nr)
		tally_add(&tally, stop_timed_out() ? EX_TIME : EX_FAILED);
	return tally_exit(&tally);
}

int foreach_device(char **names, int nr, enum order order,
		   device_check check, device_action action,
		   const struct options *opts)
{
	struct device_list list = { 0 };
	int rc;

	rc = add_devices(&list, names, nr, opts->wait);
	if (!rc && check)
		rc = check(&list);
	if (!rc)
		rc = session_begin(opts->timeout, opts->dry_run);
	if (!rc) {
		if (list.nr)
			qsort(list.devices, list.nr, sizeof(*list.devices),
			      compare_u64);
		if (opts->dry_run)
			plan_begin(&opts->out);
		rc = run_each(&list, order, action, opts);
		if (opts->dry_run)
			plan_end(&opts->out);
	} else if (fail_pending()) {
		fail_print(NULL, NULL);
	}
	free(list.devices);
	return rc;
}

int change_device(const char *name, device_steps steps,
		  const struct options *opts)
{
	struct snapshot before;
	int rc;

	rc = snapshot_take(&before, name);
	if (!rc)
		rc = steps(&before, opts);
	if (rc)
		rc = snapshot_restore(&before, rc);
	snapshot_free(&before);
	return rc;
}
