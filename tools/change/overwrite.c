// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keeps a device that is in use, or that holds data, from becoming memory.
 * Old contents of RAM are no data: "offline" notes below /run what it left.
 */
#include "change/change.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/path.h"

/* By the lowest address, since the name of a device may change. */
#define NOTE "/run/kmemctl-ram-%llx"

#define OR_FORCE "or use --force (in kmemctl.conf: overwrite = yes)"

static bool is_old_ram(const struct dax_dev *dev, __u64 hash)
{
	__u64 noted;

	return !path_read_u64(&noted, 16, NOTE, dev->ranges[0].start) &&
	       noted == hash;
}

/* Memory blocks that exist already, left by an unbind, were RAM. */
static int check_signature(const struct dax_dev *dev,
			   const struct block_set *blocks)
{
	struct chardev_content content;
	int rc;

	if (blocks->nr || !dev->nr_ranges)
		return 0;
	rc = chardev_read(&content, dev);
	if (rc && talk == TALK_VERBOSE)
		fprintf(stderr,
			"kmemctl: %s: cannot check it for data: /dev/%s: %s\n",
			dev->name, dev->name, why(rc));
	if (rc || !*content.signature || is_old_ram(dev, content.hash))
		return 0;
	return fail(EX_REFUSED, "save what it holds, " OR_FORCE,
		    "it begins with a signature of %s, so it may hold data",
		    content.signature);
}

int overwrite_check(const struct dax_dev *dev, const struct block_set *blocks,
		    bool force)
{
	struct chardev_user user;
	int rc;

	if (strcmp(dev->driver, DEVDAX_DRIVER))
		return 0;
	rc = !chardev_find_user(&user, dev->name) ?
	     check_signature(dev, blocks) :
	     fail(EX_REFUSED, "stop that process, " OR_FORCE,
		  "/dev/%s is %s by process %d (%s)", dev->name,
		  user.mapped ? "mapped" : "held open", user.pid,
		  user.command);
	if (!rc || !force)
		return rc;
	fprintf(stderr, "kmemctl: %s: %s; overwritten as asked\n", dev->name,
		fail_text());
	fail_forget();
	return 0;
}

void overwrite_note_ram(const struct dax_dev *dev,
			const struct block_set *before)
{
	struct chardev_content content;
	int fd;

	/* where any of it was RAM, the rest is no filesystem any more */
	if (dry_run || !dev->nr_ranges || !blocks_online(before) ||
	    chardev_read(&content, dev) || !*content.signature)
		return;
	fd = open(path_of(NOTE, dev->ranges[0].start),
		  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	dprintf(fd, "%016llx\n", content.hash);
	close(fd);
}
