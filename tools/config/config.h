/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All files of the configuration, read and checked as one.
 */
#ifndef KMEMCTL_CONFIG_H
#define KMEMCTL_CONFIG_H

#include "config/section.h"

struct config {
	struct section *policies;
	size_t nr;
	char **files;
	size_t nr_files;
	unsigned int errors;
	char first_error[256];
	bool denied;		/* a file is for root alone */
	bool quiet;		/* count errors, print none */
};

/* Prints each error with its file and line; returns 0 or EX_FAILED. */
int config_load(struct config *config);
void config_free(struct config *config);

/*
 * What the configuration says about a device: the keys of its own section, and
 * for those it has not, the keys of [all]. A policy without file: nothing.
 * Returns 0 or an exit code, with the failure remembered: two sections match.
 */
int config_find(const struct config *config, const struct identity *id,
		struct section *policy);

/* One file's text, for config_load() and its tests. */
void config_parse(struct config *config, const char *file, const char *text,
		  size_t len, bool daxctl);

#endif
