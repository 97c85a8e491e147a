// SPDX-License-Identifier: GPL-2.0-only
/*
 * node_hold: hold memory of one kind on one NUMA node. Prints the size in KiB
 * and waits to be killed. Kinds: anon, mlock, shmem, file (a mapping of a given
 * file or block device), hugetlb, tables (page tables of a sparse mapping),
 * uring (fixed buffers of io_uring: pinned for DMA), poison (anon, its first
 * page broken as far as the kernel knows).
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
#include <sys/uio.h>
#include <unistd.h>

#include <linux/io_uring.h>
#include <linux/mempolicy.h>

#define MAX_NODES	1024
#define LONG_BITS	(8 * sizeof(long))

static int fail(const char *what)
{
	fprintf(stderr, "node_hold: %s: %s\n", what, strerror(errno));
	return 1;
}

/* All that is allocated from now on, by the kernel for us as well. */
static int use_node(long node)
{
	unsigned long mask[MAX_NODES / LONG_BITS] = { 0 };

	mask[node / LONG_BITS] = 1UL << (node % LONG_BITS);
	return syscall(SYS_set_mempolicy, MPOL_BIND, mask, MAX_NODES + 1);
}

static int hold_mapping(size_t size, int flags, int fd)
{
	void *at;

	at = mmap(NULL, size, fd < 0 ? PROT_READ | PROT_WRITE : PROT_READ,
		  flags, fd, 0);
	if (at == MAP_FAILED)
		return fail("mmap");
	if (fd >= 0)
		return madvise(at, size, MADV_POPULATE_READ) ?
		       fail("madvise") : 0;
	/* small pages: their number is what the test expects */
	if (!(flags & MAP_HUGETLB) && madvise(at, size, MADV_NOHUGEPAGE))
		return fail("madvise");
	memset(at, 0x5a, size);
	return 0;
}

static int hold_locked(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return fail("mmap");
	if (madvise(at, size, MADV_NOHUGEPAGE) || mlock(at, size))
		return fail("mlock");
	return 0;
}

/* The zero page is enough to need a page table, which is what we want. */
static int hold_tables(size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE), i, tables = size / page;
	size_t span = page / sizeof(long) * page; /* what one of them maps */
	char *at;

	at = mmap(NULL, tables * span, PROT_READ, MAP_PRIVATE |
		  MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (at == MAP_FAILED)
		return fail("mmap");
	if (madvise(at, tables * span, MADV_NOHUGEPAGE))
		return fail("madvise");
	for (i = 0; i < tables; i++)
		if (madvise(at + i * span, page, MADV_POPULATE_READ))
			return fail("madvise");
	return 0;
}

static int hold_uring(size_t size)
{
	struct io_uring_params params = { 0 };
	struct iovec buffer = { .iov_len = size };
	int ring;

	buffer.iov_base = mmap(NULL, size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (buffer.iov_base == MAP_FAILED)
		return fail("mmap");
	if (madvise(buffer.iov_base, size, MADV_NOHUGEPAGE))
		return fail("madvise");
	memset(buffer.iov_base, 0x5a, size);
	ring = syscall(SYS_io_uring_setup, 1, &params);
	if (ring < 0)
		return fail("io_uring_setup");
	if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS,
		    &buffer, 1))
		return fail("io_uring_register");
	return 0;
}

static void survive(int sig)
{
	(void)sig;
}

/* Some kernels send SIGBUS at once, some when the page is used. */
static int hold_poisoned(size_t size)
{
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return fail("mmap");
	if (madvise(at, size, MADV_NOHUGEPAGE))
		return fail("madvise");
	memset(at, 0x5a, size);
	signal(SIGBUS, survive);
	return madvise(at, sysconf(_SC_PAGESIZE), MADV_HWPOISON) ?
	       fail("MADV_HWPOISON") : 0;
}

static int hold(const char *kind, size_t size, const char *path)
{
	int fd = -1;

	if (!strcmp(kind, "anon"))
		return hold_mapping(size, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (!strcmp(kind, "shmem"))
		return hold_mapping(size, MAP_SHARED | MAP_ANONYMOUS, -1);
	if (!strcmp(kind, "hugetlb"))
		return hold_mapping(size, MAP_PRIVATE | MAP_ANONYMOUS |
				    MAP_HUGETLB, -1);
	if (!strcmp(kind, "mlock"))
		return hold_locked(size);
	if (!strcmp(kind, "tables"))
		return hold_tables(size);
	if (!strcmp(kind, "uring"))
		return hold_uring(size);
	if (!strcmp(kind, "poison"))
		return hold_poisoned(size);
	if (strcmp(kind, "file") || !path) {
		fprintf(stderr, "node_hold: unknown kind %s\n", kind);
		return 2;
	}
	fd = open(path, O_RDONLY);
	return fd < 0 ? fail(path) : hold_mapping(size, MAP_SHARED, fd);
}

int main(int argc, char **argv)
{
	long node, kib;
	int rc;

	node = argc >= 4 ? atol(argv[2]) : -1;
	kib = argc >= 4 ? atol(argv[3]) : 0;
	if (node < 0 || node >= MAX_NODES || kib <= 0) {
		fprintf(stderr, "usage: node_hold KIND NODE KIB [FILE]\n");
		return 2;
	}
	if (use_node(node))
		return fail("set_mempolicy");
	rc = hold(argv[1], (size_t)kib << 10, argv[4]);
	if (rc)
		return rc;
	printf("holding %ld\n", kib);
	fflush(stdout);
	pause();
	return 0;
}
