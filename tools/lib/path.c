// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files below --sysroot: all that kmemctl reads and writes of the system. Every
 * value is checked here for length, characters and range. In a dry run, a file
 * reads as it would be after the writes that were not made.
 */
#include "lib/path.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Far more than any file of settings has, so that none can eat all memory. */
#define MAX_FILE (16UL << 20)
#define CHUNK (64UL << 10)

static const char *root = "";
static unsigned int writes;
static int (*writes_ended)(void);

void path_set_root(const char *dir)
{
	root = dir;
}

const char *path_root(void)
{
	return root;
}

unsigned int path_writes(void)
{
	return writes;
}

void path_end_writes_when(int (*ended)(void))
{
	writes_ended = ended;
}

/*
 * A path that is too long is cut to a length that the system refuses, so only
 * its calls can fail.
 */
static const char *vform(const char *fmt, va_list args)
{
	static __thread char path[PATH_MAX + 1];
	int used = snprintf(path, sizeof(path), "%s", root);

	if (used < PATH_MAX)
		vsnprintf(path + used, sizeof(path) - used, fmt, args);
	return path;
}

const char *path_of(const char *fmt, ...)
{
	const char *path;
	va_list args;

	va_start(args, fmt);
	path = vform(fmt, args);
	va_end(args);
	return path;
}

/* Whether a dry run would have changed this file. */
static bool would_be(const char *path, const char **text)
{
	return pending_find(path + strlen(root), text);
}

bool file_exists(const char *path)
{
	const char *text;

	return would_be(path, &text) ? !!text : !access(path, F_OK);
}

/* Never waits: a pipe opens at once, too. Returns a descriptor. */
static int open_file(const char *path)
{
	const char *text;
	int fd;

	if (would_be(path, &text) && !text)
		return -ENOENT;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

int path_open(const char *fmt, ...)
{
	va_list args;
	int fd;

	va_start(args, fmt);
	fd = open_file(vform(fmt, args));
	va_end(args);
	return fd;
}

int file_fopen(FILE **stream, const char *path)
{
	int fd = open_file(path);

	if (fd < 0)
		return fd;
	*stream = need_memory(fdopen(fd, "r"));
	return 0;
}

int path_read_at(int fd, void *buf, size_t size, __u64 offset)
{
	ssize_t n = pread(fd, buf, size, offset);

	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EBADMSG;
}

/* A value is one line of printable text; anything else is not sysfs. */
static int check_text(char *buf, size_t len)
{
	size_t i;

	if (len && buf[len - 1] == '\n')
		len--;
	buf[len] = '\0';
	for (i = 0; i < len; i++)
		if (!isprint((unsigned char)buf[i]))
			return -EBADMSG;
	return 0;
}

static ssize_t read_some(int fd, char *buf, size_t size)
{
	ssize_t n;

	do {
		n = read(fd, buf, size);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* One read() is enough: the kernel returns a value in one piece. */
int file_read(char *buf, size_t size, const char *path)
{
	const char *text;
	ssize_t n;
	int fd;

	if (would_be(path, &text) && text)
		return (size_t)snprintf(buf, size, "%s", text) < size ?
		       0 : -EBADMSG;
	fd = open_file(path);
	if (fd < 0)
		return fd;
	n = read_some(fd, buf, size);
	close(fd);
	if (n < 0)
		return n;
	return (size_t)n < size ? check_text(buf, n) : -EBADMSG;
}

static int parse_u64(__u64 *value, int base, const char *text)
{
	char *end;

	/* strtoull() would take a sign and leading blanks as well */
	if (!isxdigit((unsigned char)*text))
		return -EBADMSG;
	errno = 0;
	*value = strtoull(text, &end, base);
	if (*end)
		return -EBADMSG;
	return errno == ERANGE ? -EOVERFLOW : 0;
}

int file_read_u64(__u64 *value, int base, const char *path)
{
	char text[64];
	int rc = file_read(text, sizeof(text), path);

	return rc ? rc : parse_u64(value, base, text);
}

int file_read_int(int *value, const char *path)
{
	char text[64];
	bool negative;
	__u64 number;
	int rc;

	rc = file_read(text, sizeof(text), path);
	if (rc)
		return rc;
	negative = *text == '-';
	rc = parse_u64(&number, 10, text + negative);
	if (rc || number > INT_MAX)
		return rc ? rc : -EOVERFLOW;
	*value = negative ? -(int)number : (int)number;
	return 0;
}

static int write_once(const char *path, const char *value)
{
	ssize_t n;
	int fd, rc = 0;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	writes++;
	if (talk == TALK_VERBOSE)
		fprintf(stderr, WRITE_AS "\n", value, path + strlen(root));
	n = write(fd, value, strlen(value));
	if (n < 0)
		rc = -errno;
	else if ((size_t)n != strlen(value))
		rc = -EIO;
	close(fd);
	return rc;
}

int file_write(const char *value, const char *path)
{
	char copy[PATH_MAX + 1];
	int rc;

	if (dry_run && !file_exists(path))
		return -ENOENT;
	/* what takes the place of the write forms paths itself */
	if (dry_run)
		return dry_run->write(strcpy(copy, path + strlen(root)), value);
	do {
		rc = write_once(path, value);
	} while (rc == -EINTR && !(writes_ended && writes_ended()));
	return rc;
}

int file_link(char *buf, size_t size, const char *path)
{
	char target[PATH_MAX];
	const char *base;
	ssize_t len;

	if (would_be(path, &base)) {
		snprintf(buf, size, "%s", base ? base : "");
		return base ? 0 : -ENOENT;
	}
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = '\0';
	return (size_t)snprintf(buf, size, "%s", basename(target)) < size ?
	       0 : -EBADMSG;
}

/* Anything but a plain file is refused. Returns a descriptor. */
static int open_plain(const char *path)
{
	int fd = open_file(path), rc = 0;
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st))
		rc = -errno;
	else if (!S_ISREG(st.st_mode))
		rc = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if (rc)
		close(fd);
	return rc ? rc : fd;
}

int file_read_whole(char **data, size_t *len, const char *path)
{
	int fd = open_plain(path);
	char *text = NULL;
	ssize_t n;

	if (fd < 0)
		return fd;
	*len = 0;
	do {
		text = need_memory(realloc(text, *len + CHUNK + 1));
		n = read_some(fd, text + *len, CHUNK);
		if (n > 0)
			*len += n;
		if (*len > MAX_FILE)
			n = -EFBIG;
	} while (n > 0);
	close(fd);
	if (n < 0) {
		free(text);
		return n;
	}
	text[*len] = '\0';
	*data = text;
	return 0;
}

int file_real(char *buf, size_t size, const char *path)
{
	char real[PATH_MAX], top[PATH_MAX] = "";

	if (!realpath(path, real) || (*root && !realpath(root, top)))
		return -errno;
	if (strncmp(real, top, strlen(top)) || real[strlen(top)] != '/')
		return -EXDEV;
	return (size_t)snprintf(buf, size, "%s", real + strlen(top)) < size ?
	       0 : -ENAMETOOLONG;
}

/* A dry run would have written or removed it. */
static bool is_pending(const char *dir, const char *name)
{
	char path[PATH_MAX];
	const char *text;

	return (size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) <
	       sizeof(path) && pending_find(path, &text);
}

int path_each(const char *dir, int (*each)(const char *name, void *arg),
	      void *arg)
{
	DIR *d = opendir(path_of("%s", dir));
	struct dirent *entry;
	int rc = 0;

	if (!d)
		return -errno;
	while (!rc) {
		errno = 0;
		entry = readdir(d);
		if (!entry)
			break;
		if (!is_pending(dir, entry->d_name))
			rc = each(entry->d_name, arg);
	}
	if (!rc)
		rc = -errno;
	closedir(d);
	return rc ? rc : pending_names(dir, each, arg);
}
