// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads and writes files of the kernel, finds the devices and their blocks,
 * loads and unloads kmem, gathers text.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "random.h"

const char *const word_names[NR_WORDS] = {
	"unplugged", "offline", "online", "online_kernel", "online_movable",
	"policy", "nonsense"
};

struct settings settings;

static char module_path[128];

/* 0 or an errno */
int put(const char *path, const char *word)
{
	int fd, rc = 0;

	fd = open(path, O_WRONLY);
	if (fd < 0)
		return errno;
	if (write(fd, word, strlen(word)) < 0)
		rc = errno;
	close(fd);
	return rc;
}

void say(struct text *to, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(to->at, to->room, format, args);
	va_end(args);
	if (n > 0 && (size_t)n < to->room) {
		to->at += n;
		to->room -= n;
	}
}

/* The first line; 0 or an errno */
int get(const char *path, char *text, size_t size)
{
	ssize_t n;
	int fd, rc = 0;

	*text = '\0';
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return errno;
	n = read(fd, text, size - 1);
	if (n < 0)
		rc = errno;
	text[n < 0 ? 0 : n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	close(fd);
	return rc;
}

/* -1 if the file is not there */
long get_number(const char *path, int base)
{
	char text[64];

	return get(path, text, sizeof(text)) ? -1 : strtol(text, NULL, base);
}

/* -1 if it is none */
int word_of(const char *text)
{
	int i;

	for (i = 0; i < NR_WORDS; i++)
		if (!strcmp(text, word_names[i]))
			return i;
	return -1;
}

bool find_device(struct device *dev, const char *name)
{
	unsigned long start, end;
	char path[96];

	snprintf(dev->name, sizeof(dev->name), "%s", name);
	snprintf(path, sizeof(path), "/sys/bus/dax/devices/%s/target_node",
		 name);
	dev->node = get_number(path, 10);
	snprintf(path, sizeof(path), "/sys/bus/dax/devices/%s/resource", name);
	start = get_number(path, 16);
	snprintf(path, sizeof(path), "/sys/bus/dax/devices/%s/size", name);
	dev->size = get_number(path, 10);
	end = start + dev->size;
	snprintf(path, sizeof(path), "/sys/bus/dax/devices/%s/mapping", name);
	dev->divisible = !access(path, F_OK);

	dev->first = (start + settings.block_size - 1) / settings.block_size;
	dev->nr = end / settings.block_size - dev->first;
	return dev->node >= 0 && dev->nr > 0 && dev->nr <= MAX_BLOCKS;
}

/*
 * Where DKMS puts it. It may be compressed in a way that the kernel does not
 * read itself.
 */
bool find_module(void)
{
	struct utsname u;
	char command[256];

	uname(&u);
	snprintf(module_path, sizeof(module_path),
		 "/lib/modules/%s/updates/dkms/kmem.ko", u.release);
	if (!access(module_path, F_OK))
		return true;
	snprintf(command, sizeof(command), "unxz -c %s.xz >/tmp/kmem.ko",
		 module_path);
	snprintf(module_path, sizeof(module_path), "/tmp/kmem.ko");
	return !system(command);
}

int load_module(void)
{
	int fd, rc = 0;

	fd = open(module_path, O_RDONLY);
	if (fd < 0)
		return errno;
	if (syscall(SYS_finit_module, fd, "", 0))
		rc = errno;
	close(fd);
	return rc;
}

int unload_module(void)
{
	return syscall(SYS_delete_module, "kmem", O_NONBLOCK) ? errno : 0;
}
