// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which processes and control groups hold pages of a set of memory blocks. A
 * page counts for each process that maps it, but only one control group is
 * charged for it.
 */
#include "pages/holders.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/path.h"
#include "pages/pagemap.h"

#define CGROUPS "/sys/fs/cgroup"
#define MAX_PATH 1024

struct scan {
	struct holders *holders;
	struct pages *pages;
	struct process now;
	int node;
};

/*
 * Called for tens of millions of pages. Those of one program tend to lie in the
 * same block, so its lookup is saved.
 */
static size_t count_pages(const __u64 *entries, size_t nr, void *arg)
{
	struct scan *scan = arg;
	const __u64 size = scan->pages->per_block;
	__u64 pfn, first = ~0ULL, counts[NR_BYTES] = { 0 };
	__u8 *block = NULL, *byte, kind;
	const __u64 *end = entries + nr;
	size_t found = 0;

	for (; entries < end; entries++) {
		if (!ENTRY_PRESENT(*entries))
			continue;
		pfn = ENTRY_PFN(*entries);
		if (pfn - first >= size) {
			first = pfn / size * size;
			block = pages_block(scan->pages, pfn / size);
		}
		if (!block)
			continue;
		byte = block + (pfn - first);
		kind = *byte;
		counts[kind]++;
		*byte = kind | PAGE_MAPPED;
	}
	for (kind = 0; kind < NR_PAGE_KINDS; kind++) {
		nr = counts[kind] + counts[kind | PAGE_MAPPED];
		scan->now.bytes[kind] += nr * scan->pages->page_size;
		found += nr;
	}
	return found;
}

static int each_process(int pid, void *arg)
{
	struct scan *scan = arg;
	struct holders *holders = scan->holders;
	struct process *process = &scan->now;
	int rc;

	memset(process, 0, sizeof(*process));
	process->pid = pid;
	/* kmemctl itself is gone before the memory is */
	if (pid == getpid())
		return 0;
	rc = process_pages(pid, scan->node, count_pages, scan);
	holders->unreadable += rc == -EACCES || rc == -EPERM;
	process->total = kinds_sum(process->bytes, ~KIND_BIT(PAGE_ABSENT));
	if (!process->total)
		return 0;
	process_command(pid, process->command, sizeof(process->command));
	process->cgroup = process_cgroup(pid);
	holders->processes =
		need_memory(realloc(holders->processes,
				    (holders->nr_processes + 1) *
				    sizeof(*holders->processes)));
	holders->processes[holders->nr_processes++] = *process;
	return 0;
}

static void read_charges(struct holders *holders, const struct pages *pages)
{
	struct cgroup *cgroup;
	size_t i;

	holders->nr_cgroups = pages->nr_charges;
	holders->cgroups = need_memory(calloc(pages->nr_charges + 1,
					      sizeof(*holders->cgroups)));
	for (i = 0; i < pages->nr_charges; i++) {
		cgroup = &holders->cgroups[i];
		cgroup->inode = pages->charges[i].inode;
		memcpy(cgroup->bytes, pages->charges[i].bytes,
		       sizeof(cgroup->bytes));
		cgroup->total = kinds_sum(cgroup->bytes, ~0U);
	}
}

struct walk {
	struct holders *holders;
	const char *root;
	const char *path;
	int depth;
};

static void walk_cgroups(const struct walk *walk);

static int each_child(const char *name, void *arg)
{
	const struct walk *parent = arg;
	char path[MAX_PATH];
	struct walk walk = *parent;

	if (*name == '.' || walk.depth > 32 ||
	    (size_t)snprintf(path, sizeof(path), "%s/%s", parent->path,
			     name) >= sizeof(path) ||
	    !path_exists("%s%s/cgroup.procs", walk.root, path))
		return 0;
	walk.path = path;
	walk.depth++;
	walk_cgroups(&walk);
	return 0;
}

/* Find the paths of charged groups by their inodes. */
static void walk_cgroups(const struct walk *walk)
{
	struct holders *holders = walk->holders;
	char dir[MAX_PATH + sizeof(CGROUPS "/memory")];
	__u64 inode;
	size_t i;

	snprintf(dir, sizeof(dir), "%s%s", walk->root, walk->path);
	if (path_inode(&inode, "%s", dir))
		return;
	for (i = 0; i < holders->nr_cgroups; i++) {
		struct cgroup *cgroup = &holders->cgroups[i];

		if (cgroup->inode == inode && !cgroup->path)
			cgroup->path = need_memory(strdup(*walk->path ?
							  walk->path : "/"));
	}
	path_each(dir, each_child, (void *)walk);
}

static void name_cgroups(struct holders *holders)
{
	struct walk walk = { .holders = holders, .root = CGROUPS, .path = "" };
	char text[32];
	size_t i;

	if (path_exists(CGROUPS "/memory/cgroup.procs"))
		walk.root = CGROUPS "/memory";
	if (holders->nr_cgroups)
		walk_cgroups(&walk);
	for (i = 0; i < holders->nr_cgroups; i++) {
		if (holders->cgroups[i].path)
			continue;
		snprintf(text, sizeof(text), "inode %llu",
			 holders->cgroups[i].inode);
		holders->cgroups[i].path = need_memory(strdup(text));
	}
}

static int process_order(const void *a, const void *b)
{
	const struct process *left = a, *right = b;

	if (left->total != right->total)
		return left->total < right->total ? 1 : -1;
	return left->pid - right->pid;
}

static int cgroup_order(const void *a, const void *b)
{
	const struct cgroup *left = a, *right = b;

	if (left->total != right->total)
		return left->total < right->total ? 1 : -1;
	return strcmp(left->path, right->path);
}

static void count_unmapped(struct holders *holders, const struct pages *pages)
{
	__u64 counts[NR_BYTES];
	size_t i, k;

	for (i = 0; i < pages->blocks->nr; i++) {
		pages_tally(pages, i, counts);
		for (k = 0; k < NR_PAGE_KINDS; k++)
			if (page_is_user(k))
				holders->unmapped[k] += counts[k] *
							pages->page_size;
	}
}

void holders_read(struct holders *holders, struct pages *pages, int node)
{
	struct scan scan = {
		.holders = holders,
		.pages = pages,
		.node = node,
	};

	memset(holders, 0, sizeof(*holders));
	process_each(each_process, &scan);
	count_unmapped(holders, pages);
	read_charges(holders, pages);
	name_cgroups(holders);
	if (holders->nr_processes)
		qsort(holders->processes, holders->nr_processes,
		      sizeof(*holders->processes), process_order);
	if (holders->nr_cgroups)
		qsort(holders->cgroups, holders->nr_cgroups,
		      sizeof(*holders->cgroups), cgroup_order);
}

void holders_free(struct holders *holders)
{
	size_t i;

	for (i = 0; i < holders->nr_processes; i++)
		free(holders->processes[i].cgroup);
	for (i = 0; i < holders->nr_cgroups; i++)
		free(holders->cgroups[i].path);
	free(holders->processes);
	free(holders->cgroups);
	memset(holders, 0, sizeof(*holders));
}
