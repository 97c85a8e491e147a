/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a command would do to a device, and what would come of it.
 */
#ifndef KMEMCTL_PLAN_H
#define KMEMCTL_PLAN_H

#include "change/rollback.h"
#include "device/numa.h"
#include "doctor/findings.h"
#include "lib/table.h"

struct plan {
	const char *name;
	struct snapshot before;
	struct snapshot after;
	char *const *writes;
	size_t nr_writes;

	/* memory for the memmap: taken, or, when negative, given back */
	long long memmap;
	bool memmap_on_device;
	bool held_memmap;		/* it was there */
	__u64 available;		/* of RAM, before; 0: not known */
	/* of each 100 bytes of other memory, how many there are in Movable */
	__u64 movable_ratio;
	int movable_limit;		/* what the kernel would allow; 0: unknown */
	int distance;			/* 0: not known */
	int tier;			/* -1: none */
	struct numa_performance performance;
	struct findings conflicts;
};

/*
 * Around all devices. From the first call on nothing is written, until the
 * program ends.
 */
void plan_begin(const struct output *out);
void plan_end(const struct output *out);

/*
 * Around what a command does to one device. plan_device_end() takes the exit
 * code of that, prints the plan, and returns the exit code of the dry run.
 */
int plan_device_begin(struct plan *plan, const char *name);
int plan_device_end(struct plan *plan, int rc, const struct output *out);

/* In print.c: as text, or as a row of a table. */
struct table *plan_table(const struct output *out);
void plan_print(const struct plan *plan, const struct output *out,
		struct table *table);

#endif
