/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands and options of kmemctl, each in one row: what the command line
 * may hold, and what --help says of it.
 */
#ifndef KMEMCTL_HELP_H
#define KMEMCTL_HELP_H

#include "cmd/cmd.h"

enum {
	CMD_LIST = 1 << 0,
	CMD_ONLINE = 1 << 1,
	CMD_OFFLINE = 1 << 2,
	CMD_BIND = 1 << 3,
	CMD_UNBIND = 1 << 4,
	CMD_APPLY = 1 << 5,
	CMD_DOCTOR = 1 << 6,
	CMD_CHECK_CONFIG = 1 << 7,
	CMD_WHY = 1 << 8,
	CMD_MAP = 1 << 9,
	CMD_HELP = 1 << 10,
};

struct command {
	const char *name;
	unsigned int bit;
	command_run *run;
	int min;
	int max;		/* devices; -1: any number */
	const char *args;
	const char *summary;
};

/* Options without a letter. */
enum {
	OPT_SYSROOT = 256, OPT_DRY_RUN, OPT_MOVABLE, OPT_NORMAL, OPT_OUTPUT_ALL,
	OPT_QUIET, OPT_TIMEOUT, OPT_VERBOSE, OPT_WIDTH, OPT_DRAIN,
	OPT_TO, OPT_MEMMAP, OPT_NO_MEMMAP, OPT_EXCLUSIVE, OPT_FORCE,
	OPT_WAIT, OPT_LAST
};

/* An option whose help differs between commands has a row for each help. */
struct option_row {
	int val;		/* its letter, or one of the above */
	const char *name;
	const char *value;	/* what its value is called; NULL: none */
	unsigned int commands;	/* that take it */
	const char *help;	/* lines separated by \n */
};

/* Both end with a row that has no name. */
extern const struct command commands[];
extern const struct option_row option_rows[];

/* NULL: no such command. */
const struct command *find_command(const char *name);
/* A name that a mistyped word is likely to mean; NULL: none is near enough. */
const char *nearest_command(const char *word);
/* "commands": only options that these take. */
const char *nearest_option(const char *word, unsigned int commands);

/* Of one command; NULL: of the program. */
void help_print(const struct command *command);
#endif
