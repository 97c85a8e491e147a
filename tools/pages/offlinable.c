// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether the kernel would offline a block. In every zone, reserved pages and
 * holes keep it, and a page that somebody holds cannot be moved; outside zone
 * Movable so does all that belongs to the kernel itself.
 */
#include "pages/offlinable.h"

#include <stdio.h>
#include <string.h>

const char *offlinable_name(enum offlinable verdict)
{
	static const char * const names[] = {
		[OFFLINABLE_YES] = "yes",
		[OFFLINABLE_ALREADY] = "is",
		[OFFLINABLE_MAYBE] = "maybe",
		[OFFLINABLE_UNLIKELY] = "unlikely",
		[OFFLINABLE_NO] = "no",
	};

	return names[verdict];
}

__u64 kinds_sum(const __u64 bytes[NR_PAGE_KINDS], __u32 mask)
{
	__u64 sum = 0;
	size_t k;

	for (k = 0; k < NR_PAGE_KINDS; k++)
		if (mask & KIND_BIT(k))
			sum += bytes[k];
	return sum;
}

void kinds_list(const __u64 bytes[NR_PAGE_KINDS], __u32 mask, char *buf,
		size_t size)
{
	size_t k, used = 0;
	char text[32];

	*buf = '\0';
	for (k = 0; k < NR_PAGE_KINDS; k++) {
		if (!(mask & KIND_BIT(k)) || !bytes[k] || used >= size)
			continue;
		size_to_human(text, sizeof(text), bytes[k]);
		used += snprintf(buf + used, size - used, "%s%s %s",
				 used ? ", " : "", page_kind_name(k), text);
	}
}

enum offlinable block_offlinable(const struct block *block,
			const __u64 bytes[NR_PAGE_KINDS], char *reason,
			size_t size)
{
	char list[128];

	*reason = '\0';
	if (block->zone == ZONE_OFFLINE)
		return OFFLINABLE_ALREADY;
	if (block->zone == ZONE_MIXED) {
		snprintf(reason, size, "it lies in more than one zone or node");
		return OFFLINABLE_NO;
	}
	if (bytes[PAGE_ABSENT]) {
		snprintf(reason, size, "it has holes");
		return OFFLINABLE_NO;
	}
	kinds_list(bytes, KIND_BIT(PAGE_RESERVED) |
		   (block->zone == ZONE_NORMAL ? KINDS_KERNEL : 0), list,
		   sizeof(list));
	if (*list) {
		snprintf(reason, size, "%s: the kernel's own, never moved",
			 list);
		return OFFLINABLE_NO;
	}
	if (bytes[PAGE_PINNED]) {
		kinds_list(bytes, KIND_BIT(PAGE_PINNED), list, sizeof(list));
		snprintf(reason, size,
			 "%s: likely in use for I/O or in a pipe, moved only once released",
			 list);
		return OFFLINABLE_UNLIKELY;
	}
	if (bytes[PAGE_UNCLEAR] && block->zone == ZONE_NORMAL) {
		kinds_list(bytes, KIND_BIT(PAGE_UNCLEAR), list, sizeof(list));
		snprintf(reason, size, "%s: free or the kernel's own", list);
		return OFFLINABLE_MAYBE;
	}
	return OFFLINABLE_YES;
}

const char *kind_effect(enum page_kind kind, enum zone zone)
{
	__u32 bit = KIND_BIT(kind);

	if (kind == PAGE_PINNED)
		return "cannot be moved until released";
	if (kind == PAGE_RESERVED ||
	    (zone == ZONE_NORMAL && bit & KINDS_KERNEL))
		return "never moved";
	if (kind == PAGE_UNCLEAR && zone == ZONE_NORMAL)
		return "free, or never moved";
	if (bit & (KINDS_MOVED | KINDS_KERNEL))
		return "is moved";
	return "no obstacle";
}
