// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel log says of earlier attempts to offline. A page in the way is
 * dumped in several lines: counts and number first, the reason last.
 */
#include "pages/kmsg.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/path.h"

#define MAX_LINE 1024

struct parser {
	struct kernel_log *log;
	const struct pages *pages;
	const char *device;
	struct obstacle dumped;	/* pfn 0: none */
	char line[MAX_LINE];
	size_t len;
};

static void note_obstacle(struct parser *parser, const char *reason)
{
	struct kernel_log *log = parser->log;
	size_t i;

	for (i = 0; i < log->nr; i++)
		if (log->obstacles[i].pfn == parser->dumped.pfn)
			break;
	if (i == log->nr && i == MAX_OBSTACLES)
		i = 0;
	else if (i == log->nr)
		log->nr++;
	/* the newest goes last */
	memmove(&log->obstacles[i], &log->obstacles[i + 1],
		(log->nr - 1 - i) * sizeof(*log->obstacles));
	log->obstacles[log->nr - 1] = parser->dumped;
	snprintf(log->obstacles[log->nr - 1].reason,
		 sizeof(log->obstacles->reason), "%.63s", reason);
}

/* "page:0f3a refcount:3 mapcount:1 mapping:0 index:0x7f0 pfn:0x108000" */
static void parse_dump(struct parser *parser, const char *text, __u64 when)
{
	const char *refs = strstr(text, "refcount:");
	const char *maps = strstr(text, "mapcount:");
	const char *pfn = strstr(text, "pfn:0x");
	struct obstacle *dumped = &parser->dumped;

	dumped->pfn = 0;
	if (!refs || !maps || !pfn)
		return;
	dumped->refcount = strtol(refs + strlen("refcount:"), NULL, 10);
	dumped->mapcount = strtol(maps + strlen("mapcount:"), NULL, 10);
	dumped->when = when;
	dumped->pfn = strtoull(pfn + strlen("pfn:0x"), NULL, 16);
	dumped->block = dumped->pfn / parser->pages->per_block;
	if (!pages_block(parser->pages,
			 dumped->pfn / parser->pages->per_block))
		dumped->pfn = 0;
}

static void parse_driver(struct parser *parser, const char *text, __u64 when)
{
	struct kernel_log *log = parser->log;
	char prefix[64];

	if (!parser->device)
		return;
	snprintf(prefix, sizeof(prefix), "kmem %s: memory", parser->device);
	if (strncmp(text, prefix, strlen(prefix)) || !strstr(text, "could not"))
		return;
	snprintf(log->driver, sizeof(log->driver), "%.150s",
		 text + strlen("kmem "));
	log->driver_when = when;
}

/* "4,812,5140900,-;text" */
static void parse_line(struct parser *parser)
{
	static const char dumped_because[] = "page dumped because: ";
	const char *text = strchr(parser->line, ';');
	unsigned long long when;

	if (!text || sscanf(parser->line, "%*u,%*u,%llu", &when) != 1)
		return;
	text++;
	if (!strncmp(text, "page:", 5)) {
		parse_dump(parser, text, when);
	} else if (!strncmp(text, dumped_because, strlen(dumped_because))) {
		if (parser->dumped.pfn)
			note_obstacle(parser, text + strlen(dumped_because));
		parser->dumped.pfn = 0;
	} else {
		parse_driver(parser, text, when);
	}
}

static void feed(struct parser *parser, const char *buf, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (buf[i] == '\n') {
			parser->line[parser->len] = '\0';
			parse_line(parser);
			parser->len = 0;
		} else if (parser->len < MAX_LINE - 1) {
			parser->line[parser->len++] = buf[i];
		}
	}
}

void kernel_log_read(struct kernel_log *log, const struct pages *pages,
		     const char *device)
{
	struct parser parser = {
		.log = log,
		.pages = pages,
		.device = device,
	};
	int fd = path_open("/dev/kmsg");
	char buf[8192];
	ssize_t n = 1;

	memset(log, 0, sizeof(*log));
	log->unreadable = fd < 0 ? fd : 0;
	/* EPIPE: what we were about to read was overwritten */
	while (fd >= 0 && (n > 0 || (n < 0 && errno == EPIPE))) {
		n = read(fd, buf, sizeof(buf));
		if (n > 0)
			feed(&parser, buf, n);
	}
	if (fd >= 0)
		close(fd);
}
