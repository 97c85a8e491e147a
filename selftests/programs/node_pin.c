// SPDX-License-Identifier: GPL-2.0-only
/*
 * node_pin: hold one page of one NUMA node so that it cannot migrate, by having
 * it in a pipe. Prints "pinned" and waits to be killed. The memory block with
 * that page does not go offline: an attempt lasts until a signal.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/mempolicy.h>

#define MAX_NODES	1024
#define LONG_BITS	(8 * sizeof(long))

static int fail(const char *what)
{
	fprintf(stderr, "node_pin: %s: %s\n", what, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	unsigned long mask[MAX_NODES / LONG_BITS] = { 0 };
	struct iovec page = { .iov_len = sysconf(_SC_PAGESIZE) };
	int ends[2];
	long node;

	node = argc == 2 ? atol(argv[1]) : -1;
	if (node < 0 || node >= MAX_NODES) {
		fprintf(stderr, "usage: node_pin NODE\n");
		return 2;
	}
	page.iov_base = mmap(NULL, page.iov_len, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page.iov_base == MAP_FAILED)
		return fail("mmap");
	mask[node / LONG_BITS] = 1UL << (node % LONG_BITS);
	if (syscall(SYS_mbind, page.iov_base, page.iov_len, MPOL_BIND, mask,
		    MAX_NODES + 1, 0))
		return fail("mbind");
	memset(page.iov_base, 0x5a, page.iov_len);
	if (pipe(ends))
		return fail("pipe");
	if (vmsplice(ends[1], &page, 1, 0) < 0)
		return fail("vmsplice");
	puts("pinned");
	fflush(stdout);
	pause();
	return 0;
}
