// SPDX-License-Identifier: GPL-2.0-only
/*
 * Brings sections of the configuration and devices together: the settings of a
 * device, and the sections that match none.
 */
#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
