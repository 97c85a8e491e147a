// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_data: fill memory of one NUMA node, and check and rewrite it page by page
 * until SIGTERM, while the kernel may move it. Kinds: anon, thp, shmem, hugetlb,
 * file (a mapping of a given file, which is made as large). Prints the size in
 * KiB and the address. Exit code 3: a byte was wrong.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/mempolicy.h>
#include <linux/types.h>

#define MAX_NODES	1024
#define LONG_BITS	(8 * sizeof(long))
#define PAGE		4096
#define WORDS		(PAGE / sizeof(__u64))

static int end_asked;

static void end(int sig)
{
	(void)sig;
	__atomic_store_n(&end_asked, 1, __ATOMIC_RELAXED);
}

static int ended(void)
{
	return __atomic_load_n(&end_asked, __ATOMIC_RELAXED);
}

static int fail(const char *what)
{
	fprintf(stderr, "page_data: %s: %s\n", what, strerror(errno));
	return 1;
}

/*
 * Not MPOL_BIND: it must be free to move. Not MPOL_PREFERRED: Linux 6.1 warns of
 * huge pages from an offline node.
 */
static int prefer_node(long node)
{
	unsigned long mask[MAX_NODES / LONG_BITS] = { 0 };

	mask[node / LONG_BITS] = 1UL << (node % LONG_BITS);
	return syscall(SYS_set_mempolicy, MPOL_PREFERRED_MANY, mask, MAX_NODES + 1);
}

static void *map(const char *kind, size_t size, const char *path)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS, fd = -1, advice = 0;
	void *at;

	if (!strcmp(kind, "anon")) {
		advice = MADV_NOHUGEPAGE;
	} else if (!strcmp(kind, "thp")) {
		advice = MADV_HUGEPAGE;
	} else if (!strcmp(kind, "shmem")) {
		flags = MAP_SHARED | MAP_ANONYMOUS;
	} else if (!strcmp(kind, "hugetlb")) {
		flags |= MAP_HUGETLB;
	} else if (!strcmp(kind, "file") && path) {
		flags = MAP_SHARED;
		fd = open(path, O_RDWR | O_CREAT, 0600);
		if (fd < 0 || ftruncate(fd, size))
			return MAP_FAILED;
	} else {
		errno = EINVAL;
		return MAP_FAILED;
	}
	at = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);
	if (at != MAP_FAILED && advice && madvise(at, size, advice))
		return MAP_FAILED;
	return at;
}

/* Every word differs: by its page, its place in the page, and the round. */
static __u64 value(size_t page, size_t word, __u64 round)
{
	return (page << 32 | word << 20) ^ (round * 0x9e3779b97f4a7c15u);
}

static void fill(__u64 *at, size_t page, __u64 round)
{
	size_t i;

	for (i = 0; i < WORDS; i++)
		at[page * WORDS + i] = value(page, i, round);
}

static size_t check_page(const __u64 *at, size_t page, __u64 round)
{
	size_t i, bad = 0;

	for (i = 0; i < WORDS; i++)
		bad += at[page * WORDS + i] != value(page, i, round);
	if (bad)
		fprintf(stderr, "page_data: %zu bad words in page %zu\n", bad,
			page);
	return bad;
}

/* Pages before @page have round @round + 1 already. */
static int check(__u64 *at, size_t pages)
{
	__u64 round = 0;
	size_t page = 0, bad = 0;

	while (!ended()) {
		for (page = 0; page < pages && !ended(); page++) {
			bad += check_page(at, page, round);
			fill(at, page, round + 1);
		}
		if (page == pages)
			round++;
	}
	page %= pages;
	/* where it was ended, and all others */
	while (pages--)
		bad += check_page(at, pages, round + (pages < page));
	return bad ? 3 : 0;
}

int main(int argc, char **argv)
{
	size_t size, page;
	__u64 *at;
	long node;

	node = argc >= 4 ? atol(argv[2]) : -1;
	size = argc >= 4 ? (size_t)atol(argv[3]) << 10 : 0;
	if (node < 0 || node >= MAX_NODES || !size) {
		fprintf(stderr, "usage: page_data KIND NODE KIB [FILE]\n");
		return 2;
	}
	if (prefer_node(node))
		return fail("set_mempolicy");
	at = map(argv[1], size, argv[4]);
	if (at == MAP_FAILED)
		return fail(argv[1]);
	for (page = 0; page < size / PAGE; page++)
		fill(at, page, 0);
	signal(SIGTERM, end);
	printf("holding %zu %p\n", size >> 10, (void *)at);
	fflush(stdout);
	return check(at, size / PAGE);
}
