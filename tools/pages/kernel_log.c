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

#include "change/change.h"
#include "lib/path.h"

/* More than the kernel makes of one record, which is read at once. */
#define MAX_RECORD 16384

struct parser {
	struct kernel_log *log;
	const struct pages *pages;
	const char *device;
	int node;
	unsigned int orders;	/* lines of fallback orders in a row */
	bool has_others;	/* that of the node lists other nodes */
	struct page_dump dump;	/* being parsed; pfn 0: none */
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
	snprintf(parser->dump.reason, sizeof(parser->dump.reason), "%s",
		 reason);
	log->dumps[log->nr - 1] = parser->dump;
	parser->dump.pfn = 0;
}

/* "page:0f3a refcount:3 mapcount:1 mapping:0 index:0x7f0 pfn:0x108000" */
static void parse_dump(struct parser *parser, const char *text, __u64 when)
{
	const char *refs = strstr(text, "refcount:");
	const char *maps = strstr(text, "mapcount:");
	const char *pfn = strstr(text, "pfn:0x");
	struct page_dump *dump = &parser->dump;
	const struct block *block;

	dump->pfn = 0;
	if (!refs || !maps || !pfn)
		return;
	dump->refcount = strtol(refs + strlen("refcount:"), NULL, 10);
	dump->mapcount = strtol(maps + strlen("mapcount:"), NULL, 10);
	dump->when = when;
	dump->pfn = strtoull(pfn + strlen("pfn:0x"), NULL, 16);
	dump->block = dump->pfn / parser->pages->per_block;
	block = blocks_find(parser->pages->blocks, dump->block);
	if (!block || block->zone == ZONE_OFFLINE)
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
static void parse_line(struct parser *parser, const char *line)
{
	static const char dumped_because[] = "page dumped because: ";
	const char *text = strchr(line, ';');
	unsigned long long when;

	if (!text || sscanf(line, "%*u,%*u,%llu", &when) != 1)
		return;
	text++;
	if (!strncmp(text, "page:", 5)) {
		parse_dump(parser, text, when);
	} else if (!strncmp(text, dumped_because, strlen(dumped_because))) {
		if (parser->dump.pfn)
			add_dump(parser, text + strlen(dumped_because));
	} else if (!strncmp(text, "Built ", 6)) {
		end_orders(parser);
	} else {
		parse_order(parser, text);
		parse_driver(parser, text, when);
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
	char line[MAX_RECORD], buf[MAX_RECORD];
	FILE *file;

	memset(log, 0, sizeof(*log));
	log->unreadable = path_fopen(&file, "/dev/kmsg");
	if (log->unreadable)
		return;
	setvbuf(file, buf, _IOFBF, sizeof(buf));
	do {
		/* EPIPE: what we were about to read was overwritten */
		clearerr(file);
		while (fgets(line, sizeof(line), file)) {
			line[strcspn(line, "\n")] = '\0';
			parse_line(&parser, line);
		}
	} while (ferror(file) && errno == EPIPE);
	fclose(file);
	if (device && path_exists("/sys/bus/dax/devices/%s/kmem/last_error",
				  device) && kmem_last_error(device, &error))
		*log->driver = '\0';
}
