// SPDX-License-Identifier: GPL-2.0-only
/*
 * dax_use: use the character device of a dax device, which can be mapped but
 * not read or written. "open" and "map" hold it and wait to be killed; "write"
 * puts text at an offset.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int fail(const char *what)
{
	fprintf(stderr, "dax_use: %s: %s\n", what, strerror(errno));
	return 1;
}

/* The alignment of the device, of which a mapping is a multiple. */
static unsigned long map_size(const char *file)
{
	unsigned long align = 0;
	char path[128];
	FILE *attr;

	snprintf(path, sizeof(path), "/sys/bus/dax/devices/%s/align",
		 basename(file));
	attr = fopen(path, "r");
	if (attr && fscanf(attr, "%lu", &align) != 1)
		align = 0;
	if (attr)
		fclose(attr);
	return align;
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
	unsigned long offset, size;
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
	size = map_size(argv[2]);
	at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return fail("mmap");
	/* the mapping alone is what a test wants to be found */
	close(fd);
	if (!strcmp(verb, "map")) {
		hold();
		return 0;
	}
	offset = strtoul(argv[3], NULL, 0);
	if (offset + strlen(argv[4]) > size) {
		fprintf(stderr, "dax_use: offset too large\n");
		return 2;
	}
	memcpy(at + offset, argv[4], strlen(argv[4]));
	return 0;
}
