// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the files of the configuration and reads all of them, if nobody but root
 * can write them; and sees that no two sections are for the same device.
 */
#include "config/config.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/path.h"

#define OUR_FILE "/etc/kmemctl.conf"
#define OUR_DIR "/etc/kmemctl.conf.d"
#define DAXCTL_DIR "/etc/daxctl.conf.d"

static void unreadable(struct config *config, const char *file, int rc)
{
	config->denied |= rc == -EACCES;
	fail(EX_FAILED, rc == -EACCES ? what_next(rc) : NULL,
	     "cannot read it: %s", why(rc));
	config_report(config, file, 0);
}

/* Who can write a policy decides what becomes memory, and what is overwritten. */
static bool others_can_write(const char *file)
{
	struct stat st;

	return !stat(path_of("%s", file), &st) &&
	       ((st.st_uid && st.st_uid != geteuid()) ||
		(st.st_mode & 0020 && st.st_gid && st.st_gid != getegid()) ||
		st.st_mode & 0002);
}

static void refuse_writable(struct config *config, const char *file)
{
	fail(EX_FAILED, "run 'chown root:root' and 'chmod go-w' on it",
	     "others than root can write it");
	config_report(config, file, 0);
}

static void add_file(struct config *config, const char *file, bool daxctl)
{
	char *text, *name;
	struct stat st;
	size_t len;
	int rc;

	rc = path_read_whole(&text, &len, "%s", file);
	/* a link to nothing is somebody's mistake */
	if (rc == -ENOENT && lstat(path_of("%s", file), &st))
		return;
	name = need_memory(strdup(file));
	config->files = grow(config->files, config->nr_files,
			     sizeof(*config->files));
	config->files[config->nr_files++] = name;
	if (rc) {
		unreadable(config, name, rc);
		return;
	}
	if (others_can_write(name))
		refuse_writable(config, name);
	else
		config_parse(config, name, text, len, daxctl);
	free(text);
}

static int is_conf(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return *entry->d_name != '.' && dot && !strcmp(dot, ".conf");
}

static void add_dir(struct config *config, const char *dir, bool daxctl)
{
	struct dirent **entries;
	char path[PATH_MAX];
	int i, nr;

	nr = scandir(path_of("%s", dir), &entries, is_conf, alphasort);
	if (nr < 0 && errno != ENOENT)
		unreadable(config, dir, -errno);
	if (nr > 0 && others_can_write(dir))
		refuse_writable(config, dir);
	for (i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name);
		add_file(config, path, daxctl);
		free(entries[i]);
	}
	if (nr >= 0)
		free(entries);
}

static void check_collisions(struct config *config)
{
	size_t i, k;

	for (i = 1; i < config->nr; i++) {
		struct section *section = &config->sections[i];

		for (k = 0; k < i; k++)
			if (sections_collide(section, &config->sections[k]))
				break;
		if (k == i)
			continue;
		fail(EX_FAILED, "remove one of them",
		     "another section for the same device: the first is %s:%u",
		     config->sections[k].file, config->sections[k].line);
		config_report(config, section->file, section->line);
	}
}

int config_load(struct config *config)
{
	add_file(config, OUR_FILE, false);
	add_dir(config, OUR_DIR, false);
	add_dir(config, DAXCTL_DIR, true);
	check_collisions(config);
	return config->errors ? EX_FAILED : 0;
}

void config_free(struct config *config)
{
	size_t i;

	for (i = 0; i < config->nr_files; i++)
		free(config->files[i]);
	free(config->files);
	free(config->sections);
	memset(config, 0, sizeof(*config));
}
