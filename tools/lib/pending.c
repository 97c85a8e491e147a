// SPDX-License-Identifier: GPL-2.0-only
/*
 * What files would hold after writes that were not made: a tree of paths, and a
 * journal of what was put, so that the last of it can be taken back.
 */
#include "lib/pending.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

struct file {
	char *path;
	bool known;		/* not: the file is as it is */
	char *text;		/* NULL: not there */
};

/* What a file was before. */
struct change {
	struct file *file;
	bool known;
	char *text;
};

static void *tree;
static struct change *journal;
static size_t nr_changes;

static int by_path(const void *a, const void *b)
{
	const struct file *left = a, *right = b;

	return strcmp(left->path, right->path);
}

static struct file *find_or_add(const char *path)
{
	struct file *file = need_memory(calloc(1, sizeof(*file)));
	struct file *found;

	file->path = need_memory(strdup(path));
	found = *(struct file **)need_memory(tsearch(file, &tree, by_path));
	if (found == file)
		return file;
	free(file->path);
	free(file);
	return found;
}

void pending_put(const char *path, const char *text)
{
	struct file *file = find_or_add(path);

	/* in powers of two */
	if (!(nr_changes & (nr_changes - 1)))
		journal = need_memory(realloc(journal,
					      (nr_changes ? 2 * nr_changes :
							    1) *
					      sizeof(*journal)));
	journal[nr_changes++] = (struct change){
		.file = file,
		.known = file->known,
		.text = file->text,
	};
	file->known = true;
	file->text = text ? need_memory(strdup(text)) : NULL;
}

bool pending_find(const char *path, const char **text)
{
	struct file key = { .path = (char *)path }, *const *found;

	found = tree ? tfind(&key, &tree, by_path) : NULL;
	if (!found || !(*found)->known)
		return false;
	*text = (*found)->text;
	return true;
}

struct walk {
	const char *dir;
	int (*each)(const char *name, void *arg);
	void *arg;
	int rc;
};

static void look_at(const void *node, VISIT visit, void *closure)
{
	const struct file *file = *(struct file *const *)node;
	struct walk *walk = closure;
	size_t len = strlen(walk->dir);

	if ((visit != postorder && visit != leaf) || walk->rc || !file->text)
		return;
	if (strncmp(file->path, walk->dir, len) || file->path[len] != '/' ||
	    strchr(file->path + len + 1, '/'))
		return;
	walk->rc = walk->each(file->path + len + 1, walk->arg);
}

int pending_names(const char *dir, int (*each)(const char *name, void *arg),
		  void *arg)
{
	struct walk walk = { .dir = dir, .each = each, .arg = arg };

	twalk_r(tree, look_at, &walk);
	return walk.rc;
}

size_t pending_mark(void)
{
	return nr_changes;
}

void pending_back_to(size_t mark)
{
	struct change *change;

	while (nr_changes > mark) {
		change = &journal[--nr_changes];
		free(change->file->text);
		change->file->known = change->known;
		change->file->text = change->text;
	}
}
