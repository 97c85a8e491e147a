// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has 64 MiB of one of memkind's kinds, and says on which nodes they are.
 *
 *	cc -o memkind_nodes memkind_nodes.c -lmemkind -lnuma
 *
 * usage: memkind_nodes closest|preferred|interleave|all
 */
#include <memkind.h>
#include <numa.h>
#include <numaif.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SIZE ((size_t)64 << 20)

static memkind_t kind_of(const char *name)
{
	if (!strcmp(name, "closest"))
		return MEMKIND_DAX_KMEM;
	if (!strcmp(name, "preferred"))
		return MEMKIND_DAX_KMEM_PREFERRED;
	if (!strcmp(name, "interleave"))
		return MEMKIND_DAX_KMEM_INTERLEAVE;
	if (!strcmp(name, "all"))
		return MEMKIND_DAX_KMEM_ALL;
	return NULL;
}

/* The kernel says of each page where it is. */
static void print_nodes(char *memory)
{
	size_t page_size = sysconf(_SC_PAGESIZE), at;
	size_t pages[NUMA_NUM_NODES] = { 0 };
	int node;

	for (at = 0; at < SIZE; at += page_size) {
		void *page = memory + at;

		if (!move_pages(0, 1, &page, NULL, &node, 0) && node >= 0)
			pages[node]++;
	}
	for (node = 0; node < NUMA_NUM_NODES; node++)
		if (pages[node])
			printf("node %d: %zu pages\n", node, pages[node]);
}

int main(int argc, char **argv)
{
	memkind_t kind = argc == 2 ? kind_of(argv[1]) : NULL;
	char error[MEMKIND_ERROR_MESSAGE_SIZE];
	char *memory;
	int rc;

	if (!kind) {
		fprintf(stderr, "usage: memkind_nodes closest|preferred|interleave|all\n");
		return 2;
	}

	/* No such node, for example. */
	rc = memkind_check_available(kind);
	if (rc) {
		memkind_error_message(rc, error, sizeof(error));
		fprintf(stderr, "%s\n", error);
		return 1;
	}

	memory = memkind_malloc(kind, SIZE);
	if (!memory) {
		fprintf(stderr, "no memory of this kind\n");
		return 1;
	}
	/* A page is where its first write finds room. */
	memset(memory, 1, SIZE);
	print_nodes(memory);
	memkind_free(kind, memory);
	return 0;
}
