// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pages that a process maps, by its pagemap. The address space may be a
 * thousand times larger than its memory: then numa_maps tells first which areas
 * have pages on the node, and how many.
 */
#include "pages/pagemap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device/dax.h"
#include "lib/path.h"

#define CHUNK		32768
#define DENSE		3	/* at most so many addresses for a page */
#define ALL_PAGES	(~0ULL)

struct area {
	__u64 start;
	__u64 end;
	__u64 pages;		/* on the node */
};

struct areas {
	struct area *list;
	size_t nr;
	size_t at;		/* for the next line of maps */
	int node;		/* NO_NODE: all */
	size_t page;
};

static void add_area(struct areas *areas, __u64 start, __u64 pages)
{
	areas->list = grow(areas->list, areas->nr, sizeof(*areas->list));
	areas->list[areas->nr++] = (struct area){
		.start = start,
		.pages = pages,
	};
}

/* "7f00 default anon=5 N0=1 N1=4 kernelpagesize_kB=4" */
static void parse_numa_line(struct areas *areas, const char *line)
{
	static const char unit[] = " kernelpagesize_kB=";
	__u64 pages, kib = areas->page / 1024;
	char key[16];
	const char *at;

	snprintf(key, sizeof(key), " N%d=", areas->node);
	at = strstr(line, key);
	if (!at)
		return;
	pages = strtoull(at + strlen(key), NULL, 10);
	at = strstr(line, unit);
	if (at)
		kib = strtoull(at + strlen(unit), NULL, 10);
	add_area(areas, strtoull(line, NULL, 16),
		 pages * (kib * 1024 / areas->page));
}

/* Both files are sorted by address. Without a node, all areas count. */
static void parse_maps_line(struct areas *areas, const char *line)
{
	unsigned long long start, end;

	if (sscanf(line, "%llx-%llx", &start, &end) != 2)
		return;
	if (areas->node == NO_NODE)
		add_area(areas, start, ALL_PAGES);
	while (areas->at < areas->nr && areas->list[areas->at].start < start)
		areas->at++;
	if (areas->at < areas->nr && areas->list[areas->at].start == start)
		areas->list[areas->at].end = end;
}

static int parse(struct areas *areas, int pid, const char *name,
		 void (*parse_line)(struct areas *areas, const char *line))
{
	char *line = NULL;
	size_t size = 0;
	FILE *file;
	int rc;

	rc = path_fopen(&file, "/proc/%d/%s", pid, name);
	if (rc)
		return rc;
	while (getline(&line, &size, file) > 0)
		parse_line(areas, line);
	rc = ferror(file) ? -EIO : 0;
	free(line);
	fclose(file);
	return rc;
}

static int read_area(const struct area *area, int fd, size_t page,
		     each_pages each, void *arg, __u64 *entries)
{
	__u64 at = area->start / page, end = area->end / page, nr, found = 0;
	ssize_t n;

	for (; at < end && found < area->pages; at += nr) {
		nr = end - at < CHUNK ? end - at : CHUNK;
		n = pread(fd, entries, nr * sizeof(*entries),
			  at * sizeof(*entries));
		if (n < 0)
			return -errno;
		nr = n / sizeof(*entries);
		if (!nr)
			break;
		found += each(entries, nr, arg);
	}
	return 0;
}

/* Few of its addresses have no page. Such an address costs a tenth of a page. */
static bool is_dense(int pid)
{
	unsigned long long size = 0, resident = 0;
	char text[128];

	return !path_read(text, sizeof(text), "/proc/%d/statm", pid) &&
	       sscanf(text, "%llu %llu", &size, &resident) == 2 &&
	       size / DENSE <= resident;
}

/* The areas whose pagemap is read. */
static int find_areas(struct areas *areas, int pid)
{
	int rc = 0;

	if (areas->node != NO_NODE && is_dense(pid))
		areas->node = NO_NODE;
	if (areas->node != NO_NODE)
		rc = parse(areas, pid, "numa_maps", parse_numa_line);
	if (rc == -ENOENT && path_exists("/proc/%d/maps", pid)) {
		areas->node = NO_NODE;
		rc = 0;
	}
	if (!rc && (areas->nr || areas->node == NO_NODE))
		rc = parse(areas, pid, "maps", parse_maps_line);
	return rc;
}

int process_pages(int pid, int node, each_pages each, void *arg)
{
	struct areas areas = { .node = node, .page = sysconf(_SC_PAGESIZE) };
	__u64 *entries = need_memory(malloc(CHUNK * sizeof(*entries)));
	int fd = -1, rc = find_areas(&areas, pid);
	size_t i;

	if (!rc && areas.nr) {
		fd = path_open("/proc/%d/pagemap", pid);
		rc = fd < 0 ? fd : 0;
	}
	for (i = 0; !rc && i < areas.nr; i++)
		rc = read_area(&areas.list[i], fd, areas.page, each, arg,
			       entries);
	if (fd >= 0)
		close(fd);
	free(entries);
	free(areas.list);
	return rc;
}
