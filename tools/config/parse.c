// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the text of one configuration file into sections. libinih splits a line
 * into key and value, but truncates long lines and may not count them; so each
 * line is counted and checked here first.
 */
#include "config/config.h"

#include <ini.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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

void config_report(struct config *config, const char *file, unsigned int line)
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
		config_report(p->config, p->file, p->section_line);
	} else if (p->section_line && section && section_complete(section)) {
		config_report(p->config, p->file, section->line);
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
		config_report(p->config, p->file, p->line);
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
		config_report(p->config, p->file, p->section_line);
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
		config_report(p->config, p->file, p->line);
		return 1;
	}
	if (!current(p))
		return 1;
	if (p->daxctl)
		value = daxctl_value(value, text, sizeof(text));
	if (section_key(current(p), name, value, p->line))
		config_report(p->config, p->file, p->line);
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
	config_report(config, file, rc > 0 ? rc : 0);
}
