/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config/ is for kmemctl.conf: config.c reads all files, parse.c the text of one,
 * section.c knows what a section may say, match.c finds the section of a device.
 * Calls only device/ and lib/.
 */
#ifndef KMEMCTL_CONFIG_H
#define KMEMCTL_CONFIG_H

#include "device/dax.h"

/* libinih keeps no more of a section's name than 49 bytes. */
#define SECTION_NAME_MAX 48

enum match {
	MATCH_ALL,
	MATCH_NVDIMM,
	MATCH_CXL_REGION,
	MATCH_CXL_MEMDEV,
	MATCH_SOFT_RESERVED,
};

enum key {
	KEY_MODE,		/* enum mode */
	KEY_ZONE,		/* enum zone */
	KEY_MEMMAP,		/* enum memmap_request */
	KEY_EXCLUSIVE,		/* 0 or 1, as those below but the time-out */
	KEY_OVERWRITE,
	KEY_TIMEOUT,		/* seconds */
	/* in sections of daxctl only */
	KEY_DAXCTL_UUID,
	KEY_DAXCTL_ONLINE,
	KEY_DAXCTL_MOVABLE,
	NR_KEYS
};

enum mode { MODE_SYSTEM_RAM, MODE_DEVDAX };

struct section {
	char name[SECTION_NAME_MAX + 2];	/* as written, without brackets */
	const char *file;
	unsigned int line;
	enum match match;
	bool daxctl;		/* in the syntax of daxctl */
	char uuid[UUID_SIZE];
	__u64 serials[MAX_SERIALS];
	size_t nr_serials;
	struct range range;
	/* by key; the value counts only where the line is not 0 */
	int value[NR_KEYS];
	unsigned int key_line[NR_KEYS];
};

struct config {
	struct section *sections;
	size_t nr;
	char **files;
	size_t nr_files;
	unsigned int errors;
	char first_error[256];
	bool denied;		/* a file can be read by root only */
	bool quiet;		/* count errors, print none */
};

/* Prints each error with its file and line; returns 0 or EX_FAILED. */
int config_load(struct config *config);
void config_free(struct config *config);

/*
 * The settings of a device: the keys of its own section, and from [all] the
 * keys which that section does not have. No file in *found: no section matches.
 * Returns 0, or an exit code with the failure remembered: two sections match.
 */
int config_find(const struct config *config, const struct identity *id,
		struct section *found);

bool config_sets_mode(const struct config *config);

/*
 * Warns on stderr about each section that matches no device of this machine;
 * about none when a device cannot be read, because any section might match it.
 */
void config_warn_unmatched(const struct config *config);

/*
 * The sections that name a device and match none, not even after so many
 * seconds: whether there are any, or a device cannot be read yet; and their
 * number, with an error on stderr for each.
 */
bool config_awaits_devices(const struct config *config);
size_t config_report_missing(const struct config *config, unsigned int seconds);

/*
 * In parse.c: counts the remembered failure as an error of that line, of the file
 * if it is 0, and prints it unless the configuration is quiet.
 */
void config_report(struct config *config, const char *file, unsigned int line);

/* Parses the text of one file; a test calls it without the file. */
void config_parse(struct config *config, const char *file, const char *text,
		  size_t len, bool daxctl);

/*
 * In section.c, for the parser. These return 0, or an exit code with the
 * failure remembered, without file and line.
 */
int section_begin(struct section *section, const char *name);
int section_key(struct section *section, const char *key, const char *value,
		unsigned int line);
/* After the last key. */
int section_complete(struct section *section);

/* One device could match both sections. */
bool sections_collide(const struct section *a, const struct section *b);
bool section_matches(const struct section *section, const struct identity *id);
/* "online = false" in a section of daxctl: memory blocks exist, but offline. */
bool section_stays_offline(const struct section *section);

#endif
