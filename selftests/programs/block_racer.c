// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes words to the state of memory blocks, as an agent would that does not
 * know of dax-kmem: over and over, or as udev, once to each block as soon as it
 * is there. Ends when told by SIGTERM. Prints how many writes worked, were refused
 * as busy, and failed otherwise.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* SIGTERM is blocked: it waits to be asked for. */
static int ended(void)
{
	sigset_t pending;

	sigpending(&pending);
	return sigismember(&pending, SIGTERM);
}

/* 0 or an errno; ENOENT while the block does not exist */
static int set_block(unsigned long block, const char *word)
{
	char path[64];
	int fd, rc = 0;

	snprintf(path, sizeof(path),
		 "/sys/devices/system/memory/memory%lu/state", block);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return errno;
	if (write(fd, word, strlen(word)) < 0)
		rc = errno;
	close(fd);
	return rc;
}

static void set_blocks(unsigned long first, unsigned long last, int wait,
		       const char *word, unsigned long *counts)
{
	unsigned long block;
	int rc;

	for (block = first; block <= last && !ended(); block++) {
		while ((rc = set_block(block, word)) == ENOENT && wait &&
		       !ended())
			usleep(1000);
		switch (rc) {
		case 0:
			counts[0]++;
			break;
		case EBUSY:
			counts[1]++;
			break;
		default:
			counts[2]++;
		}
	}
}

int main(int argc, char **argv)
{
	unsigned long first, last, counts[3] = { 0 };
	int i, once = argc > 1 && !strcmp(argv[1], "--once");
	sigset_t term;

	argc -= once;
	argv += once;
	if (argc < 4) {
		fprintf(stderr, "usage: block_racer [--once] FIRST LAST WORD...\n");
		return 2;
	}
	first = strtoul(argv[1], NULL, 10);
	last = strtoul(argv[2], NULL, 10);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);

	do {
		for (i = 3; i < argc; i++)
			set_blocks(first, last, once, argv[i], counts);
	} while (!once && !ended());

	printf("%lu %lu %lu\n", counts[0], counts[1], counts[2]);
	return 0;
}
