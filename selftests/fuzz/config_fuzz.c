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
static void check(const struct policy *policy)
{
	if (!policy->file || !policy->line)
		abort();
	if (policy->key_line[KEY_TIMEOUT] &&
	    (policy->value[KEY_TIMEOUT] < 1 ||
	     policy->value[KEY_TIMEOUT] > 86400))
		abort();
	if (policy->match == MATCH_SOFT_RESERVED &&
	    policy->range.end < policy->range.start)
		abort();
	if (policy->match == MATCH_NVDIMM && strlen(policy->uuid) != 36)
		abort();
}

static void parse(const unsigned char *data, size_t size, bool daxctl)
{
	struct config config = { .quiet = true };
	struct policy policy;
	size_t i;

	config_parse(&config, "fuzz", (const char *)data, size, daxctl);
	fail_forget();
	for (i = 0; !config.errors && i < config.nr; i++)
		check(&config.policies[i]);
#ifdef PLANTED
	for (i = 0; i < config.nr; i++)
		if (config.policies[i].key_line[KEY_TIMEOUT])
			abort();
#endif
	for (i = 0; i < NR_DEVICES; i++) {
		config_find(&config, &devices[i], &policy);
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
