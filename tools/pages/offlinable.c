// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether the kernel would offline a memory block, by the kinds of its pages.
 * Holes, reserved and pinned pages prevent it in every zone; pages of the
 * kernel prevent it outside zone Movable.
 */
#include "pages/offlinable.h"

#include <stdio.h>

/* Kinds of pages that prevent it, the worst first. */
static const struct {
	__u32 movable;		/* kinds, in zone Movable */
	__u32 other;		/* kinds, in other zones */
	enum offlinable offlinable;
	const char *reason;
} obstacles[] = {
	{ KIND_BIT(PAGE_RESERVED), KIND_BIT(PAGE_RESERVED) | KINDS_KERNEL,
	  OFFLINABLE_NO, "the kernel's own, never moved" },
	{ KIND_BIT(PAGE_PINNED), KIND_BIT(PAGE_PINNED), OFFLINABLE_UNLIKELY,
	  "likely in use for I/O or in a pipe, moved only once released" },
	{ 0, KIND_BIT(PAGE_UNCLEAR), OFFLINABLE_MAYBE,
	  "free or the kernel's own" },
};

/* The first row with the kind counts. */
static const struct {
	__u32 kinds;
	const char *movable;
	const char *other;
} effects[] = {
	{ KIND_BIT(PAGE_PINNED), "cannot be moved until released",
	  "cannot be moved until released" },
	{ KIND_BIT(PAGE_RESERVED), "never moved", "never moved" },
	{ KINDS_KERNEL, "is moved", "never moved" },
	{ KINDS_MOVED, "is moved", "is moved" },
	{ KIND_BIT(PAGE_UNCLEAR), "no obstacle", "free, or never moved" },
	{ ~0U, "no obstacle", "no obstacle" },
};

const char *offlinable_name(enum offlinable offlinable)
{
	static const char * const names[] = {
		[OFFLINABLE_YES] = "yes",
		[OFFLINABLE_ALREADY] = "already offline",
		[OFFLINABLE_MAYBE] = "maybe",
		[OFFLINABLE_UNLIKELY] = "unlikely",
		[OFFLINABLE_NO] = "no",
	};

	return names[offlinable];
}

enum offlinable block_offlinable(const struct block *block,
				 const __u64 bytes[NR_PAGE_KINDS],
				 char *reason, size_t size)
{
	char list[96];
	size_t i;

	*reason = '\0';
	if (block->zone == ZONE_OFFLINE)
		return OFFLINABLE_ALREADY;
	if (block->zone == ZONE_MIXED || bytes[PAGE_ABSENT]) {
		snprintf(reason, size, "it %s", block->zone == ZONE_MIXED ?
			 "lies in more than one zone or node" : "has holes");
		return OFFLINABLE_NO;
	}
	for (i = 0; i < sizeof(obstacles) / sizeof(*obstacles); i++) {
		kinds_list(bytes, block->zone == ZONE_NORMAL ?
			   obstacles[i].other : obstacles[i].movable, list,
			   sizeof(list));
		if (!*list)
			continue;
		snprintf(reason, size, "%s: %s", list, obstacles[i].reason);
		return obstacles[i].offlinable;
	}
	return OFFLINABLE_YES;
}

const char *kind_effect(enum page_kind kind, enum zone zone)
{
	size_t i = 0;

	while (!(effects[i].kinds & KIND_BIT(kind)))
		i++;
	return zone == ZONE_NORMAL ? effects[i].other : effects[i].movable;
}
