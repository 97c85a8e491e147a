// SPDX-License-Identifier: GPL-2.0-only
/*
 * All files of the configuration. libinih takes a line apart, but cuts what is
 * long and counts lines only when built to; so it gets its lines from here,
 * where each is counted and checked first.
 */
#include "config/config.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/path.h"

#define OUR_FILE "/etc/kmemctl.conf"
#define OUR_DIR "/etc/kmemctl.conf.d"
#define DAXCTL_DIR "/etc/daxctl.conf.d"
#define DAXCTL_SECTION "reconfigure-device"

/* libinih keeps no more of a section's name than 49 characters. */
#define SECTION_MAX 48

struct parser {
	struct config *config;
	const char *file;
	bool daxctl;
	const char *at, *end;	/* what is left of the text */
	unsigned int line;
	unsigned int section;	/* line of the last [section] */
	bool fresh;		/* no key of that section was seen yet */
	bool bad;		/* a line of that section was in error */
	bool skip;		/* the section is in error, or not ours */
	bool crlf;		/* said already */
};

/* Print the failure just remembered as one of this line. */
static void line_error(struct parser *p, unsigned int line)
{
	struct config *config = p->config;

	fail_at(p->file, line);
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
	       &p->config->policies[p->config->nr - 1];
}

static void end_section(struct parser *p)
{
	struct section *policy = current(p);

	if (p->fresh && !p->bad && !p->daxctl) {
		fail(EX_FAILED, "remove it, or say what it is for",
		     "the section has no key");
		line_error(p, p->section);
	} else if (p->section && policy && section_complete(policy)) {
		line_error(p, policy->line);
	}
	p->fresh = false;
	p->skip = true;
}

/* What can be said of a line that looks like a section's; true when nothing. */
static bool check_section(struct parser *p, const char *line, size_t len)
{
	const char *close = memchr(line, ']', len);
	size_t i;

	if (!close) {
		fail(EX_FAILED, NULL, "a section without ']'");
		return false;
	}
	if (close - line - 1 > SECTION_MAX) {
		/* a name of daxctl's is nothing but a name */
		if (p->daxctl)
			return true;
		fail(EX_FAILED, NULL, "a section's name longer than %d bytes",
		     SECTION_MAX);
		return false;
	}
	for (i = close - line + 1; i < len && strchr(" \t", line[i]); i++)
		;
	if (i == len || line[i] == ';' || line[i] == '#')
		return true;
	fail(EX_FAILED, NULL, "something behind the section's ']'");
	return false;
}

static bool check_bytes(struct parser *p, const char *line, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = line[i];

		if (c == '\r' && i == len - 1) {
			if (p->crlf)
				return false;
			p->crlf = true;
			fail(EX_FAILED, "convert it: sed -i 's/\\r$//'",
			     "the line ends in CR LF");
			return false;
		}
		if (c < ' ' && c != '\t') {
			fail(EX_FAILED, NULL, "a byte 0x%02x in the line", c);
			return false;
		}
	}
	return true;
}

static bool check_line(struct parser *p, const char *line, size_t len,
		       size_t max)
{
	if (len > max) {
		fail(EX_FAILED, NULL, "a line longer than %zu bytes", max);
		return false;
	}
	return !len || *line != '[' || check_section(p, line, len);
}

/*
 * For libinih: the next line, empty when it is in error. Without the blanks
 * before it, or it would go on with the value of the line before.
 */
static char *next_line(char *buf, int size, void *stream)
{
	struct parser *p = stream;
	const char *line = p->at, *stop;
	size_t len;
	bool good;

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
	/* a comment may be as long as it likes */
	good = check_bytes(p, line, len);
	if (len && (*line == ';' || *line == '#'))
		len = 0;
	good = good && check_line(p, line, len, size - 2);
	p->bad |= !good;
	if (!good && fail_pending())
		line_error(p, p->line);
	if (len && *line == '[') {
		end_section(p);
		p->section = p->line;
		p->fresh = good;
		p->bad = false;
		p->skip = true;
	}
	snprintf(buf, size, "%.*s\n", good ? (int)len : 0, line);
	return buf;
}

static void begin_section(struct parser *p, const char *name)
{
	struct config *config = p->config;
	struct section *policy;
	int rc;

	p->fresh = false;
	if (p->daxctl && strncasecmp(name, DAXCTL_SECTION,
				     strlen(DAXCTL_SECTION)))
		return;
	config->policies = need_memory(realloc(config->policies,
					       (config->nr + 1) *
					       sizeof(*config->policies)));
	policy = &config->policies[config->nr];
	memset(policy, 0, sizeof(*policy));
	policy->file = p->file;
	policy->line = p->section;
	rc = p->daxctl ? section_begin_daxctl(policy) :
			 section_begin(policy, name);
	if (rc) {
		line_error(p, p->section);
		return;
	}
	config->nr++;
	p->skip = false;
}

/* daxctl's own parser takes quotes, comments behind '#', and capital keys. */
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
	char key[64], text[256];
	struct parser *p = user;
	size_t i;

	if (p->fresh)
		begin_section(p, section);
	if (!p->section && !p->daxctl) {
		fail(EX_FAILED, "put it below [all] or another section",
		     "'%s' stands before the first section", name);
		line_error(p, p->line);
		return 1;
	}
	if (!current(p))
		return 1;
	snprintf(key, sizeof(key), "%s", name);
	if (p->daxctl) {
		for (i = 0; key[i]; i++)
			if (key[i] >= 'A' && key[i] <= 'Z')
				key[i] += 'a' - 'A';
		value = daxctl_value(value, text, sizeof(text));
	}
	if (section_key(current(p), key, value, p->line))
		line_error(p, p->line);
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
	line_error(&p, rc > 0 ? rc : 0);
}

static void unreadable(struct parser *p, int rc)
{
	bool denied = rc == -EACCES;

	p->config->denied |= denied;
	fail(EX_FAILED, denied ? what_next(rc) : NULL, "cannot read it: %s",
	     why(rc));
	line_error(p, 0);
}

static void add_file(struct config *config, const char *file, bool daxctl)
{
	struct parser p = { .config = config };
	char *text, *name;
	size_t len;
	int rc;

	rc = path_read_whole(&text, &len, "%s", file);
	if (rc == -ENOENT && !strcmp(file, OUR_FILE))
		return;
	name = need_memory(strdup(file));
	config->files = need_memory(realloc(config->files,
					    (config->nr_files + 1) *
					    sizeof(*config->files)));
	config->files[config->nr_files++] = name;
	if (rc) {
		p.file = name;
		unreadable(&p, rc);
		return;
	}
	config_parse(config, name, text, len, daxctl);
	free(text);
}

struct names {
	char **names;
	size_t nr;
};

static int each_name(const char *name, void *arg)
{
	struct names *all = arg;
	size_t len = strlen(name);

	if (*name == '.' || len < 6 || strcmp(name + len - 5, ".conf"))
		return 0;
	all->names = need_memory(realloc(all->names, (all->nr + 1) *
					 sizeof(*all->names)));
	all->names[all->nr++] = need_memory(strdup(name));
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_dir(struct config *config, const char *dir, bool daxctl)
{
	struct parser p = { .config = config, .file = dir };
	struct names all = { 0 };
	char file[512];
	size_t i;
	int rc;

	rc = path_each(dir, each_name, &all);
	if (rc && rc != -ENOENT)
		unreadable(&p, rc);
	if (all.nr)
		qsort(all.names, all.nr, sizeof(*all.names), by_name);
	for (i = 0; i < all.nr; i++) {
		snprintf(file, sizeof(file), "%s/%s", dir, all.names[i]);
		add_file(config, file, daxctl);
		free(all.names[i]);
	}
	free(all.names);
}

static void check_collisions(struct config *config)
{
	size_t i, k;

	for (i = 1; i < config->nr; i++) {
		struct section *policy = &config->policies[i];
		struct parser p = { .config = config, .file = policy->file };

		for (k = 0; k < i; k++)
			if (sections_collide(policy, &config->policies[k]))
				break;
		if (k == i)
			continue;
		fail(EX_FAILED, "remove one of them",
		     "another section for the same device: the first is %s:%u",
		     config->policies[k].file, config->policies[k].line);
		line_error(&p, policy->line);
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
	free(config->policies);
	memset(config, 0, sizeof(*config));
}

static void inherit(struct section *policy, const struct section *all)
{
	enum key key;

	if (!policy->file)
		*policy = *all;
	for (key = 0; key < NR_KEYS; key++) {
		if (policy->key_line[key])
			continue;
		policy->value[key] = all->value[key];
		policy->key_line[key] = all->key_line[key];
	}
}

int config_find(const struct config *config, const struct identity *id,
		struct section *policy)
{
	const struct section *all = NULL;
	size_t i;

	memset(policy, 0, sizeof(*policy));
	for (i = 0; i < config->nr; i++) {
		const struct section *one = &config->policies[i];

		if (!section_matches(one, id))
			continue;
		if (one->match == MATCH_ALL) {
			all = one;
		} else if (policy->file) {
			return fail(EX_FAILED, "remove one of them",
				    "two sections are for it: %s:%u and %s:%u",
				    policy->file, policy->line, one->file,
				    one->line);
		} else {
			*policy = *one;
		}
	}
	if (all)
		inherit(policy, all);
	return 0;
}
