/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which devices a command changes, and in which order.
 */
#ifndef KMEMCTL_FOREACH_H
#define KMEMCTL_FOREACH_H

#include "change/rollback.h"
#include "cmd/cmd.h"

/* Highest first is right for onlining, lowest first for offlining. */
enum order {
	LOWEST_FIRST,
	HIGHEST_FIRST,
};

struct device_list {
	struct listed_device {
		__u64 start;		/* first, for compare_u64() */
		char name[32];
	} *devices;
	size_t nr;
};

/* Before anything is changed; prints what is wrong, returns exit code. */
typedef int (*device_check)(const struct device_list *list);
/* Does the work on one device; prints its own result; returns exit code. */
typedef int (*device_action)(const char *name, const struct options *opts);

/*
 * Check all devices named, "all" being all that have a size, if there is a
 * check; then run the action on each. One that fails does not stop the others; a
 * signal does.
 */
int foreach_device(char **names, int nr, enum order order,
		   device_check check, device_action action,
		   const struct options *opts);

/*
 * What an action changes: the steps begin at the device as it was before, print
 * their own result, and return 0 or an exit code with the failure remembered,
 * after which all is put back. Returns the exit code.
 */
typedef int (*device_steps)(const struct snapshot *before,
			    const struct options *opts);
int change_device(const char *name, device_steps steps,
		  const struct options *opts);

#endif
