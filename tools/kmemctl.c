// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmemctl: turn dax devices into memory and back. This file reads the command
 * line and calls the command; --help and --version live here.
 */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "sysfs.h"

enum { OPT_SYSROOT = 256, OPT_MOVABLE, OPT_NORMAL };

static const struct option long_options[] = {
	{ "bytes", no_argument, NULL, 'b' },
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, 'J' },
	{ "movable", no_argument, NULL, OPT_MOVABLE },
	{ "noheadings", no_argument, NULL, 'n' },
	{ "normal", no_argument, NULL, OPT_NORMAL },
	{ "output", required_argument, NULL, 'o' },
	{ "sysroot", required_argument, NULL, OPT_SYSROOT },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 }
};

static const struct command {
	const char *name;
	int (*run)(const struct options *opts, char **devices, int nr);
	int min;
	int max;		/* devices */
} commands[] = {
	{ "list", cmd_list, 0, -1 },
	{ "online", cmd_online, 1, -1 },
	{ "offline", cmd_offline, 1, -1 },
	{ "bind", cmd_bind, 1, 1 },
	{ "unbind", cmd_unbind, 1, 1 },
	{ "apply", cmd_apply, 0, -1 },
	{ "doctor", cmd_doctor, 0, 0 },
	{ "check-config", cmd_check_config, 0, 0 },
};

static void print_help(void)
{
	puts("Usage: kmemctl [options] [command] [device...]\n"
	     "\n"
	     "Turn dax devices into memory and back.\n"
	     "\n"
	     "Commands:\n"
	     "  list [DEV...]          show dax devices and their memory (the default)\n"
	     "  online DEV...|all      use as memory: bind to kmem, online all blocks\n"
	     "      --movable          in zone Movable, so it can be taken back (default)\n"
	     "      --normal           in zone Normal, usable by the kernel itself\n"
	     "  offline DEV...|all     give back: offline all blocks, bind to device_dax\n"
	     "  bind DEV               bind to kmem, blocks follow the system's policy\n"
	     "  unbind DEV             unbind from kmem; refused while a block is online\n"
	     "  apply [DEV...|all]     bring about what kmemctl.conf(5) says\n"
	     "  doctor                 check what keeps it from working, with next steps\n"
	     "  check-config           check kmemctl.conf(5) and say where it is wrong\n"
	     "\n"
	     "Options for list:\n"
	     "  -J, --json             print JSON\n"
	     "  -b, --bytes            print sizes in bytes\n"
	     "  -n, --noheadings       print no headings\n"
	     "  -o, --output COLS      columns to print; +COL,... adds to the default\n"
	     "\n"
	     "Options:\n"
	     "      --sysroot DIR      use DIR as the root of the system\n"
	     "  -h, --help             print this help\n"
	     "  -V, --version          print the version\n"
	     "\n"
	     "Columns:");
	list_print_columns();
	puts("\n"
	     "Exit status: 0 done or already so, 1 failed and put back, 2 usage,\n"
	     "3 no such device, 4 refused for safety, 64 partly done.");
}

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
	sysfs_set_root(strcmp(dir, "/") ? dir : "");
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

/* Options that have no meaning for a command are refused, not ignored. */
static int check_use(const struct command *cmd, const struct options *opts,
		     char **devices, int nr)
{
	bool listing = cmd->run == cmd_list;
	bool table = listing || cmd->run == cmd_doctor;
	int i;

	if (!table && (opts->json || opts->no_headings))
		return usage("-J and -n are for list and doctor, not for %s",
			     cmd->name);
	if (!listing && (opts->bytes || opts->columns))
		return usage("-b and -o are for list, not for %s", cmd->name);
	if (cmd->run != cmd_online && opts->zone_chosen)
		return usage("--movable and --normal are for online, not for %s",
			     cmd->name);
	if (nr < cmd->min)
		return usage("%s: which device?", cmd->name);
	if (cmd->max >= 0 && nr > cmd->max)
		return usage("%s takes %s device", cmd->name,
			     cmd->max ? "one" : "no");
	for (i = 0; i < nr; i++)
		if (!strcmp(devices[i], "all") &&
		    (listing || cmd->max == 1 || nr > 1))
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
		rc = check_use(&commands[i], opts, args, nr);
		return rc ? rc : commands[i].run(opts, args, nr);
	}
	return usage("unknown command '%.40s'", name);
}

/* 0: go on; otherwise the exit code. */
static int take_option(struct options *opts, int c, char **argv)
{
	switch (c) {
	case 'J':
		opts->json = true;
		return 0;
	case 'b':
		opts->bytes = true;
		return 0;
	case 'n':
		opts->no_headings = true;
		return 0;
	case 'o':
		opts->columns = optarg;
		return 0;
	case OPT_SYSROOT:
		return set_sysroot(optarg);
	case OPT_MOVABLE:
		return set_zone(opts, ZONE_MOVABLE);
	case OPT_NORMAL:
		return set_zone(opts, ZONE_NORMAL);
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
	int c, rc;

	setlocale(LC_CTYPE, "");
	while ((c = getopt_long(argc, argv, ":hVJbno:", long_options,
				NULL)) != -1) {
		if (c == 'h') {
			print_help();
			return finish(EX_DONE);
		}
		if (c == 'V') {
			puts("kmemctl " KMEMCTL_VERSION);
			return finish(EX_DONE);
		}
		rc = take_option(&opts, c, argv);
		if (rc)
			return rc;
	}
	return finish(run(&opts, argv + optind, argc - optind));
}
