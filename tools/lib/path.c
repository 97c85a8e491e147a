// SPDX-License-Identifier: GPL-2.0-only
/*
 * The only file that reads the system. Every value is checked here: length,
 * characters, range; callers get a clean value or a negative errno.
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

#include "lib/pending.h"

/* Far more than any file of settings has, so that none can eat all memory. */
#define SLURP_MAX (16UL << 20)

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

static int vform(char *path, size_t size, const char *fmt, va_list args)
{
	size_t used = strlen(root);
	int len;

	if (used >= size)
		return -ENAMETOOLONG;
	memcpy(path, root, used + 1);
	len = vsnprintf(path + used, size - used, fmt, args);
	return (size_t)len < size - used ? 0 : -ENAMETOOLONG;
}

/* Whether a dry run would have changed this file; the path has --sysroot. */
static bool find_put(const char *path, const char **text)
{
	return pending_find(path + strlen(root), text);
}

/* vform() with the argument fmt of the function it stands in, and what follows. */
#define form_path(rc, path, size) do { \
	va_list args; \
	va_start(args, fmt); \
	(rc) = vform(path, size, fmt, args); \
	va_end(args); \
} while (0)

int path_form(char *path, size_t size, const char *fmt, ...)
{
	int rc;

	form_path(rc, path, size);
	return rc;
}

bool path_exists(const char *fmt, ...)
{
	char path[PATH_MAX];
	const char *put;
	int rc;

	form_path(rc, path, sizeof(path));
	if (!rc && find_put(path, &put))
		return put;
	return !rc && !access(path, F_OK);
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

/* The kernel gives a value in one piece, so the end need not be read as well. */
static int read_all(const char *path, char *buf, size_t size)
{
	const char *put;
	ssize_t n;
	int fd, rc;

	if (find_put(path, &put)) {
		if (!put)
			return -ENOENT;
		return (size_t)snprintf(buf, size, "%s", put) < size ?
		       0 : -EBADMSG;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	do {
		n = read(fd, buf, size);
	} while (n < 0 && errno == EINTR);
	rc = n < 0 ? -errno : 0;
	close(fd);
	if (rc)
		return rc;
	return (size_t)n < size ? check_text(buf, n) : -EBADMSG;
}

int path_read(char *buf, size_t size, const char *fmt, ...)
{
	char path[PATH_MAX];
	int rc;

	form_path(rc, path, sizeof(path));
	return rc ? rc : read_all(path, buf, size);
}

int path_read_u64(__u64 *value, int base, const char *fmt, ...)
{
	char path[PATH_MAX], text[64], *end;
	int rc;

	form_path(rc, path, sizeof(path));
	if (!rc)
		rc = read_all(path, text, sizeof(text));
	if (rc)
		return rc;
	/* strtoull() would take a sign and leading blanks as well */
	if (!isxdigit((unsigned char)text[0]))
		return -EBADMSG;
	errno = 0;
	*value = strtoull(text, &end, base);
	if (*end)
		return -EBADMSG;
	return errno == ERANGE ? -EOVERFLOW : 0;
}

int path_read_int(int *value, const char *fmt, ...)
{
	char path[PATH_MAX], text[64], *end;
	long number;
	int rc;

	form_path(rc, path, sizeof(path));
	if (!rc)
		rc = read_all(path, text, sizeof(text));
	if (rc)
		return rc;
	if (!isdigit((unsigned char)text[text[0] == '-']))
		return -EBADMSG;
	errno = 0;
	number = strtol(text, &end, 10);
	if (*end)
		return -EBADMSG;
	if (errno == ERANGE || number < INT_MIN || number > INT_MAX)
		return -EOVERFLOW;
	*value = number;
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
	if (talk() == TALK_VERBOSE)
		fprintf(stderr, WRITE_AS "\n", value, path + strlen(root));
	n = write(fd, value, strlen(value));
	if (n < 0)
		rc = -errno;
	else if ((size_t)n != strlen(value))
		rc = -EIO;
	close(fd);
	return rc;
}

int path_write(const char *value, const char *fmt, ...)
{
	char path[PATH_MAX];
	int rc;

	form_path(rc, path, sizeof(path));
	if (rc)
		return rc;
	if (dry_run && !path_exists("%s", path + strlen(root)))
		return -ENOENT;
	if (dry_run)
		return dry_run->write(path + strlen(root), value);
	do {
		rc = write_once(path, value);
	} while (rc == -EINTR && !(writes_ended && writes_ended()));
	return rc;
}

int path_link(char *buf, size_t size, const char *fmt, ...)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *base;
	ssize_t len;
	int rc;

	form_path(rc, path, sizeof(path));
	if (rc)
		return rc;
	if (find_put(path, &base)) {
		snprintf(buf, size, "%s", base ? base : "");
		return base ? 0 : -ENOENT;
	}
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = '\0';
	base = strrchr(target, '/');
	base = base ? base + 1 : target;
	return (size_t)snprintf(buf, size, "%s", base) < size ? 0 : -EBADMSG;
}

/* Nothing but a plain file: a pipe would make us wait for ever. */
static int open_plain(const char *path)
{
	const char *put;
	struct stat st;
	int fd, rc = 0;

	if (find_put(path, &put) && !put)
		return -ENOENT;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		rc = -errno;
	else if (S_ISDIR(st.st_mode))
		rc = -EISDIR;
	else if (!S_ISREG(st.st_mode))
		rc = -EINVAL;
	if (rc)
		close(fd);
	return rc ? rc : fd;
}

int path_read_whole(char **data, size_t *len, const char *fmt, ...)
{
	size_t size = 4096;
	char path[PATH_MAX];
	ssize_t n;
	int fd;

	form_path(fd, path, sizeof(path));
	if (!fd)
		fd = open_plain(path);
	if (fd < 0)
		return fd;
	*data = need_memory(malloc(size));
	*len = 0;
	while ((n = read(fd, *data + *len, size - *len - 1)) > 0 ||
	       (n < 0 && errno == EINTR)) {
		*len += n > 0 ? n : 0;
		if (*len == size - 1) {
			size *= 2;
			*data = need_memory(realloc(*data, size));
		}
		if (*len > SLURP_MAX) {
			n = -1;
			errno = EFBIG;
			break;
		}
	}
	n = n < 0 ? -errno : 0;
	close(fd);
	(*data)[*len] = '\0';
	if (n)
		free(*data);
	return n;
}

int path_real(char *buf, size_t size, const char *fmt, ...)
{
	char path[PATH_MAX], real[PATH_MAX], top[PATH_MAX] = "";
	int rc;

	form_path(rc, path, sizeof(path));
	if (rc)
		return rc;
	if (!realpath(path, real) || (*root && !realpath(root, top)))
		return -errno;
	if (strncmp(real, top, strlen(top)) || real[strlen(top)] != '/')
		return -EXDEV;
	return (size_t)snprintf(buf, size, "%s", real + strlen(top)) < size ?
	       0 : -ENAMETOOLONG;
}

/* Left out: what would be there all the same, or would not be there. */
static bool is_put(const char *dir, const char *name)
{
	char path[PATH_MAX];
	const char *put;

	return (size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) <
	       sizeof(path) && pending_find(path, &put);
}

int path_each(const char *dir, int (*each)(const char *name, void *arg),
		void *arg)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int rc;
	DIR *d;

	rc = path_form(path, sizeof(path), "%s", dir);
	if (rc)
		return rc;
	d = opendir(path);
	if (!d)
		return -errno;
	while (!rc) {
		errno = 0;
		entry = readdir(d);
		if (!entry) {
			rc = -errno;
			break;
		}
		if (!is_put(dir, entry->d_name))
			rc = each(entry->d_name, arg);
	}
	closedir(d);
	return rc ? rc : pending_names(dir, each, arg);
}

static int open_path(const char *fmt, va_list args)
{
	char path[PATH_MAX];
	int rc, fd;

	rc = vform(path, sizeof(path), fmt, args);
	if (rc)
		return rc;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

int path_open(const char *fmt, ...)
{
	va_list args;
	int fd;

	va_start(args, fmt);
	fd = open_path(fmt, args);
	va_end(args);
	return fd;
}

int path_fopen(FILE **stream, const char *fmt, ...)
{
	va_list args;
	int fd;

	va_start(args, fmt);
	fd = open_path(fmt, args);
	va_end(args);
	if (fd < 0)
		return fd;
	*stream = need_memory(fdopen(fd, "r"));
	return 0;
}

int path_inode(__u64 *inode, const char *fmt, ...)
{
	char path[PATH_MAX];
	struct stat st;
	va_list args;
	int rc;

	va_start(args, fmt);
	rc = vform(path, sizeof(path), fmt, args);
	va_end(args);
	if (rc)
		return rc;
	if (stat(path, &st))
		return -errno;
	*inode = st.st_ino;
	return 0;
}
