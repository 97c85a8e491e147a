// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmemctl: turn dax devices into memory and back. This file parses the command
 * line, refuses what is wrong with it, and calls the command.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "help.h"
#include "lib/path.h"

/* The options of this command line, by the letter or number of each. */
static const char *given[OPT_LAST];	/* the value; NULL: not given */

/* The first that getopt_long() objects to. */
static struct {
	int is;			/* its '?' or ':'; 0: none */
	int opt;		/* its optopt */
	const char *text;
} bad;

#define SEE_HELP "run 'kmemctl --help'"

/* The next step in a usage error. */
static char hint[64] = SEE_HELP;

/* Says what is wrong with the command line. */
#define usage(...) fail_now(fail(EX_USE, hint, __VA_ARGS__))

static int fail_now(int code)
{
	fail_print(NULL, NULL);
	return code;
}

static bool is_prefix_of_option(const char *text, size_t len)
{
	const struct option_row *row;

	for (row = option_rows; row->name; row++)
		if (len && !strncmp(row->name, text, len))
			return true;
	return false;
}

static int bad_long_option(const struct command *cmd, const char *text)
{
	size_t len = strcspn(text, "=");
	const char *nearest;
	char name[32];

	if (bad.opt)
		return usage("option %.*s takes no value", (int)len, text);
	if (is_prefix_of_option(text + 2, len - 2))
		return usage("ambiguous option %s", text);
	snprintf(name, sizeof(name), "%.*s", (int)len - 2, text + 2);
	nearest = nearest_option(name, cmd->bit);
	if (nearest)
		snprintf(hint, sizeof(hint), "did you mean --%s?", nearest);
	return usage("unknown option %s", text);
}

static bool takes(unsigned int takers, int val)
{
	const struct option_row *row;

	for (row = option_rows; row->name; row++)
		if (row->val == val &&
		    (row->commands & takers || !row->commands))
			return true;
	return false;
}

static int bad_option(const struct command *cmd)
{
	bool is_long = !strncmp(bad.text, "--", 2);

	if (bad.is == ':' && is_long)
		return usage("option %s needs a value", bad.text);
	if (bad.is == ':')
		return usage("option -%c needs a value", bad.opt);
	/* an unknown letter in -Jxb has the argument before it as text */
	if (is_long && (!bad.opt || takes(~0u, bad.opt)))
		return bad_long_option(cmd, bad.text);
	return usage("unknown option -%c", bad.opt);
}

static int check_options(const struct command *cmd)
{
	static const struct {
		int one, other;
		const char *names;
	} exclusive[] = {
		{ OPT_MOVABLE, OPT_NORMAL, "--movable and --normal" },
		{ OPT_MEMMAP, OPT_NO_MEMMAP,
		  "--memmap-on-memory and --no-memmap-on-memory" },
		{ OPT_QUIET, OPT_VERBOSE, "--quiet and --verbose" },
		{ OPT_DRY_RUN, OPT_QUIET, "--dry-run and --quiet or --verbose" },
		{ OPT_DRY_RUN, OPT_VERBOSE,
		  "--dry-run and --quiet or --verbose" },
		{ 'J', 'P', "--json, --pairs and --raw" },
		{ 'J', 'r', "--json, --pairs and --raw" },
		{ 'P', 'r', "--json, --pairs and --raw" },
	};
	const struct option_row *row;
	size_t i;

	for (row = option_rows; row->name; row++)
		if (given[row->val] && !takes(cmd->bit, row->val))
			return usage("--%s is not for %s", row->name,
				     cmd->name);
	for (i = 0; i < sizeof(exclusive) / sizeof(*exclusive); i++)
		if (given[exclusive[i].one] && given[exclusive[i].other])
			return usage("%s exclude each other",
				     exclusive[i].names);
	if ((given['J'] || given['b']) && takes(cmd->bit, OPT_DRY_RUN) &&
	    !given[OPT_DRY_RUN])
		return usage("%s: only with --dry-run", given['J'] ? "--json" :
			     "--bytes");
	if (given[OPT_TO] && !given[OPT_DRAIN])
		return usage("%s goes with --drain", "--to");
	return 0;
}

static int check_values(struct options *opts)
{
	const struct {
		const char *name, *text;
		unsigned int *seconds;
	} *time, times[] = {
		{ "timeout", given[OPT_TIMEOUT], &opts->timeout },
		{ "wait", given[OPT_WAIT], &opts->wait },
		{ NULL, NULL, NULL },
	};
	const char *dir = given[OPT_SYSROOT];
	struct stat st;

	if (dir && (stat(dir, &st) || !S_ISDIR(st.st_mode)))
		return usage("--sysroot: no such directory: %s", dir);
	if (dir)
		path_set_root(strcmp(dir, "/") ? dir : "");
	for (time = times; time->name; time++)
		if (time->text && !parse_timeout(time->seconds, time->text))
			return usage("--%s: a number of seconds, 1 to %d, not '%.20s'",
				     time->name, TIMEOUT_MAX, time->text);
	return 0;
}

static int check_use(const struct command *cmd, char **devices, int nr)
{
	int i, rc;

	rc = check_options(cmd);
	if (rc)
		return rc;
	if (given[OPT_WAIT] && nr && strcmp(devices[0], "all"))
		return usage("--wait is for all devices, not for some");
	if (nr < cmd->min)
		return usage("%s: which device?", cmd->name);
	if (cmd->max >= 0 && nr > cmd->max)
		return usage("%s takes %s device", cmd->name,
			     cmd->max ? "one" : "no");
	for (i = 0; i < nr; i++)
		if (!strcmp(devices[i], "all") &&
		    (cmd->run == cmd_list || cmd->max == 1 || nr > 1))
			return usage("%s: 'all' stands alone, after online, offline or apply",
				     cmd->name);
	return 0;
}

static void take_options(struct options *opts)
{
	opts->out.json = given['J'];
	opts->out.pairs = given['P'];
	opts->out.raw = given['r'];
	opts->out.bytes = given['b'];
	opts->out.no_headings = given['n'];
	opts->out.columns = given['o'];
	opts->out.all_columns = given[OPT_OUTPUT_ALL];
	opts->dry_run = given[OPT_DRY_RUN];
	opts->exclusive = given[OPT_EXCLUSIVE];
	opts->force = given[OPT_FORCE];
	opts->drain = given[OPT_DRAIN];
	opts->to = given[OPT_TO];
	opts->width = given[OPT_WIDTH];
	opts->zone_chosen = given[OPT_MOVABLE] || given[OPT_NORMAL];
	opts->zone = given[OPT_NORMAL] ? ZONE_NORMAL : ZONE_MOVABLE;
	opts->memmap = given[OPT_MEMMAP] ? MEMMAP_ON_DEVICE :
		       given[OPT_NO_MEMMAP] ? MEMMAP_IN_RAM : MEMMAP_ANY;
	if (given[OPT_QUIET] || given[OPT_VERBOSE])
		talk = given[OPT_QUIET] ? TALK_QUIET : TALK_VERBOSE;
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

/* What getopt_long() takes, from the rows. */
static void fill_options(struct option *options, char *letters)
{
	const struct option_row *row;

	*letters++ = ':';
	for (row = option_rows; row->name; row++) {
		if (row > option_rows && row->val == row[-1].val)
			continue;
		*options++ = (struct option){
			.name = row->name,
			.has_arg = row->value ? required_argument : no_argument,
			.val = row->val,
		};
		if (row->val < 256)
			*letters++ = row->val;
		if (row->val < 256 && row->value)
			*letters++ = ':';
	}
}

/* Nothing is judged here: what is allowed depends on the command. */
static void scan(int argc, char **argv)
{
	struct option options[OPT_LAST - OPT_SYSROOT + 16] = { 0 };
	char letters[32] = "";
	int c;

	fill_options(options, letters);
	while ((c = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		if (c != '?' && c != ':') {
			given[c] = optarg ? optarg : "";
		} else if (!bad.is) {
			bad.is = c;
			bad.opt = optopt;
			bad.text = argv[optind - 1];
		}
	}
}

static int unknown_command(const char *name)
{
	const char *nearest = nearest_command(name);

	if (nearest)
		snprintf(hint, sizeof(hint), "did you mean '%s'?", nearest);
	else
		strcpy(hint, SEE_HELP);
	return usage("unknown command '%.40s'", name);
}

/* In this file, because it reports a usage error. */
int cmd_help(const struct options *opts, char **names, int nr)
{
	const struct command *cmd = nr ? find_command(names[0]) : NULL;

	if (nr && !cmd)
		return unknown_command(names[0]);
	help_print(cmd);
	return EX_DONE;
}

static int run_command(const struct command *cmd, char **devices, int nr)
{
	struct options opts = { 0 };
	int rc;

	snprintf(hint, sizeof(hint), "run 'kmemctl %s --help'", cmd->name);
	rc = bad.is ? bad_option(cmd) : check_values(&opts);
	if (!rc)
		rc = check_use(cmd, devices, nr);
	if (rc)
		return rc;
	take_options(&opts);
	return cmd->run(&opts, devices, nr);
}

/*
 * A file that is opened in the place of a closed stdout would get what is
 * printed, and that file may be an attribute.
 */
static void open_standard_files(void)
{
	int fd, mode;

	do {
		mode = fcntl(STDIN_FILENO, F_GETFD) < 0 ? O_WRONLY : O_RDONLY;
		fd = open("/dev/null", mode);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	const struct command *cmd;
	const char *name;
	int rc = EX_DONE;

	open_standard_files();
	setlocale(LC_CTYPE, "");
	scan(argc, argv);
	name = argv[optind];
	cmd = find_command(name ? name : "list");
	argv += optind + !!name;
	argc -= optind + !!name;
	if (given['V'])
		puts("kmemctl " KMEMCTL_VERSION);
	else if (given['h'])
		help_print(name ? cmd : NULL);
	else
		rc = cmd ? run_command(cmd, argv, argc) : unknown_command(name);
	return finish(rc);
}
