// SPDX-License-Identifier: GPL-2.0-only
/*
 * The zones that hold memory, from /proc/zoneinfo. There a zone begins with a
 * line "Node N, zone NAME" and ends with its line "start_pfn".
 */
#include "device/zoneinfo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/path.h"

static void add(struct zone_span **spans, size_t *nr,
		const struct zone_span *zone, __u64 spanned, __u64 start_pfn)
{
	__u64 page = sysconf(_SC_PAGESIZE);
	struct zone_span *span;

	*spans = need_memory(realloc(*spans, (*nr + 1) * sizeof(**spans)));
	span = &(*spans)[(*nr)++];
	*span = *zone;
	span->start = start_pfn * page;
	span->end = span->start + spanned * page;
	span->present = zone->present * page;
	span->min = zone->min * page;
}

static void parse(char *text, struct zone_span **spans, size_t *nr)
{
	struct zone_span zone = { .present = 0 };
	__u64 spanned = 0, start_pfn;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		if (sscanf(line, "Node %d, zone %15s", &zone.node,
			   zone.name) == 2) {
			spanned = 0;
			zone.present = 0;
			zone.min = 0;
		} else if (sscanf(line, " min %llu", &zone.min) != 1 &&
			 sscanf(line, " spanned %llu", &spanned) != 1 &&
			 sscanf(line, " present %llu", &zone.present) != 1 &&
			 sscanf(line, " start_pfn: %llu", &start_pfn) == 1 &&
			 *zone.name && zone.present) {
			add(spans, nr, &zone, spanned, start_pfn);
		}
	}
}

int zones_read(struct zone_span **spans, size_t *nr)
{
	char *text;
	size_t len;
	int rc;

	*spans = NULL;
	*nr = 0;
	rc = path_read_whole(&text, &len, "/proc/zoneinfo");
	if (rc)
		return rc;
	parse(text, spans, nr);
	free(text);
	return 0;
}
