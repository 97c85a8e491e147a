/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The zones that hold memory, from /proc/zoneinfo, and the addresses each spans.
 */
#ifndef KMEMCTL_ZONEINFO_H
#define KMEMCTL_ZONEINFO_H

#include "lib/util.h"

struct zone_span {
	char name[16];
	int node;
	__u64 start;		/* bytes */
	__u64 end;		/* not inclusive */
	__u64 present;		/* bytes of it that are online */
	__u64 min;		/* watermark, bytes */
};

/* All zones of all nodes that hold any memory. Returns 0 or a negative errno. */
int zones_read(struct zone_span **spans, size_t *nr);

#endif
