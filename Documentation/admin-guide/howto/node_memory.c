// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the nodes that have memory but no CPU, as the memory of a dax device does,
 * and has 64 MiB on the nearest of them.
 *
 *	cc -o node_memory node_memory.c -lnuma
 *
 * Prints the node, and how many of the pages are there. Exit code 0 if all are.
 */
#include <numa.h>
#include <numaif.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SIZE ((size_t)64 << 20)

static int has_cpu(int node)
{
	struct bitmask *cpus = numa_allocate_cpumask();
	int rc;

	rc = numa_node_to_cpus(node, cpus) || numa_bitmask_weight(cpus);
	numa_free_cpumask(cpus);
	return rc;
}

/* The nearest to the node of CPU 0, -1 if there is none. */
static int nearest_without_cpu(void)
{
	int here = numa_node_of_cpu(0), node, found = -1;

	for (node = 0; node <= numa_max_node(); node++) {
		if (!numa_bitmask_isbitset(numa_all_nodes_ptr, node) ||
		    has_cpu(node))
			continue;
		if (found < 0 ||
		    numa_distance(here, node) < numa_distance(here, found))
			found = node;
	}
	return found;
}

/* The kernel says of each page where it is. */
static size_t pages_on(int node, char *memory)
{
	size_t page_size = sysconf(_SC_PAGESIZE), at, n = 0;
	int status;

	for (at = 0; at < SIZE; at += page_size) {
		void *page = memory + at;

		if (!move_pages(0, 1, &page, NULL, &status, 0))
			n += status == node;
	}
	return n;
}

int main(void)
{
	size_t all = SIZE / sysconf(_SC_PAGESIZE), there;
	char *memory;
	int node;

	if (numa_available() < 0) {
		fprintf(stderr, "this kernel has no NUMA\n");
		return 1;
	}
	node = nearest_without_cpu();
	if (node < 0) {
		fprintf(stderr, "no node has memory and no CPU: see 'kmemctl list'\n");
		return 1;
	}

	/* Fails rather than use another node. */
	numa_set_strict(1);
	memory = numa_alloc_onnode(SIZE, node);
	if (!memory) {
		perror("numa_alloc_onnode");
		return 1;
	}
	/* A page is where its first write finds room, not where it was asked for. */
	memset(memory, 1, SIZE);
	there = pages_on(node, memory);
	printf("node %d: %zu of %zu pages\n", node, there, all);
	numa_free(memory, SIZE);
	return there != all;
}
