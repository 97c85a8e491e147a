// SPDX-License-Identifier: GPL-2.0-only
/*
 * attr_noise: write random bytes to an attribute, 1 to 4096 of them at a time:
 * bytes of any value, digits, or a given word with some bytes changed. Prints
 * how many writes were accepted and how many refused. The same seed writes the
 * same bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_BYTES 4096

static void any_bytes(char *buf, size_t len)
{
	while (len)
		buf[--len] = rand();
}

static void digits(char *buf, size_t len)
{
	static const char set[] = "\n0123456789abcdef x-+";

	while (len)
		buf[--len] = set[rand() % (sizeof(set) - 1)];
}

/*
 * The word again and again, with one byte in eight changed, and one to what is
 * in no word. No byte is 0: a word may end there.
 */
static void near_word(char *buf, size_t len, const char *word)
{
	size_t i;

	for (i = 0; i < len; i++)
		buf[i] = rand() % 8 ? word[i % strlen(word)] : 1 + rand() % 255;
	buf[rand() % len] = 0x80 | rand();
}

/* Each write has the file for itself, as each echo does. */
static int write_once(const char *path, const char *buf, size_t len)
{
	int fd = open(path, O_WRONLY);
	ssize_t rc;

	if (fd < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
	rc = write(fd, buf, len);
	close(fd);
	return rc < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	unsigned int i, count, refused = 0;
	char buf[MOST_BYTES];
	size_t len;

	if (argc != 5 || !*argv[4]) {
		fprintf(stderr, "usage: attr_noise FILE SEED COUNT WORD\n");
		return 2;
	}
	srand(strtoul(argv[2], NULL, 0));
	count = strtoul(argv[3], NULL, 0);
	for (i = 0; i < count; i++) {
		/* as many short ones as long ones */
		len = 1 + rand() % (i % 2 ? 16 : MOST_BYTES);
		if (i % 3 == 0)
			any_bytes(buf, len);
		else if (i % 3 == 1)
			digits(buf, len);
		else
			near_word(buf, len, argv[4]);
		refused += write_once(argv[1], buf, len) < 0;
	}
	printf("%u accepted, %u refused\n", count - refused, refused);
	return 0;
}
