// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines of the kernel log about failed attempts to offline memory blocks. The
 * kernel dumps a page in several lines: counts and number first, the reason
 * last. It logs no change of a single block's state, so that old lines are told
 * by what it logs of the node.
 */
#include "pages/kernel_log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "change/change.h"
#include "lib/path.h"

#define MAX_LINE 1024

struct parser {
	struct kernel_log *log;
	const struct pages *pages;
	const char *device;
	int node;
	unsigned int orders;	/* lines of fallback orders in a row */
	bool has_others;	/* that of the node lists other nodes */
	struct page_dump dump;	/* being parsed; pfn 0: none */
	char line[MAX_LINE];
	size_t len;
};

static void add_dump(struct parser *parser, const char *reason)
{
	struct kernel_log *log = parser->log;
	size_t i;

	for (i = 0; i < log->nr; i++)
		if (log->dumps[i].pfn == parser->dump.pfn)
			break;
	if (i == log->nr && i == MAX_DUMPS)
		i = 0;
	else if (i == log->nr)
		log->nr++;
	/* the newest goes last */
	memmove(&log->dumps[i], &log->dumps[i + 1],
		(log->nr - 1 - i) * sizeof(*log->dumps));
	log->dumps[log->nr - 1] = parser->dump;
	snprintf(log->dumps[log->nr - 1].reason, sizeof(log->dumps->reason),
		 "%.63s", reason);
}

static bool is_online(const struct pages *pages, __u64 id)
{
	const struct block *block = blocks_find(pages->blocks, id);

	return block && block->zone != ZONE_OFFLINE;
}

/* "page:0f3a refcount:3 mapcount:1 mapping:0 index:0x7f0 pfn:0x108000" */
static void parse_dump(struct parser *parser, const char *text, __u64 when)
{
	const char *refs = strstr(text, "refcount:");
	const char *maps = strstr(text, "mapcount:");
	const char *pfn = strstr(text, "pfn:0x");
	struct page_dump *dump = &parser->dump;

	dump->pfn = 0;
	if (!refs || !maps || !pfn)
		return;
	dump->refcount = strtol(refs + strlen("refcount:"), NULL, 10);
	dump->mapcount = strtol(maps + strlen("mapcount:"), NULL, 10);
	dump->when = when;
	dump->pfn = strtoull(pfn + strlen("pfn:0x"), NULL, 16);
	dump->block = dump->pfn / parser->pages->per_block;
	if (!is_online(parser->pages, dump->block))
		dump->pfn = 0;
}

static void forget(struct kernel_log *log)
{
	log->nr = 0;
	*log->driver = '\0';
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

/*
 * "Fallback order for Node 1: 1 0". The node is not in its own order while it
 * has no memory; before Linux 7.0 it is, but then its line is the only one when
 * the node gets its first memory. Older lines are of memory that was removed.
 */
static void parse_order(struct parser *parser, const char *text)
{
	bool has_node = false, has_others = false;
	char *end;
	int node, at = 0, id;

	if (sscanf(text, "Fallback order for Node %d:%n", &node, &at) != 1 ||
	    !at)
		return;
	parser->orders++;
	if (node != parser->node)
		return;
	for (text += at; id = strtol(text, &end, 10), end != text; text = end) {
		has_node |= id == node;
		has_others |= id != node;
	}
	parser->has_others = has_others;
	if (has_others && !has_node)
		forget(parser->log);
}

/* "Built 1 zonelists" ends the fallback orders. */
static void end_orders(struct parser *parser)
{
	if (parser->orders == 1 && parser->has_others)
		forget(parser->log);
	parser->orders = 0;
	parser->has_others = false;
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
		if (parser->dump.pfn)
			add_dump(parser, text + strlen(dumped_because));
		parser->dump.pfn = 0;
	} else if (!strncmp(text, "Built ", 6)) {
		end_orders(parser);
	} else {
		parse_order(parser, text);
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
		     const char *device, int node)
{
	struct parser parser = {
		.log = log,
		.pages = pages,
		.device = device,
		.node = node,
	};
	struct kmem_last_error error;
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
	if (device && path_exists("/sys/bus/dax/devices/%s/kmem/last_error",
				  device) && kmem_last_error(device, &error))
		*log->driver = '\0';
}
