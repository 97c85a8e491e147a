// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a section of kmemctl.conf may say: its name, its keys and their values
 * are looked up in tables, and anything else is an error. Also tells whether a
 * section matches a device.
 */
#include "config/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "device/memblock.h"

#define SEE_MAN "see kmemctl.conf(5)"

/* The two values of a key that has no other. */
struct choice {
	const char *word;
	int value;
};

static const struct key_type {
	const char *name;
	struct choice choices[2];	/* no word: a number or a uuid */
	bool ours;
	bool daxctl;
} keys[NR_KEYS] = {
	[KEY_MODE] = { "mode", { { "system-ram", MODE_SYSTEM_RAM },
				 { "devdax", MODE_DEVDAX } }, true, true },
	[KEY_ZONE] = { "zone", { { "movable", ZONE_MOVABLE },
				 { "normal", ZONE_NORMAL } }, true, false },
	[KEY_MEMMAP] = { "memmap", { { "device", MEMMAP_ON_DEVICE },
				     { "ram", MEMMAP_IN_RAM } }, true, false },
	[KEY_EXCLUSIVE] = { "exclusive", { { "no", 0 }, { "yes", 1 } },
			    true, false },
	[KEY_OVERWRITE] = { "overwrite", { { "no", 0 }, { "yes", 1 } },
			    true, false },
	[KEY_TIMEOUT] = { .name = "timeout", .ours = true },
	[KEY_DAXCTL_UUID] = { .name = "nvdimm.uuid", .daxctl = true },
	[KEY_DAXCTL_ONLINE] = { "online", { { "false", 0 }, { "true", 1 } },
				false, true },
	[KEY_DAXCTL_MOVABLE] = { "movable", { { "false", 0 }, { "true", 1 } },
				 false, true },
};

static bool parse_number(__u64 *value, const char *text, char **end)
{
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*value = strtoull(text, end, 0);
	return !errno;
}

/* A number that K, M, G or T may follow; *end: the first byte behind it. */
static bool parse_size(__u64 *value, const char *text, char **end)
{
	static const char units[] = "KMGT";
	const char *unit;
	unsigned int shift;

	if (!parse_number(value, text, end))
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

/* Numbers with space between them. */
static bool parse_serials(struct section *section, const char *text)
{
	char *end;

	section->nr_serials = 0;
	do {
		if (section->nr_serials == MAX_SERIALS ||
		    !parse_number(&section->serials[section->nr_serials++],
				  text, &end))
			return false;
		text = end + strspn(end, " \t");
	} while (*text && text != end);
	return !*text;
}

int section_begin(struct section *section, const char *name)
{
	static const struct {
		const char *name;
		enum match match;
		const char *takes;
	} kinds[] = {
		{ "nvdimm ", MATCH_NVDIMM, "the uuid of a namespace" },
		{ "cxl-region ", MATCH_CXL_REGION, "the uuid of a region" },
		{ "cxl-memdev ", MATCH_CXL_MEMDEV, "serial numbers" },
		{ "soft-reserved ", MATCH_SOFT_RESERVED,
		  "START+SIZE, such as 4G+16G" },
	};
	bool good = false;
	const char *text;
	size_t i;

	snprintf(section->name, sizeof(section->name), "%s", name);
	if (section->daxctl) {
		section->match = MATCH_NVDIMM;
		return 0;
	}
	section->match = MATCH_ALL;
	if (!strcmp(name, "all"))
		return 0;
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strncmp(name, kinds[i].name, strlen(kinds[i].name)))
			break;
	if (i == sizeof(kinds) / sizeof(*kinds))
		return fail(EX_FAILED, "use all, nvdimm, cxl-region, cxl-memdev or soft-reserved",
			    "unknown section '%s'", name);
	section->match = kinds[i].match;
	text = name + strlen(kinds[i].name);
	text += strspn(text, " \t");
	if (section->match == MATCH_NVDIMM || section->match == MATCH_CXL_REGION)
		good = uuid_parse(section->uuid, text);
	else if (section->match == MATCH_CXL_MEMDEV)
		good = parse_serials(section, text);
	else
		good = parse_range(&section->range, text);
	if (good)
		return 0;
	return fail(EX_FAILED, "'kmemctl -o +SOURCE' shows those there are",
		    "'%s': %stakes %s, not '%s'", name, kinds[i].name,
		    kinds[i].takes, text);
}

static int set_choice(struct section *section, enum key key, const char *value)
{
	const struct choice *choices = keys[key].choices;
	int i;

	for (i = 0; i < 2; i++) {
		if (strcmp(choices[i].word, value))
			continue;
		section->value[key] = choices[i].value;
		return 0;
	}
	return fail(EX_FAILED, SEE_MAN, "%s is %s or %s, not '%s'",
		    keys[key].name, choices[0].word, choices[1].word, value);
}

static int set_timeout(struct section *section, const char *value)
{
	unsigned int seconds;

	if (!parse_timeout(&seconds, value))
		return fail(EX_FAILED, SEE_MAN,
			    "timeout is a number of seconds, 1 to %d, not '%s'",
			    TIMEOUT_MAX, value);
	section->value[KEY_TIMEOUT] = seconds;
	return 0;
}

int section_key(struct section *section, const char *name, const char *value,
		unsigned int line)
{
	bool daxctl = section->daxctl;
	/* daxctl takes its keys in any case */
	int (*compare)(const char *a, const char *b) =
		daxctl ? strcasecmp : strcmp;
	enum key key;

	for (key = 0; key < NR_KEYS; key++)
		if ((daxctl ? keys[key].daxctl : keys[key].ours) &&
		    !compare(keys[key].name, name))
			break;
	if (key == NR_KEYS)
		return fail(EX_FAILED, daxctl ?
			    "keys are nvdimm.uuid, mode, online, movable" :
			    "keys are mode, zone, memmap, exclusive, overwrite, timeout",
			    "unknown key '%s'", name);
	if (section->key_line[key])
		return fail(EX_FAILED, "remove one of them",
			    "%s is given twice, first in line %u",
			    keys[key].name, section->key_line[key]);
	section->key_line[key] = line;
	if (key == KEY_TIMEOUT)
		return set_timeout(section, value);
	if (key != KEY_DAXCTL_UUID)
		return set_choice(section, key, value);
	if (uuid_parse(section->uuid, value))
		return 0;
	return fail(EX_FAILED, "'ndctl list -N' shows it",
		    "nvdimm.uuid is the uuid of a namespace, not '%s'", value);
}

int section_complete(struct section *section)
{
	enum key key;

	if (section->daxctl && !section->key_line[KEY_DAXCTL_UUID])
		return fail(EX_FAILED, "'ndctl list -N' shows it",
			    "[reconfigure-device] has no nvdimm.uuid");
	if (section->daxctl) {
		/* daxctl's default is movable */
		section->value[KEY_ZONE] =
			section->key_line[KEY_DAXCTL_MOVABLE] &&
			!section->value[KEY_DAXCTL_MOVABLE] ?
			ZONE_NORMAL : ZONE_MOVABLE;
		section->key_line[KEY_ZONE] = section->line;
		section->key_line[KEY_MODE] = section->line;
		return 0;
	}
	if (!section->key_line[KEY_MODE] ||
	    section->value[KEY_MODE] != MODE_DEVDAX)
		return 0;
	for (key = KEY_ZONE; key <= KEY_OVERWRITE; key++)
		if (section->key_line[key])
			return fail(EX_FAILED, "remove one of them",
				    "%s cannot be used with mode = devdax",
				    keys[key].name);
	return 0;
}

bool sections_collide(const struct section *a, const struct section *b)
{
	if (a->match != b->match)
		return false;
	switch (a->match) {
	case MATCH_ALL:
		return true;
	case MATCH_CXL_MEMDEV:
		return a->nr_serials == b->nr_serials &&
		       !memcmp(a->serials, b->serials,
			       a->nr_serials * sizeof(*a->serials));
	case MATCH_SOFT_RESERVED:
		return a->range.start <= b->range.end &&
		       b->range.start <= a->range.end;
	default:
		return !strcmp(a->uuid, b->uuid);
	}
}

bool section_stays_offline(const struct section *section)
{
	return section->key_line[KEY_DAXCTL_ONLINE] &&
	       !section->value[KEY_DAXCTL_ONLINE];
}

static bool has_serial(const struct identity *id, __u64 serial)
{
	size_t i;

	for (i = 0; i < id->nr_serials; i++)
		if (id->serials[i] == serial)
			return true;
	return false;
}

static bool has_serials(const struct identity *id,
			const struct section *section)
{
	size_t i;

	for (i = 0; i < section->nr_serials; i++)
		if (!has_serial(id, section->serials[i]))
			return false;
	return true;
}

bool section_matches(const struct section *section, const struct identity *id)
{
	switch (section->match) {
	case MATCH_ALL:
		return true;
	case MATCH_NVDIMM:
		return !strcmp(section->uuid, id->uuid);
	case MATCH_CXL_REGION:
		return !strcmp(section->uuid, id->region);
	case MATCH_CXL_MEMDEV:
		return id->source == SOURCE_CXL && has_serials(id, section);
	default:
		return id->source == SOURCE_SOFT_RESERVED && id->has_range &&
		       section->range.start <= id->range.start &&
		       section->range.end >= id->range.end;
	}
}
