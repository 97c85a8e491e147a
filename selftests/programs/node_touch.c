// SPDX-License-Identifier: GPL-2.0-only
/*
 * node_touch: allocate memory bound to one NUMA node, write to all of it, ask
 * the kernel on which node each page lies. Succeeds when all are on that node.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/mempolicy.h>

#define BATCH		1024
#define MAX_NODES	1024
#define LONG_BITS	(8 * sizeof(long))

static int fail(const char *what)
{
	fprintf(stderr, "node_touch: %s: %s\n", what, strerror(errno));
	return 1;
}

/* Parses a number from 0 to max, all of the string. */
static int parse(const char *text, long max, long *value)
{
	char *end;

	errno = 0;
	*value = strtol(text, &end, 10);
	return errno || end == text || *end || *value < 0 || *value > max;
}

/* No policy of the process interferes: pages come from this node or not at all. */
static int bind_to_node(void *start, size_t size, long node)
{
	unsigned long mask[MAX_NODES / LONG_BITS] = { 0 };

	mask[node / LONG_BITS] = 1UL << (node % LONG_BITS);
	return syscall(SYS_mbind, start, size, MPOL_BIND, mask, MAX_NODES + 1,
		       0) ? -1 : 0;
}

/* How many of the pages lie on the node; -1 when the kernel does not tell. */
static long count_pages(char *start, long pages, long page_size, long node)
{
	void *address[BATCH];
	int status[BATCH];
	long count = 0;

	for (long first = 0; first < pages; first += BATCH) {
		long n = pages - first < BATCH ? pages - first : BATCH;

		for (long i = 0; i < n; i++)
			address[i] = start + (first + i) * page_size;
		if (syscall(SYS_move_pages, 0, n, address, NULL, status, 0))
			return -1;
		for (long i = 0; i < n; i++)
			count += status[i] == node;
	}
	return count;
}

int main(int argc, char **argv)
{
	long page_size = sysconf(_SC_PAGESIZE);
	long mib, node, pages, count;
	size_t size;
	char *memory;

	if (argc != 3 || parse(argv[1], MAX_NODES - 1, &node) ||
	    parse(argv[2], 1L << 20, &mib) || !mib) {
		fprintf(stderr, "usage: node_touch NODE MIB\n");
		return 2;
	}

	size = (size_t)mib << 20;
	pages = size / page_size;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return fail("mmap");
	if (bind_to_node(memory, size, node))
		return fail("mbind");
	memset(memory, 0x5a, size);

	count = count_pages(memory, pages, page_size, node);
	if (count < 0)
		return fail("move_pages");
	printf("%ld MiB touched: %ld of %ld pages on node %ld\n", mib, count,
	       pages, node);
	return count != pages;
}
