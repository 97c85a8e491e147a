/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * --dry-run: runs a command against a simulated kernel (simulate.c), compares
 * the device before and after, and prints that as a plan. The commands call
 * this; it may call all directories but cmd/.
 */
#ifndef KMEMCTL_PLAN_H
#define KMEMCTL_PLAN_H

#include "change/change.h"
#include "lib/table.h"

/* Texts of several lines have no newline at the end; NULL: none. */
struct plan {
	const char *name;
	struct snapshot before;
	struct snapshot after;
	char *writes;			/* as a shell would make them */

	/* bytes of memmap: added, or, when negative, given back */
	long long memmap;
	bool memmap_on_device;
	bool held_memmap;		/* it was on the device before */
	__u64 available;		/* bytes of RAM before; 0: not known */
	bool grows_movable;
	__u64 movable_ratio;		/* zone Movable in % of the other zones */
	int movable_limit;		/* auto_movable_ratio; 0: not known */
	bool auto_movable;		/* the kernel keeps to that limit */
	char *conflicts;
};

/* Around all devices. From the first call on nothing is written any more. */
void plan_begin(const struct output *out);
void plan_end(const struct output *out);

/*
 * Around the command for one device. plan_device_end() takes its exit code,
 * prints the plan, and returns the exit code of the dry run.
 */
int plan_device_begin(struct plan *plan, const char *name);
int plan_device_end(struct plan *plan, int rc, const struct output *out);

/* In print.c: as text without the writes, or as a line of a table for JSON. */
void plan_print_text(const struct plan *plan);
struct table *plan_table(const struct output *out);
void plan_table_line(struct table *table, const struct plan *plan,
		     const struct output *out);

#endif
