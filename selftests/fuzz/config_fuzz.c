// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the parser of kmemctl.conf, and what is looked up in its result. Each
 * input is taken for a file of ours and for one of daxctl's.
 */
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static const struct identity devices[] = {
	{ .source = SOURCE_NVDIMM,
	  .uuid = "48d8e42c-a2f0-4312-9e70-a837faafe862" },
	{ .source = SOURCE_CXL, .serials = { 0x10 }, .nr_serials = 1,
	  .region = "48d8e42c-a2f0-4312-9e70-a837faafe862" },
	{ .source = SOURCE_SOFT_RESERVED, .has_range = true,
	  .range = { 0x100000000, 0x1ffffffff } },
};

#define NR_DEVICES (sizeof(devices) / sizeof(*devices))

/* What the parser lets pass must be what kmemctl.conf(5) promises. */
static void check(const struct section *section)
{
	if (!section->file || !section->line)
		abort();
	if (section->key_line[KEY_TIMEOUT] &&
	    (section->value[KEY_TIMEOUT] < 1 ||
	     section->value[KEY_TIMEOUT] > 86400))
		abort();
	if (section->match == MATCH_SOFT_RESERVED &&
	    section->range.end < section->range.start)
		abort();
	if (section->match == MATCH_NVDIMM && strlen(section->uuid) != 36)
		abort();
}

static void parse(const unsigned char *data, size_t size, bool daxctl)
{
	struct config config = { .quiet = true };
	struct section section;
	size_t i;

	config_parse(&config, "fuzz", (const char *)data, size, daxctl);
	fail_forget();
	for (i = 0; !config.errors && i < config.nr; i++)
		check(&config.sections[i]);
#ifdef PLANTED
	for (i = 0; i < config.nr; i++)
		if (config.sections[i].key_line[KEY_TIMEOUT])
			abort();
#endif
	for (i = 0; i < NR_DEVICES; i++) {
		config_find(&config, &devices[i], &section);
		fail_forget();
	}
	config_free(&config);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	parse(data, size, false);
	parse(data, size, true);
	return 0;
}
