// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a section of kmemctl.conf says. Names, keys and values are looked up in
 * tables; whatever is not there word for word is an error, not ignored.
 */
#include "config/section.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SEE_MAN "see kmemctl.conf(5)"

/* A day: what takes longer than that is a mistake in the number. */
#define TIMEOUT_MAX 86400

static const char * const modes[] = { "system-ram", "devdax", NULL };
static const char * const zones[] = { "movable", "normal", NULL };
static const char * const places[] = { "device", "ram", NULL };
static const char * const no_yes[] = { "no", "yes", NULL };
static const char * const false_true[] = { "false", "true", NULL };

static const struct key_type {
	const char *name;
	const char * const *words;	/* NULL: not one of some words */
	bool ours;
	bool daxctl;
} keys[NR_KEYS] = {
	[KEY_MODE] = { "mode", modes, true, true },
	[KEY_ZONE] = { "zone", zones, true, false },
	[KEY_MEMMAP] = { "memmap", places, true, false },
	[KEY_EXCLUSIVE] = { "exclusive", no_yes, true, false },
	[KEY_TIMEOUT] = { "timeout", NULL, true, false },
	[KEY_DAXCTL_UUID] = { "nvdimm.uuid", NULL, false, true },
	[KEY_DAXCTL_ONLINE] = { "online", false_true, false, true },
	[KEY_DAXCTL_MOVABLE] = { "movable", false_true, false, true },
};

/* A number with an optional K, M, G or T behind it; where it ends in *end. */
static bool parse_size(__u64 *value, const char *text, char **end)
{
	static const char units[] = "KMGT";
	const char *unit;
	unsigned int shift;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*value = strtoull(text, end, 0);
	if (errno)
		return false;
	unit = **end ? strchr(units, **end) : NULL;
	if (!unit)
		return true;
	(*end)++;
	shift = 10 * (unit - units + 1);
	if (*value > ~0ULL >> shift)
		return false;
	*value <<= shift;
	return true;
}

static bool parse_range(struct range *range, const char *text)
{
	__u64 size;
	char *end;

	if (!parse_size(&range->start, text, &end) || *end != '+')
		return false;
	if (!parse_size(&size, end + 1, &end) || *end || !size)
		return false;
	range->end = range->start + size - 1;
	return range->end >= range->start;
}

static bool parse_serial(__u64 *serial, const char *text)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*serial = strtoull(text, &end, 0);
	return !errno && !*end;
}

int section_begin(struct section *policy, const char *section)
{
	static const struct {
		const char *name;
		enum match match;
		const char *takes;
	} kinds[] = {
		{ "nvdimm ", MATCH_NVDIMM, "the uuid of a namespace" },
		{ "cxl-region ", MATCH_CXL_REGION, "the uuid of a region" },
		{ "cxl-memdev ", MATCH_CXL_MEMDEV, "a serial number" },
		{ "soft-reserved ", MATCH_SOFT_RESERVED,
		  "START+SIZE, such as 4G+16G" },
	};
	const char *text;
	bool good = false;
	size_t i;

	policy->match = MATCH_ALL;
	if (!strcmp(section, "all"))
		return 0;
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strncmp(section, kinds[i].name, strlen(kinds[i].name)))
			break;
	if (i == sizeof(kinds) / sizeof(*kinds))
		return fail(EX_FAILED, "use all, nvdimm, cxl-region, cxl-memdev or soft-reserved",
			    "unknown section '%s'", section);
	policy->match = kinds[i].match;
	text = section + strlen(kinds[i].name);
	text += strspn(text, " \t");
	if (policy->match == MATCH_NVDIMM || policy->match == MATCH_CXL_REGION)
		good = uuid_parse(policy->uuid, text);
	else if (policy->match == MATCH_CXL_MEMDEV)
		good = parse_serial(&policy->serial, text);
	else
		good = parse_range(&policy->range, text);
	if (good)
		return 0;
	return fail(EX_FAILED, "'kmemctl -o +SOURCE' shows those there are",
		    "'%s': %stakes %s, not '%s'", section, kinds[i].name,
		    kinds[i].takes, text);
}

int section_begin_daxctl(struct section *policy)
{
	policy->daxctl = true;
	policy->match = MATCH_NVDIMM;
	return 0;
}

/* The words there are, for messages: "a, b or c". */
static void list_words(char *buf, size_t size, const char * const *words)
{
	size_t i, used = 0;

	*buf = '\0';
	for (i = 0; words[i] && used < size; i++)
		used += snprintf(buf + used, size - used, "%s%s", !i ? "" :
				 words[i + 1] ? ", " : " or ", words[i]);
}

static int set_word(struct section *policy, enum key key, const char *value)
{
	const char * const *words = keys[key].words;
	char known[64];
	int i;

	for (i = 0; words[i]; i++) {
		if (strcmp(words[i], value))
			continue;
		policy->value[key] = i;
		return 0;
	}
	list_words(known, sizeof(known), words);
	return fail(EX_FAILED, SEE_MAN, "%s is %s, not '%s'", keys[key].name,
		    known, value);
}

static int set_timeout(struct section *policy, const char *value)
{
	size_t digits = strspn(value, "0123456789");
	long seconds = strtol(value, NULL, 10);

	if (!digits || value[digits] || digits > 6 || seconds < 1 ||
	    seconds > TIMEOUT_MAX)
		return fail(EX_FAILED, SEE_MAN,
			    "timeout is a number of seconds, 1 to %d, not '%s'",
			    TIMEOUT_MAX, value);
	policy->value[KEY_TIMEOUT] = seconds;
	return 0;
}

static int set_uuid(struct section *policy, const char *value)
{
	if (uuid_parse(policy->uuid, value))
		return 0;
	return fail(EX_FAILED, "'ndctl list -N' shows it",
		    "nvdimm.uuid is the uuid of a namespace, not '%s'", value);
}

static int unknown_key(const struct section *policy, const char *name)
{
	return fail(EX_FAILED, policy->daxctl ?
		    "keys are nvdimm.uuid, mode, online, movable" :
		    "keys are mode, zone, memmap, exclusive, timeout",
		    "unknown key '%s'", name);
}

int section_key(struct section *policy, const char *name, const char *value,
	       unsigned int line)
{
	enum key key;

	for (key = 0; key < NR_KEYS; key++)
		if ((policy->daxctl ? keys[key].daxctl : keys[key].ours) &&
		    !strcmp(keys[key].name, name))
			break;
	if (key == NR_KEYS)
		return unknown_key(policy, name);
	if (policy->key_line[key])
		return fail(EX_FAILED, "remove one of them",
			    "%s is given twice, first in line %u", name,
			    policy->key_line[key]);
	policy->key_line[key] = line;
	if (key == KEY_TIMEOUT)
		return set_timeout(policy, value);
	if (key == KEY_DAXCTL_UUID)
		return set_uuid(policy, value);
	return set_word(policy, key, value);
}

/* daxctl's section in our words; what it does not say is as daxctl has it. */
static void translate(struct section *policy)
{
	static const int zone_of[] = { POLICY_NORMAL, POLICY_MOVABLE };

	policy->key_line[KEY_MODE] = policy->line;
	if (!policy->key_line[KEY_DAXCTL_MOVABLE])
		policy->value[KEY_DAXCTL_MOVABLE] = true;
	policy->value[KEY_ZONE] = zone_of[policy->value[KEY_DAXCTL_MOVABLE]];
	policy->key_line[KEY_ZONE] = policy->line;
}

int section_complete(struct section *policy)
{
	enum key key;

	if (policy->daxctl && !policy->key_line[KEY_DAXCTL_UUID])
		return fail(EX_FAILED, "'ndctl list -N' shows it",
			    "[reconfigure-device] has no nvdimm.uuid");
	if (policy->daxctl) {
		translate(policy);
		return 0;
	}
	if (!policy->key_line[KEY_MODE] ||
	    policy->value[KEY_MODE] != MODE_DEVDAX)
		return 0;
	for (key = KEY_ZONE; key <= KEY_EXCLUSIVE; key++)
		if (policy->key_line[key])
			return fail(EX_FAILED, "remove one of them",
				    "%s says nothing about mode = devdax",
				    keys[key].name);
	return 0;
}

static bool overlap(const struct range *a, const struct range *b)
{
	return a->start <= b->end && b->start <= a->end;
}

bool sections_collide(const struct section *a, const struct section *b)
{
	if (a->match != b->match)
		return false;
	switch (a->match) {
	case MATCH_ALL:
		return true;
	case MATCH_CXL_MEMDEV:
		return a->serial == b->serial;
	case MATCH_SOFT_RESERVED:
		return overlap(&a->range, &b->range);
	default:
		return !strcmp(a->uuid, b->uuid);
	}
}

static bool has_serial(const struct identity *id, __u64 serial)
{
	size_t i;

	for (i = 0; i < id->nr_serials; i++)
		if (id->serials[i] == serial)
			return true;
	return false;
}

bool section_matches(const struct section *policy, const struct identity *id)
{
	switch (policy->match) {
	case MATCH_ALL:
		return true;
	case MATCH_NVDIMM:
		return !strcmp(policy->uuid, id->uuid);
	case MATCH_CXL_REGION:
		return !strcmp(policy->uuid, id->region);
	case MATCH_CXL_MEMDEV:
		return id->source == SOURCE_CXL &&
		       has_serial(id, policy->serial);
	default:
		return id->source == SOURCE_SOFT_RESERVED && id->has_range &&
		       policy->range.start <= id->range.start &&
		       policy->range.end >= id->range.end;
	}
}
