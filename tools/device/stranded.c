// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads dax-kmem's attribute "stranded": a line with name, node and ranges for
 * each device whose memory an unbind left in use.
 */
#include "device/stranded.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/path.h"

static int add_range(struct dax_dev *dev, const char *word)
{
	struct range range;
	char more;

	if (sscanf(word, "%llx-%llx%c", &range.start, &range.end, &more) != 2 ||
	    range.end < range.start)
		return -EBADMSG;
	dev->ranges = need_memory(realloc(dev->ranges, (dev->nr_ranges + 1) *
					  sizeof(range)));
	dev->ranges[dev->nr_ranges++] = range;
	dev->size += range.end - range.start + 1;
	return 0;
}

static int parse_line(struct stranded *all, char *line)
{
	struct dax_dev *dev;
	int rc = 0, used;
	char *word;

	all->records = need_memory(realloc(all->records, (all->nr + 1) *
					   sizeof(*all->records)));
	all->shown = need_memory(realloc(all->shown, (all->nr + 1) *
					 sizeof(*all->shown)));
	dev = &all->records[all->nr];
	memset(dev, 0, sizeof(*dev));
	all->shown[all->nr++] = false;
	dev->numa_node = NO_NODE;
	if (sscanf(line, "%31s %d %n", dev->name, &dev->target_node,
		   &used) != 2)
		return -EBADMSG;
	line += used;
	while (!rc && (word = strsep(&line, " ")))
		rc = add_range(dev, word);
	return rc;
}

int stranded_read(struct stranded *all)
{
	char *text, *rest, *line;
	size_t len;
	int rc;

	memset(all, 0, sizeof(*all));
	rc = path_read_whole(&text, &len, "/sys/bus/dax/drivers/kmem/stranded");
	all->hidden = rc == -EACCES;
	if (rc)
		return rc == -ENOENT || all->hidden ? 0 : rc;
	rest = text;
	while (!rc && (line = strsep(&rest, "\n")))
		if (*line)
			rc = parse_line(all, line);
	free(text);
	return rc;
}

static bool overlap(const struct dax_dev *a, const struct dax_dev *b)
{
	size_t i, k;

	for (i = 0; i < a->nr_ranges; i++)
		for (k = 0; k < b->nr_ranges; k++)
			if (a->ranges[i].start <= b->ranges[k].end &&
			    b->ranges[k].start <= a->ranges[i].end)
				return true;
	return false;
}

void stranded_show_with(struct stranded *all, const struct dax_dev *dev)
{
	size_t i;

	for (i = 0; i < all->nr; i++)
		all->shown[i] |= overlap(&all->records[i], dev) ||
				 (dev->no_permission &&
				  !strcmp(all->records[i].name, dev->name));
}

void stranded_free(struct stranded *all)
{
	size_t i;

	for (i = 0; i < all->nr; i++)
		dax_free(&all->records[i]);
	free(all->records);
	free(all->shown);
}
