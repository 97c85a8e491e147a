// SPDX-License-Identifier: GPL-2.0-only
/*
 * dax_use: use the character device of a dax device, which can be mapped but
 * not read or written. "open" and "map" hold it and wait to be killed; "write"
 * puts text at an offset.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAP_SIZE	(2UL << 20)	/* the alignment of the device */

static int fail(const char *what)
{
	fprintf(stderr, "dax_use: %s: %s\n", what, strerror(errno));
	return 1;
}

static void hold(void)
{
	puts("holding");
	fflush(stdout);
	pause();
}

int main(int argc, char **argv)
{
	const char *verb = argc > 2 ? argv[1] : "";
	unsigned long offset;
	char *at;
	int fd;

	if (argc != (strcmp(verb, "write") ? 3 : 5)) {
		fprintf(stderr,
			"usage: dax_use open|map FILE, dax_use write FILE OFFSET TEXT\n");
		return 2;
	}
	fd = open(argv[2], O_RDWR);
	if (fd < 0)
		return fail(argv[2]);
	if (!strcmp(verb, "open")) {
		hold();
		return 0;
	}
	at = mmap(NULL, MAP_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return fail("mmap");
	/* the mapping alone is what a test wants to be found */
	close(fd);
	if (!strcmp(verb, "map")) {
		hold();
		return 0;
	}
	offset = strtoul(argv[3], NULL, 0);
	if (offset + strlen(argv[4]) > MAP_SIZE) {
		fprintf(stderr, "dax_use: offset too large\n");
		return 2;
	}
	memcpy(at + offset, argv[4], strlen(argv[4]));
	return 0;
}
