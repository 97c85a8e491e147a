// SPDX-License-Identifier: GPL-2.0-only
/*
 * What files would hold after writes that were not made. Each put is an entry
 * of its own in a list, so that the last ones can be taken back; chains by hash
 * lead to the newest entry of a path.
 */
#include "lib/path.h"

#include <stdlib.h>
#include <string.h>

#define NR_CHAINS 65536

struct entry {
	char *path;
	char *text;		/* NULL: the file would not exist */
	size_t older;		/* index + 1 of the next in the chain; 0: none */
};

const struct dry_run *dry_run;

static struct entry *entries;
static size_t nr_entries;
static size_t chains[NR_CHAINS];	/* index + 1 of the newest entry */

static size_t *chain_of(const char *path)
{
	unsigned int hash = 0;

	while (*path)
		hash = hash * 31 + *path++;
	return &chains[hash % NR_CHAINS];
}

void pending_put(const char *path, const char *text)
{
	size_t *chain = chain_of(path);

	entries = grow(entries, nr_entries, sizeof(*entries));
	entries[nr_entries++] = (struct entry){
		.path = need_memory(strdup(path)),
		.text = text ? need_memory(strdup(text)) : NULL,
		.older = *chain,
	};
	*chain = nr_entries;
}

static struct entry *newest(const char *path)
{
	size_t i;

	for (i = *chain_of(path); i; i = entries[i - 1].older)
		if (!strcmp(entries[i - 1].path, path))
			return &entries[i - 1];
	return NULL;
}

bool pending_find(const char *path, const char **text)
{
	const struct entry *entry = newest(path);

	if (entry)
		*text = entry->text;
	return entry;
}

int pending_names(const char *dir, int (*each)(const char *name, void *arg),
		  void *arg)
{
	size_t i, len = strlen(dir);
	const char *path;
	int rc = 0;

	for (i = 0; !rc && i < nr_entries; i++) {
		path = entries[i].path;
		if (!strncmp(path, dir, len) && path[len] == '/' &&
		    !strchr(path + len + 1, '/') && entries[i].text &&
		    newest(path) == &entries[i])
			rc = each(path + len + 1, arg);
	}
	return rc;
}

size_t pending_mark(void)
{
	return nr_entries;
}

void pending_back_to(size_t mark)
{
	struct entry *entry;

	while (nr_entries > mark) {
		entry = &entries[--nr_entries];
		*chain_of(entry->path) = entry->older;
		free(entry->path);
		free(entry->text);
	}
}
