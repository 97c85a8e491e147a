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
};

static void add_area(struct areas *areas, __u64 start, __u64 pages)
{
	areas->list = need_memory(realloc(areas->list, (areas->nr + 1) *
					  sizeof(*areas->list)));
	areas->list[areas->nr++] = (struct area){
		.start = start,
		.pages = pages,
	};
}

/* "7f00 default anon=5 N0=1 N1=4 kernelpagesize_kB=4" */
static void parse_numa_line(struct areas *areas, const char *line, int node,
			    size_t page)
{
	static const char unit[] = " kernelpagesize_kB=";
	__u64 pages, kib = page / 1024;
	char key[16];
	const char *at;

	snprintf(key, sizeof(key), " N%d=", node);
	at = strstr(line, key);
	if (!at)
		return;
	pages = strtoull(at + strlen(key), NULL, 10);
	at = strstr(line, unit);
	if (at)
		kib = strtoull(at + strlen(unit), NULL, 10);
	add_area(areas, strtoull(line, NULL, 16), pages * (kib * 1024 / page));
}

static int read_numa_maps(struct areas *areas, int pid, int node, size_t page)
{
	char *line = NULL;
	size_t size = 0;
	FILE *file;
	int rc;

	rc = path_fopen(&file, "/proc/%d/numa_maps", pid);
	if (rc)
		return rc;
	while (getline(&line, &size, file) > 0)
		parse_numa_line(areas, line, node, page);
	rc = ferror(file) ? -EIO : 0;
	free(line);
	fclose(file);
	return rc;
}

/* Both files are sorted by address. Without a node, all areas count. */
static int read_maps(struct areas *areas, int pid, int node)
{
	unsigned long long start, end;
	char *line = NULL;
	size_t size = 0, i = 0;
	FILE *file;
	int rc;

	rc = path_fopen(&file, "/proc/%d/maps", pid);
	if (rc)
		return rc;
	while (getline(&line, &size, file) > 0) {
		if (sscanf(line, "%llx-%llx", &start, &end) != 2)
			continue;
		if (node == NO_NODE)
			add_area(areas, start, ALL_PAGES);
		while (i < areas->nr && areas->list[i].start < start)
			i++;
		if (i < areas->nr && areas->list[i].start == start)
			areas->list[i].end = end;
	}
	free(line);
	fclose(file);
	return 0;
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
static int find_areas(struct areas *areas, int pid, int node, size_t page)
{
	int rc = 0;

	if (node != NO_NODE && is_dense(pid))
		node = NO_NODE;
	if (node != NO_NODE)
		rc = read_numa_maps(areas, pid, node, page);
	if (rc == -ENOENT && path_exists("/proc/%d/maps", pid)) {
		node = NO_NODE;
		rc = 0;
	}
	if (!rc && (areas->nr || node == NO_NODE))
		rc = read_maps(areas, pid, node);
	return rc;
}

int process_pages(int pid, int node, each_pages each, void *arg)
{
	size_t i, page = sysconf(_SC_PAGESIZE);
	struct areas areas = { 0 };
	__u64 *entries = NULL;
	int fd, rc;

	rc = find_areas(&areas, pid, node, page);
	fd = rc || !areas.nr ? -1 : path_open("/proc/%d/pagemap", pid);
	if (fd >= 0)
		entries = need_memory(malloc(CHUNK * sizeof(*entries)));
	else if (areas.nr && !rc)
		rc = fd;
	for (i = 0; !rc && i < areas.nr; i++)
		rc = read_area(&areas.list[i], fd, page, each, arg, entries);
	if (fd >= 0)
		close(fd);
	free(entries);
	free(areas.list);
	return rc;
}

struct each_process {
	int (*each)(int pid, void *arg);
	void *arg;
};

static int each_name(const char *name, void *arg)
{
	const struct each_process *process = arg;

	if (!*name || name[strspn(name, "0123456789")] || strlen(name) > 9)
		return 0;
	return process->each(atoi(name), process->arg);
}

int process_each(int (*each)(int pid, void *arg), void *arg)
{
	struct each_process process = { .each = each, .arg = arg };

	return path_each("/proc", each_name, &process);
}

void process_command(int pid, char *command, size_t size)
{
	FILE *file;
	size_t len;

	snprintf(command, size, "?");
	if (path_fopen(&file, "/proc/%d/comm", pid))
		return;
	if (fgets(command, size, file)) {
		len = strcspn(command, "\n");
		command[len] = '\0';
	}
	fclose(file);
}

/* "0::/path", or "7:memory:/path" where that controller has its own tree. */
char *process_cgroup(int pid)
{
	char *line = NULL, *path = NULL, *colon;
	size_t size = 0;
	FILE *file;

	if (path_fopen(&file, "/proc/%d/cgroup", pid))
		return NULL;
	while (getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		colon = strchr(line, ':');
		if (!colon || (strncmp(line, "0::", 3) &&
			       strncmp(colon, ":memory:", 8)))
			continue;
		free(path);
		path = need_memory(strdup(strchr(colon + 1, ':') + 1));
		if (!strncmp(colon, ":memory:", 8))
			break;
	}
	free(line);
	fclose(file);
	return path;
}
