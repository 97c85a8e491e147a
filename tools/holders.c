// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which processes and control groups hold pages of a set of memory blocks. A
 * page that several processes map counts for each; a control group is charged
 * for a page once, whoever maps it.
 */
#include "holders.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process.h"
#include "sysfs.h"

#define CGROUPS "/sys/fs/cgroup"
#define MAX_PATH 1024

struct scan {
	struct holders *holders;
	struct pages *pages;
	struct process now;
	int node;
};

static bool count_page(__u64 pfn, void *arg)
{
	struct scan *scan = arg;
	__u8 *kind = pages_find(scan->pages, pfn);

	if (!kind)
		return false;
	scan->now.bytes[page_kind(*kind)] += scan->pages->page_size;
	*kind |= PAGE_MAPPED;
	return true;
}

static int each_process(int pid, void *arg)
{
	struct scan *scan = arg;
	struct holders *holders = scan->holders;
	struct process *process = &scan->now;
	size_t k;
	int rc;

	memset(process, 0, sizeof(*process));
	process->pid = pid;
	/* it may look at itself, but what for */
	if (pid == getpid())
		return 0;
	rc = process_pages(pid, scan->node, count_page, scan);
	holders->unreadable += rc == -EACCES || rc == -EPERM;
	for (k = PAGE_FREE; k < NR_PAGE_KINDS; k++)
		process->total += process->bytes[k];
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

static struct cgroup *find_cgroup(struct holders *holders, __u64 inode)
{
	static size_t last;
	size_t i;

	if (last < holders->nr_cgroups &&
	    holders->cgroups[last].inode == inode)
		return &holders->cgroups[last];
	for (i = 0; i < holders->nr_cgroups; i++) {
		if (holders->cgroups[i].inode == inode) {
			last = i;
			return &holders->cgroups[i];
		}
	}
	holders->cgroups = need_memory(realloc(holders->cgroups,
					       (holders->nr_cgroups + 1) *
					       sizeof(*holders->cgroups)));
	holders->cgroups[i] = (struct cgroup){ .inode = inode };
	holders->nr_cgroups++;
	return &holders->cgroups[i];
}

/* Only the stretch of the block that programs have pages in is read. */
static int charge_block(struct holders *holders, const struct pages *pages,
			int fd, size_t block, __u64 *inodes)
{
	const __u8 *kinds = pages->kinds + block * pages->per_block;
	__u64 pfn = pages->blocks->blocks[block].id * pages->per_block;
	size_t i, first = 0, end = pages->per_block;
	struct cgroup *cgroup;
	ssize_t n;

	while (first < end && !page_is_user(page_kind(kinds[first])))
		first++;
	while (end > first && !page_is_user(page_kind(kinds[end - 1])))
		end--;
	if (first == end)
		return 0;
	n = pread(fd, inodes, (end - first) * sizeof(*inodes),
		  (pfn + first) * sizeof(*inodes));
	if (n < 0)
		return -errno;
	for (i = first; i < first + n / sizeof(*inodes); i++) {
		if (!page_is_user(page_kind(kinds[i])) || !inodes[i - first])
			continue;
		cgroup = find_cgroup(holders, inodes[i - first]);
		cgroup->bytes[page_kind(kinds[i])] += pages->page_size;
		cgroup->total += pages->page_size;
	}
	return 0;
}

static void charge_pages(struct holders *holders, const struct pages *pages)
{
	int fd = sysfs_open("/proc/kpagecgroup");
	__u64 *inodes;
	size_t i;

	if (fd < 0) {
		holders->no_cgroups = fd;
		return;
	}
	inodes = need_memory(malloc(pages->per_block * sizeof(*inodes)));
	for (i = 0; i < pages->blocks->nr && !holders->no_cgroups; i++)
		holders->no_cgroups = charge_block(holders, pages, fd, i,
						   inodes);
	free(inodes);
	close(fd);
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
	    !sysfs_exists("%s%s/cgroup.procs", walk.root, path))
		return 0;
	walk.path = path;
	walk.depth++;
	walk_cgroups(&walk);
	return 0;
}

/* Paths of the groups that were found charged, by their inodes. */
static void walk_cgroups(const struct walk *walk)
{
	struct holders *holders = walk->holders;
	char dir[MAX_PATH + sizeof(CGROUPS "/memory")];
	__u64 inode;
	size_t i;

	snprintf(dir, sizeof(dir), "%s%s", walk->root, walk->path);
	if (sysfs_inode(&inode, "%s", dir))
		return;
	for (i = 0; i < holders->nr_cgroups; i++) {
		struct cgroup *cgroup = &holders->cgroups[i];

		if (cgroup->inode == inode && !cgroup->path)
			cgroup->path = need_memory(strdup(*walk->path ?
							  walk->path : "/"));
	}
	sysfs_names(dir, each_child, (void *)walk);
}

static void name_cgroups(struct holders *holders)
{
	struct walk walk = { .holders = holders, .root = CGROUPS, .path = "" };
	char text[32];
	size_t i;

	if (sysfs_exists(CGROUPS "/memory/cgroup.procs"))
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
	size_t i, nr = pages->blocks->nr * pages->per_block;

	for (i = 0; i < nr; i++)
		if (!(pages->kinds[i] & PAGE_MAPPED) &&
		    page_is_user(page_kind(pages->kinds[i])))
			holders->unmapped[page_kind(pages->kinds[i])] +=
				pages->page_size;
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
	charge_pages(holders, pages);
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
