// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads all files of the configuration, and finds the section of a device.
 * libinih splits a line into key and value, but truncates long lines and may
 * not count them; so each line is counted and checked here first.
 */
#include "config/config.h"

#include <dirent.h>
#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/path.h"

#define OUR_FILE "/etc/kmemctl.conf"
#define OUR_DIR "/etc/kmemctl.conf.d"
#define DAXCTL_DIR "/etc/daxctl.conf.d"
#define DAXCTL_SECTION "reconfigure-device"

struct parser {
	struct config *config;
	const char *file;
	bool daxctl;
	const char *at, *end;	/* text not yet parsed */
	unsigned int line;
	unsigned int section_line;	/* of the last [section] */
	bool fresh;		/* that section has no key yet */
	bool bad;		/* a line of that section has an error */
	bool skip;		/* ignore keys up to the next section */
	bool crlf;		/* CR LF was reported */
};

/* Report the remembered failure as an error in this line; 0: in the file. */
static void report(struct config *config, const char *file, unsigned int line)
{
	fail_at(line ? "%s:%u" : "%s", file, line);
	if (!config->errors++)
		snprintf(config->first_error, sizeof(config->first_error),
			 "%s", fail_text());
	if (config->quiet)
		fail_forget();
	else
		fail_print(NULL, NULL);
}

static struct section *current(struct parser *p)
{
	return p->skip || !p->config->nr ? NULL :
	       &p->config->sections[p->config->nr - 1];
}

static void end_section(struct parser *p)
{
	struct section *section = current(p);

	if (p->fresh && !p->bad && !p->daxctl) {
		fail(EX_FAILED, "remove it, or add a key",
		     "the section has no key");
		report(p->config, p->file, p->section_line);
	} else if (p->section_line && section && section_complete(section)) {
		report(p->config, p->file, section->line);
	}
	p->fresh = false;
	p->skip = true;
}

/* These check a line: 0, or an exit code with the failure remembered. */
static int check_section(struct parser *p, const char *line, size_t len)
{
	const char *close = memchr(line, ']', len);
	size_t i;

	if (!close)
		return fail(EX_FAILED, NULL, "the section has no ']'");
	if (close - line - 1 > SECTION_NAME_MAX) {
		/* the name of a daxctl section has no meaning */
		if (p->daxctl)
			return 0;
		return fail(EX_FAILED, NULL,
			    "the name of the section is longer than %d bytes",
			    SECTION_NAME_MAX);
	}
	i = close - line + 1;
	while (i < len && strchr(" \t", line[i]))
		i++;
	if (i == len || line[i] == ';' || line[i] == '#')
		return 0;
	return fail(EX_FAILED, NULL, "text after the ']' of the section");
}

static int check_bytes(struct parser *p, const char *line, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = line[i];

		if (c == '\r' && i == len - 1) {
			if (p->crlf)
				return EX_FAILED;
			p->crlf = true;
			return fail(EX_FAILED, "convert it: sed -i 's/\\r$//'",
				    "the line ends in CR LF");
		}
		if (c < ' ' && c != '\t')
			return fail(EX_FAILED, NULL,
				    "the line contains a byte 0x%02x", c);
	}
	return 0;
}

static int check_line(struct parser *p, const char *line, size_t len,
		      size_t max)
{
	if (len > max)
		return fail(EX_FAILED, NULL, "the line is longer than %zu bytes",
			    max);
	return len && *line == '[' ? check_section(p, line, len) : 0;
}

/*
 * Gives libinih the next line; an empty one for a line with an error. libinih
 * takes an indented line for the rest of the line above, so leading blanks are
 * removed.
 */
static char *next_line(char *buf, int size, void *stream)
{
	struct parser *p = stream;
	const char *line = p->at, *stop;
	size_t len;
	int rc;

	if (line == p->end)
		return NULL;
	stop = memchr(line, '\n', p->end - line);
	p->at = stop ? stop + 1 : p->end;
	p->line++;
	if (p->line == 1 && p->end - line >= 3 &&
	    !memcmp(line, "\xef\xbb\xbf", 3))
		line += 3;
	while (line < p->end && (*line == ' ' || *line == '\t'))
		line++;
	len = (stop ? stop : p->end) - line;
	/* the length of a comment has no limit */
	rc = check_bytes(p, line, len);
	if (len && (*line == ';' || *line == '#'))
		len = 0;
	if (!rc)
		rc = check_line(p, line, len, size - 2);
	p->bad |= rc;
	if (fail_pending())
		report(p->config, p->file, p->line);
	if (len && *line == '[') {
		end_section(p);
		p->section_line = p->line;
		p->fresh = !rc;
		p->bad = false;
		p->skip = true;
	}
	snprintf(buf, size, "%.*s\n", rc ? 0 : (int)len, line);
	return buf;
}

static void begin_section(struct parser *p, const char *name)
{
	struct config *config = p->config;
	struct section *section;

	p->fresh = false;
	if (p->daxctl && strncasecmp(name, DAXCTL_SECTION,
				     strlen(DAXCTL_SECTION)))
		return;
	config->sections = grow(config->sections, config->nr,
				sizeof(*config->sections));
	section = &config->sections[config->nr];
	memset(section, 0, sizeof(*section));
	section->file = p->file;
	section->line = p->section_line;
	section->daxctl = p->daxctl;
	if (section_begin(section, name)) {
		report(p->config, p->file, p->section_line);
		return;
	}
	config->nr++;
	p->skip = false;
}

/* daxctl's parser accepts quoted values, and comments after a '#'. */
static const char *daxctl_value(const char *value, char *buf, size_t size)
{
	size_t len;

	if (*value == '"' || *value == '\'') {
		len = strcspn(value + 1, *value == '"' ? "\"" : "'");
		value++;
	} else {
		len = strcspn(value, "#");
		while (len && strchr(" \t", value[len - 1]))
			len--;
	}
	snprintf(buf, size, "%.*s", (int)len, value);
	return buf;
}

static int handle_key(void *user, const char *section, const char *name,
		      const char *value)
{
	struct parser *p = user;
	char text[256];

	if (p->fresh)
		begin_section(p, section);
	if (!p->section_line && !p->daxctl) {
		fail(EX_FAILED, "move it below [all] or another section",
		     "'%s' is not in a section", name);
		report(p->config, p->file, p->line);
		return 1;
	}
	if (!current(p))
		return 1;
	if (p->daxctl)
		value = daxctl_value(value, text, sizeof(text));
	if (section_key(current(p), name, value, p->line))
		report(p->config, p->file, p->line);
	return 1;
}

void config_parse(struct config *config, const char *file, const char *text,
		  size_t len, bool daxctl)
{
	struct parser p = {
		.config = config, .file = file, .daxctl = daxctl,
		.at = text, .end = text + len, .skip = true,
	};
	int rc;

	rc = ini_parse_stream(next_line, &p, handle_key, &p);
	end_section(&p);
	if (!rc)
		return;
	fail(EX_FAILED, NULL, rc > 0 ? "neither a [section] nor 'key = value'" :
	     "libinih gave up");
	report(config, file, rc > 0 ? rc : 0);
}

static void unreadable(struct config *config, const char *file, int rc)
{
	config->denied |= rc == -EACCES;
	fail(EX_FAILED, rc == -EACCES ? what_next(rc) : NULL,
	     "cannot read it: %s", why(rc));
	report(config, file, 0);
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
	report(config, file, 0);
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
		report(config, section->file, section->line);
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

/* Take from [all] what the section of the device does not say. */
static void inherit(struct section *section, const struct section *all)
{
	enum key key;

	if (!section->file)
		*section = *all;
	for (key = 0; key < NR_KEYS; key++) {
		if (section->key_line[key])
			continue;
		section->value[key] = all->value[key];
		section->key_line[key] = all->key_line[key];
	}
}

int config_find(const struct config *config, const struct identity *id,
		struct section *found)
{
	const struct section *all = NULL;
	size_t i;

	memset(found, 0, sizeof(*found));
	for (i = 0; i < config->nr; i++) {
		const struct section *section = &config->sections[i];

		if (!section_matches(section, id))
			continue;
		if (section->match == MATCH_ALL) {
			all = section;
		} else if (found->file) {
			return fail(EX_FAILED, "remove one of them",
				    "two sections match it: %s:%u and %s:%u",
				    found->file, found->line,
				    section->file, section->line);
		} else {
			*found = *section;
		}
	}
	if (all)
		inherit(found, all);
	return 0;
}

/* Mark the sections that match a device. False: it could not be read. */
static bool mark_matches(const struct config *config, const char *name,
			 bool *matches)
{
	struct identity id;
	struct dax_dev dev;
	bool read = !dax_read(&dev, name);
	size_t i;

	fail_forget();
	if (read)
		identity_read(&id, &dev);
	for (i = 0; read && i < config->nr; i++)
		matches[i] |= section_matches(&config->sections[i], &id);
	dax_free(&dev);
	return read;
}

/* For each section whether a device matches it. False: one cannot be read. */
static bool find_matches(const struct config *config, bool **matches)
{
	bool read = true;
	char **names = NULL;
	size_t i, nr = 0;

	*matches = need_memory(calloc(config->nr + 1, sizeof(**matches)));
	if (dax_names(&names, &nr))
		fail_forget();
	for (i = 0; i < nr; i++)
		read &= mark_matches(config, names[i], *matches);
	free(names);
	return read;
}

static void say_unmatched(const struct section *section, const char *kind,
			  const char *after)
{
	fail(0, "'kmemctl -o +SOURCE' shows the devices",
	     "%s[%s] matches no device of this machine%s", kind, section->name,
	     after);
	fail_at("%s:%u", section->file, section->line);
	fail_print(NULL, NULL);
}

void config_warn_unmatched(const struct config *config)
{
	bool *matches, read = find_matches(config, &matches);
	size_t i;

	for (i = 0; read && i < config->nr; i++)
		if (!matches[i])
			say_unmatched(&config->sections[i], "warning: ", "");
	free(matches);
}

static bool is_missing(const struct section *section, bool matched)
{
	return section->match != MATCH_ALL && !matched;
}

bool config_awaits_devices(const struct config *config)
{
	bool *matches, awaits = !find_matches(config, &matches);
	size_t i;

	for (i = 0; i < config->nr; i++)
		awaits |= is_missing(&config->sections[i], matches[i]);
	free(matches);
	return awaits;
}

size_t config_report_missing(const struct config *config, unsigned int seconds)
{
	bool *matches, read = find_matches(config, &matches);
	char after[32];
	size_t i, nr = 0;

	snprintf(after, sizeof(after), " after %u s", seconds);
	for (i = 0; read && i < config->nr; i++) {
		if (!is_missing(&config->sections[i], matches[i]))
			continue;
		say_unmatched(&config->sections[i], "", after);
		nr++;
	}
	free(matches);
	return nr;
}

bool config_sets_mode(const struct config *config)
{
	size_t i;

	for (i = 0; i < config->nr; i++)
		if (config->sections[i].key_line[KEY_MODE])
			return true;
	return false;
}
