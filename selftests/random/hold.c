// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes that hold memory of a device's node: locked, pinned, a lot of it;
 * and pages that hwpoison takes away.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/mempolicy.h>

#include "random.h"

#define MAX_HOLDERS	64

/* What a holder tells its parent. */
struct word_of_holder {
	int error;
	unsigned long block;
};

static struct {
	pid_t pid;
	int node;
} holders[MAX_HOLDERS];

static void *map_on_node(int node, size_t size)
{
	unsigned long mask = 1UL << node;
	char *at;

	at = mmap(NULL, size, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return NULL;
	/*
	 * Not MPOL_BIND: the kernel would kill us while the node goes away. Not
	 * MPOL_PREFERRED: Linux 6.1 warns of huge pages from an offline node.
	 */
	if (syscall(SYS_mbind, at, size, MPOL_PREFERRED_MANY, &mask,
		    8 * sizeof(mask), 0))
		return NULL;
	/* Much of it is large pages, which are faster to get. */
	madvise(at, size, MADV_HUGEPAGE);
	memset(at, 0x5a, size);
	return at;
}

/* Number of the memory block that a page lies in, for root. */
static unsigned long block_of(const void *at)
{
	unsigned long entry = 0;
	int fd;

	fd = open("/proc/self/pagemap", O_RDONLY);
	if (fd < 0)
		return 0;
	if (pread(fd, &entry, sizeof(entry),
		  (unsigned long)at / settings.page_size * sizeof(entry)) != sizeof(entry))
		entry = 0;
	close(fd);
	return (entry & ((1UL << 55) - 1)) * settings.page_size /
	       settings.block_size;
}

/*
 * A page in the block that is asked for: the kernel fills one block after the
 * other, so take large pages until one is there. NULL if none is.
 */
static void *map_in_block(const struct device *dev, int block)
{
	unsigned long mask = 1UL << dev->node, at, end, start;
	size_t size = dev->nr * settings.block_size, huge = settings.huge_size;

	start = (unsigned long)mmap(NULL, size + huge, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS |
				    MAP_NORESERVE, -1, 0);
	if ((void *)start == MAP_FAILED)
		return NULL;
	end = start + size;
	if (syscall(SYS_mbind, start, size + huge, MPOL_PREFERRED_MANY, &mask,
		    8 * sizeof(mask), 0))
		end = start;
	madvise((void *)start, size + huge, MADV_HUGEPAGE);
	for (at = (start + huge - 1) & ~(huge - 1); at < end; at += huge) {
		memset((void *)at, 0x5a, 1);
		if (block_of((void *)at) == dev->first + block)
			break;
	}
	if (at >= end) {
		munmap((void *)start, size + huge);
		return NULL;
	}
	munmap((void *)start, at - start);
	munmap((void *)(at + huge), start + size - at);
	return (void *)at;
}

static int pin(void *at)
{
	struct iovec page = { .iov_base = at, .iov_len = settings.page_size };
	int ends[2];

	if (pipe(ends))
		return errno;
	return vmsplice(ends[1], &page, 1, 0) < 0 ? errno : 0;
}

static struct word_of_holder take(const struct op *op)
{
	size_t size = op->kind == OP_HOLD ? 16UL << 20 :
		      op->kind == OP_MLOCK ? 1UL << 20 : settings.page_size;
	struct word_of_holder word = { 0 };
	const struct device *dev = &settings.device[op->device];
	void *at = NULL;

	if ((op->kind == OP_PIN || op->kind == OP_POISON) && op->block)
		at = map_in_block(dev, op->block % dev->nr);
	if (!at)
		at = map_on_node(dev->node, size);
	if (!at) {
		word.error = errno;
		return word;
	}
	if (op->kind == OP_MLOCK && mlock(at, size))
		word.error = errno;
	if (op->kind == OP_PIN)
		word.error = pin(at);
	/* It stays where it is from now on. */
	word.block = block_of(at);
	if (op->kind == OP_POISON && madvise(at, settings.page_size, MADV_HWPOISON))
		word.error = errno;
	return word;
}

/* Some kernels send SIGBUS at once, some when the page is used. */
static void survive(int signal)
{
	(void)signal;
}

static void be_holder(const struct op *op, int answer)
{
	struct word_of_holder word;
	ssize_t n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGBUS, survive);
	word = take(op);
	n = write(answer, &word, sizeof(word));
	close(answer);
	if (n != sizeof(word) || word.error || op->kind == OP_POISON)
		_exit(0);
	for (;;)
		pause();
}

static void note(pid_t pid, int node)
{
	int i;

	for (i = 0; i < MAX_HOLDERS; i++)
		if (!holders[i].pid) {
			holders[i].pid = pid;
			holders[i].node = node;
			return;
		}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

struct outcome hold(const struct op *op)
{
	struct word_of_holder word = { 0 };
	struct outcome out = { 0 };
	int answer[2];
	pid_t pid;

	if (pipe(answer)) {
		out.result = errno;
		return out;
	}
	pid = fork();
	if (!pid) {
		close(answer[0]);
		be_holder(op, answer[1]);
	}
	close(answer[1]);
	/* Killed for a bad page or for lack of memory: no word. */
	if (read(answer[0], &word, sizeof(word)) != sizeof(word))
		word.error = EIO;
	close(answer[0]);
	out.result = word.error;
	out.block = word.block;
	if (word.error || op->kind == OP_POISON)
		waitpid(pid, NULL, 0);
	else
		note(pid, settings.device[op->device].node);
	return out;
}

/* A process that was forked holds nothing itself. */
void hold_nothing(void)
{
	memset(holders, 0, sizeof(holders));
}

/* All of them if @node is negative. */
void release(int node)
{
	int i;

	for (i = 0; i < MAX_HOLDERS; i++) {
		if (!holders[i].pid ||
		    (node >= 0 && holders[i].node != node))
			continue;
		kill(holders[i].pid, SIGKILL);
		waitpid(holders[i].pid, NULL, 0);
		holders[i].pid = 0;
	}
}
