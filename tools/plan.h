/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a command would do to a device, and what would come of it.
 */
#ifndef KMEMCTL_PLAN_H
#define KMEMCTL_PLAN_H

#include "doctor.h"
#include "place.h"
#include "targets.h"
#include "undo.h"

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
	struct place_speed speed;
	struct doctor conflicts;
};

/*
 * For targets.c, with --dry-run: around all devices, and in place of what a
 * command does to one.
 */
void plan_begin(const struct options *opts);
int plan_device(const char *name, const struct options *opts,
		device_action action);
void plan_end(const struct options *opts);

/* In plan_print.c: as text, or as a row of a table. */
struct table *plan_table(const struct options *opts);
void plan_print(const struct plan *plan, const struct options *opts,
		struct table *table);

#endif
