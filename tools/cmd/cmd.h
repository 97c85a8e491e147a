/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the command line asks for, and the commands.
 */
#ifndef KMEMCTL_CMD_H
#define KMEMCTL_CMD_H

#include "change/change.h"
#include "lib/table.h"

struct options {
	struct output out;
	unsigned int timeout;	/* seconds; 0: none */
	unsigned int wait;	/* seconds, for devices to appear; 0: none */
	bool dry_run;
	bool zone_chosen;
	enum zone zone;
	enum memmap_request memmap;
	bool exclusive;
	bool force;		/* overwrite what has data or is in use */
	bool drain;
	const char *to;		/* nodes; NULL: any */
	const char *width;	/* NULL: that of the terminal */
};

/*
 * Each takes the names of devices, cmd_help that of a command, and returns the
 * exit code of the program.
 */
typedef int command_run(const struct options *opts, char **devices, int nr);

command_run cmd_list, cmd_online, cmd_offline, cmd_bind, cmd_unbind, cmd_apply,
	    cmd_doctor, cmd_check_config, cmd_why, cmd_map, cmd_help;

/* One device of "online" and "offline". */
int online_device(const char *name, const struct options *opts);
int offline_device(const char *name, const struct options *opts);
/* Sets kmem/exclusive; prints why if it cannot and returns EX_PARTLY. */
int set_exclusive(const char *name, bool exclusive);

/* For --help. */
void list_print_columns(void);

/* In foreach.c. */

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
 * Checks all names; "all" stands for the devices that have a size, of which
 * there must be one, unless opts->wait is set. Then calls check(), if there is
 * one, and the action for each device. A device that fails does not stop the
 * others; a signal does.
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
