// SPDX-License-Identifier: GPL-2.0-only
/*
 * A tree of plain files that looks like sysfs: reading and writing them.
 */
#include "tree.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *env(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

int errno_of(const char *name)
{
	static const struct {
		const char *name;
		int value;
	} known[] = {
		{ "EBUSY", EBUSY }, { "EIO", EIO }, { "EINTR", EINTR },
		{ "EINVAL", EINVAL }, { "ENODEV", ENODEV },
		{ "EACCES", EACCES }, { "ENOMEM", ENOMEM },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(known[i].name, name))
			return known[i].value;
	fprintf(stderr, "fake kernel: unknown errno %s\n", name);
	abort();
}

char *at(const char *fmt, ...)
{
	static char paths[8][PATH_MAX];
	static unsigned int next;
	char *path = paths[next++ % 8];
	va_list args;
	int len;

	len = snprintf(path, PATH_MAX, "%s/", env("FAKE_ROOT"));
	va_start(args, fmt);
	vsnprintf(path + len, PATH_MAX - len, fmt, args);
	va_end(args);
	return path;
}

void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return;
	fprintf(f, "%s\n", text);
	fclose(f);
}

void get(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "r");

	*text = '\0';
	if (!f)
		return;
	if (fgets(text, size, f))
		text[strcspn(text, "\n")] = '\0';
	fclose(f);
}

bool driver_is(const char *dev, const char *driver)
{
	char link[PATH_MAX];
	ssize_t len = readlink(at("sys/bus/dax/devices/%s/driver", dev), link,
			       sizeof(link) - 1);

	if (len < 0)
		return !driver;
	link[len] = '\0';
	return driver && !strcmp(strrchr(link, '/') + 1, driver);
}
