// SPDX-License-Identifier: GPL-2.0-only
/*
 * attr_read: reads an attribute over and over, for a test to see what a read
 * costs: more than the start of the program that reads it. Prints what the last
 * read got.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	unsigned long left;
	ssize_t len = -1;
	char buf[4096];
	int fd;

	if (argc != 3) {
		fprintf(stderr, "usage: attr_read FILE COUNT\n");
		return 2;
	}
	fd = open(argv[1], O_RDONLY);
	for (left = strtoul(argv[2], NULL, 10); fd >= 0 && left; left--) {
		len = pread(fd, buf, sizeof(buf), 0);
		if (len <= 0)
			break;
	}
	if (len <= 0) {
		perror(argv[1]);
		return 1;
	}
	fwrite(buf, 1, len, stdout);
	return 0;
}
