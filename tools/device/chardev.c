// SPDX-License-Identifier: GPL-2.0-only
/*
 * The character device /dev/daxX.Y: which process uses it, and what its first
 * pages hold. It can be mapped but not read, so libblkid gets a copy.
 */
#include "device/dax.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/path.h"

/* No filesystem puts its first superblock behind this. */
#define COPY_SIZE (2UL << 20)

struct user_search {
	const char *device;
	const char *pid;
	struct chardev_user *user;
};

/* Another root directory may stand before /dev. */
static bool is_chardev(const char *path, const char *device)
{
	char end[64];
	size_t len = strlen(path), end_len;

	end_len = snprintf(end, sizeof(end), "/dev/%s", device);
	return len >= end_len && !strcmp(path + len - end_len, end);
}

static int each_descriptor(const char *fd, void *arg)
{
	const struct user_search *search = arg;
	char target[PATH_MAX];
	ssize_t len;

	len = readlink(path_of("/proc/%s/fd/%s", search->pid, fd), target,
		       sizeof(target) - 1);
	target[len < 0 ? 0 : len] = '\0';
	return is_chardev(target, search->device);
}

static bool has_open(const struct user_search *search)
{
	char dir[64];

	snprintf(dir, sizeof(dir), "/proc/%s/fd", search->pid);
	return path_each(dir, each_descriptor, (void *)search) > 0;
}

static bool has_mapped(const struct user_search *search)
{
	bool found = false;
	char *line = NULL;
	size_t size = 0;
	FILE *maps;

	if (path_fopen(&maps, "/proc/%s/maps", search->pid))
		return false;
	while (!found && getline(&line, &size, maps) > 0) {
		line[strcspn(line, "\n")] = '\0';
		found = is_chardev(line, search->device);
	}
	free(line);
	fclose(maps);
	return found;
}

static int each_process(const char *pid, void *arg)
{
	struct user_search *search = arg;
	struct chardev_user *user = search->user;
	__u64 number;

	if (!name_number(&number, pid, ""))
		return 0;
	search->pid = pid;
	user->mapped = has_mapped(search);
	if (!user->mapped && !has_open(search))
		return 0;
	user->pid = number;
	if (path_read(user->command, sizeof(user->command), "/proc/%s/comm",
		      pid))
		strcpy(user->command, "?");
	return 1;
}

bool chardev_find_user(struct chardev_user *user, const char *name)
{
	struct user_search search = { .device = name, .user = user };

	return path_each("/proc", each_process, &search) > 0;
}

/*
 * Copies the first pages into a file in memory that is as large as the device.
 * The kernel does the copying: broken memory is an error then, not a SIGBUS.
 */
static int copy_pages(int copy, int chardev, const struct dax_dev *dev)
{
	size_t len = COPY_SIZE, mapped = COPY_SIZE;
	ssize_t done;
	void *pages;

	if (dev->align > mapped)
		mapped = dev->align;
	if (dev->size < len)
		len = dev->size;
	if (ftruncate(copy, dev->size))
		return -errno;
	pages = mmap(NULL, mapped, PROT_READ, MAP_SHARED, chardev, 0);
	if (pages == MAP_FAILED)
		return -errno;
	done = pwrite(copy, pages, len, 0);
	munmap(pages, mapped);
	return done > 0 ? 0 : -EIO;
}

/* PMDK writes the name of a pool's kind at its very start. */
static bool find_pmdk(struct chardev_content *content, int copy)
{
	static const char * const kinds[] = {
		"PMEMOBJ", "PMEMBLK", "PMEMLOG", "PMEMCTO", "PMEMPOOL",
		"POOLSET",
	};
	char start[9] = "";
	size_t i;

	if (pread(copy, start, sizeof(start) - 1, 0) < 0)
		return false;
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strncmp(start, kinds[i], strlen(kinds[i])))
			strcpy(content->signature, kinds[i]);
	return *content->signature;
}

static int find_by_blkid(struct chardev_content *content, int copy)
{
	blkid_probe probe = need_memory(blkid_new_probe());
	const char *type;
	int rc;

	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE);
	blkid_probe_enable_partitions(probe, 1);
	rc = blkid_probe_set_device(probe, copy, 0, 0) ? -EIO :
	     blkid_do_probe(probe);
	if (!rc && (!blkid_probe_lookup_value(probe, "TYPE", &type, NULL) ||
		    !blkid_probe_lookup_value(probe, "PTTYPE", &type, NULL)))
		snprintf(content->signature, sizeof(content->signature), "%s",
			 type);
	blkid_free_probe(probe);
	return rc < 0 ? -EIO : 0;
}

/* FNV-1a tells whether the pages have changed; nobody forges them. */
static int hash_pages(struct chardev_content *content, int copy)
{
	unsigned char page[4096];
	size_t at;
	ssize_t i, len;

	content->hash = 0xcbf29ce484222325ULL;
	for (at = 0; at < COPY_SIZE; at += len) {
		len = pread(copy, page, sizeof(page), at);
		if (len < 0)
			return -errno;
		if (!len)
			break;
		for (i = 0; i < len; i++)
			content->hash = (content->hash ^ page[i]) *
					0x100000001b3ULL;
	}
	return 0;
}

int chardev_read(struct chardev_content *content, const struct dax_dev *dev)
{
	int chardev, copy, rc;

	memset(content, 0, sizeof(*content));
	chardev = path_open("/dev/%s", dev->name);
	if (chardev < 0)
		return chardev;
	copy = memfd_create("pages", MFD_CLOEXEC);
	rc = copy < 0 ? -errno : copy_pages(copy, chardev, dev);
	close(chardev);
	if (!rc && !find_pmdk(content, copy))
		rc = find_by_blkid(content, copy);
	if (!rc && *content->signature)
		rc = hash_pages(content, copy);
	if (copy >= 0)
		close(copy);
	return rc;
}
