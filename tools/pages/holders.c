// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which processes and control groups hold pages of a set of memory blocks. A
 * page counts for each process that maps it, but only one control group is
 * charged for it.
 */
#include "pages/holders.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/path.h"
#include "lib/table.h"
#include "pages/pagemap.h"

#define CGROUPS "/sys/fs/cgroup"
#define MAX_OPEN 16	/* directories at once */

struct scan {
	struct holders *holders;
	struct pages *pages;
	struct holder now;
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

static void read_command(int pid, char *command, size_t size)
{
	char *text;
	size_t len;

	snprintf(command, size, "?");
	if (path_read_whole(&text, &len, "/proc/%d/comm", pid))
		return;
	text[strcspn(text, "\n")] = '\0';
	snprintf(command, size, "%s", text);
	free(text);
}

/* "0::/path", or "7:memory:/path" where that controller has its own tree. */
static char *read_cgroup(int pid)
{
	char *text, *rest, *line, *colon, *path = NULL;
	size_t len;

	if (path_read_whole(&text, &len, "/proc/%d/cgroup", pid))
		return NULL;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		colon = strchr(line, ':');
		if (!colon || (strncmp(line, "0::", 3) &&
			       strncmp(colon, ":memory:", 8)))
			continue;
		path = strchr(colon + 1, ':') + 1;
		if (!strncmp(colon, ":memory:", 8))
			break;
	}
	path = path ? need_memory(strdup(path)) : NULL;
	free(text);
	return path;
}

static int each_process(const char *name, void *arg)
{
	struct scan *scan = arg;
	struct holders *holders = scan->holders;
	struct holder *process = &scan->now;
	__u64 pid;
	int rc;

	/* kmemctl itself is gone before the memory is */
	if (!name_number(&pid, name, "") || pid == (__u64)getpid())
		return 0;
	*process = (struct holder){ .pid = pid };
	rc = process_pages(pid, scan->node, count_pages, scan);
	holders->unreadable += rc == -EACCES || rc == -EPERM;
	process->total = kinds_sum(process->bytes, ~KIND_BIT(PAGE_ABSENT));
	if (!process->total)
		return 0;
	read_command(pid, process->command, sizeof(process->command));
	process->cgroup = read_cgroup(pid);
	*holder_add(&holders->processes) = *process;
	return 0;
}

/* nftw() takes no argument for its callback. */
static struct holder_list *to_name;
static size_t root_length;

/* The inode in /proc/kpagecgroup is that of the group's directory. */
static int name_cgroup(const char *path, const struct stat *stat, int type,
		       struct FTW *ftw)
{
	struct holder *cgroup = to_name->list;
	size_t i;

	if (type != FTW_D)
		return 0;
	for (i = 0; i < to_name->nr; i++, cgroup++)
		if (cgroup->inode == stat->st_ino && !cgroup->cgroup)
			cgroup->cgroup = value_text(path[root_length] ?
						    path + root_length : "/");
	return 0;
}

static void name_cgroups(struct holder_list *cgroups)
{
	struct holder *cgroup = cgroups->list;
	char root[PATH_MAX];
	size_t i;

	root_length = snprintf(root, sizeof(root), "%s" CGROUPS "%s",
			       path_root(),
			       path_exists(CGROUPS "/memory/cgroup.procs") ?
			       "/memory" : "");
	to_name = cgroups;
	if (cgroups->nr && root_length < sizeof(root))
		nftw(root, name_cgroup, MAX_OPEN, FTW_PHYS | FTW_MOUNT);
	for (i = 0; i < cgroups->nr; i++, cgroup++)
		if (!cgroup->cgroup)
			cgroup->cgroup = value_format("inode %llu",
						      cgroup->inode);
}

static int compare(const void *a, const void *b)
{
	const struct holder *left = a, *right = b;

	if (left->total != right->total)
		return left->total < right->total ? 1 : -1;
	return left->inode ? strcmp(left->cgroup, right->cgroup) :
			     left->pid - right->pid;
}

static void sort(struct holder_list *holders)
{
	if (holders->nr)
		qsort(holders->list, holders->nr, sizeof(*holders->list),
		      compare);
}

static void count_unmapped(struct holder *unmapped, const struct pages *pages)
{
	__u64 counts[NR_BYTES];
	size_t i, k;

	strcpy(unmapped->command, "(mapped by none)");
	for (i = 0; i < pages->blocks->nr; i++) {
		pages_tally(pages, i, counts);
		for (k = 0; k < NR_PAGE_KINDS; k++)
			if (page_is_user(k))
				unmapped->bytes[k] += counts[k] *
						      pages->page_size;
	}
	unmapped->total = kinds_sum(unmapped->bytes, ~0U);
}

void holders_read(struct holders *holders, struct pages *pages, int node)
{
	struct scan scan = {
		.holders = holders,
		.pages = pages,
		.node = node,
	};

	path_each("/proc", each_process, &scan);
	count_unmapped(&holders->unmapped, pages);
	name_cgroups(&pages->cgroups);
	sort(&holders->processes);
	sort(&pages->cgroups);
}
