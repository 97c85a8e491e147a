// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmemctl: turn dax devices into memory and back. This file reads the command
 * line and calls the command.
 */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/cmd.h"
#include "help.h"
#include "lib/path.h"

enum {
	OPT_SYSROOT = 256, OPT_DRY_RUN, OPT_MOVABLE, OPT_NORMAL, OPT_OUTPUT_ALL,
	OPT_QUIET, OPT_TIMEOUT, OPT_VERBOSE, OPT_WIDTH, OPT_DRAIN,
	OPT_TO, OPT_MEMMAP, OPT_NO_MEMMAP, OPT_LAST
};

static const struct option long_options[] = {
	{ "bytes", no_argument, NULL, 'b' },
	{ "drain", no_argument, NULL, OPT_DRAIN },
	{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, 'J' },
	{ "memmap-on-memory", no_argument, NULL, OPT_MEMMAP },
	{ "movable", no_argument, NULL, OPT_MOVABLE },
	{ "no-memmap-on-memory", no_argument, NULL, OPT_NO_MEMMAP },
	{ "noheadings", no_argument, NULL, 'n' },
	{ "normal", no_argument, NULL, OPT_NORMAL },
	{ "output", required_argument, NULL, 'o' },
	{ "output-all", no_argument, NULL, OPT_OUTPUT_ALL },
	{ "pairs", no_argument, NULL, 'P' },
	{ "quiet", no_argument, NULL, OPT_QUIET },
	{ "raw", no_argument, NULL, 'r' },
	{ "sysroot", required_argument, NULL, OPT_SYSROOT },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "to", required_argument, NULL, OPT_TO },
	{ "verbose", no_argument, NULL, OPT_VERBOSE },
	{ "version", no_argument, NULL, 'V' },
	{ "width", required_argument, NULL, OPT_WIDTH },
	{ NULL, 0, NULL, 0 }
};

/* An option a command does not take is refused, not ignored. */
static const struct command {
	const char *name;
	int (*run)(const struct options *opts, char **devices, int nr);
	int min;
	int max;		/* devices */
	int takes[16];		/* options besides those for all */
} commands[] = {
	{ "list", cmd_list, 0, -1,
	  { 'J', 'P', 'r', 'b', 'n', 'o', OPT_OUTPUT_ALL } },
	{ "online", cmd_online, 1, -1,
	  { OPT_MOVABLE, OPT_NORMAL, OPT_MEMMAP, OPT_NO_MEMMAP, OPT_DRY_RUN, 'J',
	    'b', OPT_TIMEOUT, OPT_QUIET, OPT_VERBOSE } },
	{ "offline", cmd_offline, 1, -1,
	  { OPT_DRY_RUN, 'J', 'b', OPT_TIMEOUT, OPT_QUIET, OPT_VERBOSE,
	    OPT_DRAIN, OPT_TO } },
	{ "bind", cmd_bind, 1, 1, { 0 } },
	{ "unbind", cmd_unbind, 1, 1, { 0 } },
	{ "apply", cmd_apply, 0, -1,
	  { OPT_DRY_RUN, 'J', 'b', OPT_QUIET, OPT_VERBOSE } },
	{ "doctor", cmd_doctor, 0, 0, { 'J', 'n' } },
	{ "check-config", cmd_check_config, 0, 0, { 0 } },
	{ "why", cmd_why, 1, 1, { 'J', 'b', 'n', 'o' } },
	{ "map", cmd_map, 1, 1, { OPT_WIDTH } },
};

/* The options of this command line, by what getopt_long() has for them. */
static bool given[OPT_LAST];

/* Says what is wrong with the command line; "what" is set into the text. */
#define usage(fmt, ...) \
	fail_now(fail(EX_USE, "run 'kmemctl --help'", fmt, __VA_ARGS__))

static int fail_now(int code)
{
	fail_print(NULL, NULL);
	return code;
}

static int set_sysroot(const char *dir)
{
	struct stat st;

	if (stat(dir, &st) || !S_ISDIR(st.st_mode))
		return usage("--sysroot: no such directory: %s", dir);
	path_set_root(strcmp(dir, "/") ? dir : "");
	return 0;
}

static int set_zone(struct options *opts, enum zone zone)
{
	if (opts->zone_chosen && opts->zone != zone)
		return usage("%s exclude each other", "--movable and --normal");
	opts->zone = zone;
	opts->zone_chosen = true;
	return 0;
}

static int set_memmap(struct options *opts, enum memmap_request memmap)
{
	if (opts->memmap != MEMMAP_ANY && opts->memmap != memmap)
		return usage("%s exclude each other",
			     "--memmap-on-memory and --no-memmap-on-memory");
	opts->memmap = memmap;
	return 0;
}

static int set_talk(enum talk wanted)
{
	if (talk() != TALK_NORMAL && talk() != wanted)
		return usage("%s exclude each other", "--quiet and --verbose");
	talk_set(wanted);
	return 0;
}

/* A day is far more than anything takes. */
static int set_timeout(struct options *opts, const char *text)
{
	size_t digits = strspn(text, "0123456789");

	if (digits && digits < 6 && !text[digits])
		opts->timeout = atoi(text);
	if (!opts->timeout || opts->timeout > 86400)
		return usage("--timeout: a number of seconds, 1 to 86400, not '%.20s'",
			     text);
	return 0;
}

static int bad_option(int c, char **argv)
{
	char letter[] = { '-', optopt, '\0' };
	const char *text = argv[optind - 1];

	/* a bad letter may stand in the middle of -Jxb */
	if (strncmp(text, "--", 2) && optopt && optopt < 256)
		text = letter;
	if (c == ':')
		return usage("option %s needs a value", text);
	return usage("unknown or ambiguous option %s", text);
}

static bool takes(const struct command *cmd, int c)
{
	size_t i;

	for (i = 0; cmd->takes[i]; i++)
		if (cmd->takes[i] == c)
			return true;
	return c == OPT_SYSROOT;
}

static int check_options(const struct command *cmd)
{
	const struct option *option;

	for (option = long_options; option->name; option++)
		if (given[option->val] && !takes(cmd, option->val))
			return usage("--%s is not for %s", option->name,
				     cmd->name);
	if (given[OPT_DRY_RUN] && talk() != TALK_NORMAL)
		return usage("%s exclude each other",
			     "--dry-run and --quiet or --verbose");
	if ((given['J'] || given['b']) && takes(cmd, OPT_DRY_RUN) &&
	    !given[OPT_DRY_RUN])
		return usage("%s: only with --dry-run", given['J'] ? "--json" :
			     "--bytes");
	if (given['J'] + given['P'] + given['r'] > 1)
		return usage("%s exclude each other",
			     "--json, --pairs and --raw");
	if (given[OPT_TO] && !given[OPT_DRAIN])
		return usage("%s goes with --drain", "--to");
	return 0;
}

static int check_use(const struct command *cmd, char **devices, int nr)
{
	int i, rc;

	rc = check_options(cmd);
	if (rc)
		return rc;
	if (nr < cmd->min)
		return usage("%s: which device?", cmd->name);
	if (cmd->max >= 0 && nr > cmd->max)
		return usage("%s takes %s device", cmd->name,
			     cmd->max ? "one" : "no");
	for (i = 0; i < nr; i++)
		if (!strcmp(devices[i], "all") &&
		    (cmd->run == cmd_list || cmd->max == 1 || nr > 1))
			return usage("%s: 'all' stands alone, after online or offline",
				     cmd->name);
	return 0;
}

static int run(const struct options *opts, char **args, int nr)
{
	const char *name = nr ? args[0] : "list";
	size_t i;
	int rc;

	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(commands[i].name, name))
			continue;
		if (nr) {
			args++;
			nr--;
		}
		rc = check_use(&commands[i], args, nr);
		return rc ? rc : commands[i].run(opts, args, nr);
	}
	return usage("unknown command '%.40s'", name);
}

/* 0: go on; otherwise the exit code. */
static int take_option(struct options *opts, int c, char **argv)
{
	given[c] = true;
	switch (c) {
	case 'J':
		opts->out.json = true;
		return 0;
	case 'P':
		opts->out.pairs = true;
		return 0;
	case 'r':
		opts->out.raw = true;
		return 0;
	case OPT_OUTPUT_ALL:
		opts->out.all_columns = true;
		return 0;
	case 'b':
		opts->out.bytes = true;
		return 0;
	case 'n':
		opts->out.no_headings = true;
		return 0;
	case 'o':
		opts->out.columns = optarg;
		return 0;
	case OPT_DRAIN:
		opts->drain = true;
		return 0;
	case OPT_TO:
		opts->to = optarg;
		return 0;
	case OPT_WIDTH:
		opts->width = optarg;
		return 0;
	case OPT_SYSROOT:
		return set_sysroot(optarg);
	case OPT_DRY_RUN:
		opts->dry_run = true;
		return 0;
	case OPT_TIMEOUT:
		return set_timeout(opts, optarg);
	case OPT_QUIET:
		return set_talk(TALK_QUIET);
	case OPT_VERBOSE:
		return set_talk(TALK_VERBOSE);
	case OPT_MOVABLE:
		return set_zone(opts, ZONE_MOVABLE);
	case OPT_NORMAL:
		return set_zone(opts, ZONE_NORMAL);
	case OPT_MEMMAP:
		return set_memmap(opts, MEMMAP_ON_DEVICE);
	case OPT_NO_MEMMAP:
		return set_memmap(opts, MEMMAP_IN_RAM);
	default:
		return bad_option(c, argv);
	}
}

/* Output that got lost is a failure, whatever else went well. */
static int finish(int rc)
{
	if (!ferror(stdout) && !fflush(stdout))
		return rc;
	fail(EX_FAILED, NULL, "cannot write the output: %s", strerror(errno));
	fail_print(NULL, NULL);
	return rc ? rc : EX_FAILED;
}

int main(int argc, char **argv)
{
	struct options opts = { .zone = ZONE_MOVABLE };
	bool help = false;
	int c, rc = 0;

	setlocale(LC_CTYPE, "");
	while ((c = getopt_long(argc, argv, ":hVJPrbno:", long_options,
				NULL)) != -1) {
		if (c == 'V') {
			puts("kmemctl " KMEMCTL_VERSION);
			return finish(EX_DONE);
		}
		if (c == 'h')
			help = true;
		else if (!help)
			rc = take_option(&opts, c, argv);
		if (rc)
			return rc;
	}
	if (help) {
		help_print(argv[optind]);
		return finish(EX_DONE);
	}
	return finish(run(&opts, argv + optind, argc - optind));
}
