// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands and options, --help, and the nearest name to a mistyped one. No
 * help is longer than a terminal of 24 lines and 80 columns.
 */
#include "help.h"

#include <stdio.h>
#include <string.h>

const struct command commands[] = {
	{ "list", CMD_LIST, cmd_list, 0, -1, " [DEV...]",
	  "show dax devices and their memory (the default)" },
	{ "online", CMD_ONLINE, cmd_online, 1, -1, " DEV...|all",
	  "use as memory: bind to kmem, online all blocks" },
	{ "offline", CMD_OFFLINE, cmd_offline, 1, -1, " DEV...|all",
	  "offline all blocks, remove them, bind to device_dax" },
	{ "bind", CMD_BIND, cmd_bind, 1, 1, " DEV",
	  "bind to kmem; auto_online_blocks decides about blocks" },
	{ "unbind", CMD_UNBIND, cmd_unbind, 1, 1, " DEV",
	  "unbind from kmem; refused while a block is online" },
	{ "apply", CMD_APPLY, cmd_apply, 0, -1, " [DEV...|all]",
	  "configure devices as kmemctl.conf(5) says" },
	{ "doctor", CMD_DOCTOR, cmd_doctor, 0, 0, "",
	  "find what keeps kmemctl from working, with next steps" },
	{ "check-config", CMD_CHECK_CONFIG, cmd_check_config, 0, 1, " [DEV]",
	  "check kmemctl.conf(5); print its settings for DEV" },
	{ "why", CMD_WHY, cmd_why, 1, 1, " DEV|BLOCK",
	  "what keeps memory online, and which processes use it" },
	{ "map", CMD_MAP, cmd_map, 1, 1, " DEV",
	  "draw a picture of the memory blocks" },
	{ "help", CMD_HELP, cmd_help, 0, 1, " [COMMAND]",
	  "print the options of a command" },
	{ .name = NULL }
};

#define CMD_ANY ~0u
#define CMD_DRY_RUN (CMD_ONLINE | CMD_OFFLINE | CMD_APPLY)

const struct option_row option_rows[] = {
	{ OPT_MOVABLE, "movable", NULL, CMD_ONLINE,
	  "in zone Movable, so it can go offline again (default)" },
	{ OPT_NORMAL, "normal", NULL, CMD_ONLINE,
	  "in zone Normal, usable by the kernel itself" },
	{ OPT_MEMMAP, "memmap-on-memory", NULL, CMD_ONLINE,
	  "keep the memmap on the device, not in RAM" },
	{ OPT_NO_MEMMAP, "no-memmap-on-memory", NULL, CMD_ONLINE,
	  "keep the memmap in RAM" },
	{ OPT_EXCLUSIVE, "exclusive", NULL, CMD_ONLINE,
	  "let no other program change its memory blocks" },
	{ OPT_FORCE, "force", NULL, CMD_ONLINE | CMD_BIND,
	  "overwrite it even if it is in use or holds data" },
	{ OPT_DRAIN, "drain", NULL, CMD_OFFLINE,
	  "first move pages of programs away, drop caches;\n"
	  "refuse what cannot succeed; say why if it fails" },
	{ OPT_TO, "to", "NODES", CMD_OFFLINE,
	  "with --drain: move to these nodes, such as 0,2" },
	{ OPT_WIDTH, "width", "N", CMD_MAP,
	  "width of the picture, in characters" },
	{ OPT_DRY_RUN, "dry-run", NULL, CMD_DRY_RUN,
	  "change nothing: print the plan and its writes" },
	{ 'J', "json", NULL, CMD_DRY_RUN, "with --dry-run: print JSON" },
	{ 'J', "json", NULL, CMD_LIST | CMD_DOCTOR | CMD_WHY, "print JSON" },
	{ 'P', "pairs", NULL, CMD_LIST, "print NAME=\"value\" pairs" },
	{ 'r', "raw", NULL, CMD_LIST,
	  "print one space between values, do not align them" },
	{ 'b', "bytes", NULL, CMD_DRY_RUN,
	  "with --dry-run: print sizes in bytes" },
	{ 'b', "bytes", NULL, CMD_LIST | CMD_WHY, "print sizes in bytes" },
	{ 'n', "noheadings", NULL, CMD_LIST | CMD_DOCTOR | CMD_WHY,
	  "print no headings" },
	{ 'o', "output", "COLS", CMD_LIST,
	  "columns to print; +COL,... adds to the default" },
	{ 'o', "output", "COLS", CMD_WHY,
	  "only the blocks, each in a row, with these columns" },
	{ OPT_OUTPUT_ALL, "output-all", NULL, CMD_LIST, "all columns" },
	{ OPT_WAIT, "wait", "SECONDS", CMD_APPLY,
	  "first wait for each device that a section names" },
	{ OPT_TIMEOUT, "timeout", "SECONDS", CMD_ONLINE | CMD_OFFLINE,
	  "stop and roll back after this time" },
	{ OPT_QUIET, "quiet", NULL, CMD_DRY_RUN, "print nothing but errors" },
	{ OPT_VERBOSE, "verbose", NULL, CMD_DRY_RUN, "print every write" },
	{ OPT_SYSROOT, "sysroot", "DIR", CMD_ANY,
	  "use DIR as the root of the system" },
	{ 'h', "help", NULL, CMD_ANY, "print this help" },
	{ 'V', "version", NULL, 0, "print the version" },
	{ .name = NULL }
};

#define MAX_WORD 24

enum { EDIT = 2, REPLACE = 3 };

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * The Damerau-Levenshtein distance: a letter added, left out or swapped with
 * the next is an EDIT. A wrong letter is rarer, so "ofline" is "offline", not
 * "online".
 */
static size_t distance(const char *a, const char *b)
{
	size_t d[MAX_WORD + 1][MAX_WORD + 1], i, j;
	size_t m = strlen(a), n = strlen(b);

	if (m > MAX_WORD || n > MAX_WORD)
		return EDIT * MAX_WORD;
	for (i = 0; i <= m; i++)
		d[i][0] = i * EDIT;
	for (j = 0; j <= n; j++)
		d[0][j] = j * EDIT;
	for (i = 1; i <= m; i++)
		for (j = 1; j <= n; j++) {
			d[i][j] = d[i - 1][j - 1] +
				  (a[i - 1] == b[j - 1] ? 0 : REPLACE);
			d[i][j] = min(d[i][j], d[i - 1][j] + EDIT);
			d[i][j] = min(d[i][j], d[i][j - 1] + EDIT);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d[i][j] = min(d[i][j], d[i - 2][j - 2] + EDIT);
		}
	return d[m][n];
}

/* One mistake for each four letters or so; *least is the best so far. */
static bool is_nearer(const char *word, const char *name, size_t *least)
{
	size_t now = distance(word, name);

	if (now >= *least || now > (strlen(name) + 2) / 4 * REPLACE)
		return false;
	*least = now;
	return true;
}

const char *nearest_command(const char *word)
{
	const struct command *command;
	const char *nearest = NULL;
	size_t least = EDIT * MAX_WORD;

	for (command = commands; command->name; command++)
		if (is_nearer(word, command->name, &least))
			nearest = command->name;
	return nearest;
}

const char *nearest_option(const char *word, unsigned int wanted)
{
	const struct option_row *row;
	const char *nearest = NULL;
	size_t least = EDIT * MAX_WORD;

	for (row = option_rows; row->name; row++)
		if ((row->commands & wanted || !row->commands) &&
		    is_nearer(word, row->name, &least))
			nearest = row->name;
	return nearest;
}

const struct command *find_command(const char *name)
{
	const struct command *command;

	for (command = commands; command->name; command++)
		if (!strcmp(command->name, name))
			return command;
	return NULL;
}

static void print_option(const struct option_row *row)
{
	const char *help = row->help;
	char usage[40], letter[] = "    ";
	int len;

	if (row->val < 256)
		snprintf(letter, sizeof(letter), "-%c,", row->val);
	snprintf(usage, sizeof(usage), "%s%s%s", row->name,
		 row->value ? " " : "", row->value ? row->value : "");
	printf("  %-4s--%-15s  ", letter, usage);
	while (help) {
		len = strcspn(help, "\n");
		printf("%.*s\n", len, help);
		help = help[len] ? help + len + 1 : NULL;
		if (help)
			printf("%25s", "");
	}
}

static void print_command_help(const struct command *command)
{
	const struct option_row *row;

	printf("Usage: kmemctl %s [options]%s\n\n%s: %s\n\n", command->name,
	       command->args, command->name, command->summary);
	for (row = option_rows; row->name; row++)
		if (row->commands & command->bit)
			print_option(row);
	if (command->bit == CMD_LIST)
		list_print_columns();
	if (command->bit == CMD_CHECK_CONFIG)
		puts("\nExit status: 0 no error; with DEV, 4 no section sets its mode.");
	if (command->bit == CMD_WHY)
		puts("\nExit status: 0 all of it can go offline, 4 likely not.");
	puts("\nkmemctl(8) has more, with examples.");
}

void help_print(const struct command *command)
{
	const struct option_row *row;
	char usage[64];

	if (command) {
		print_command_help(command);
		return;
	}
	puts("Usage: kmemctl [options] [command] [device...]\n"
	     "\nTurn dax devices into memory and back.\n");
	for (command = commands; command->name; command++) {
		snprintf(usage, sizeof(usage), "%s%s", command->name,
			 command->args);
		printf("  %-22s %s\n", usage, command->summary);
	}
	putchar('\n');
	for (row = option_rows; row->name; row++)
		if (row->commands == CMD_ANY || !row->commands)
			print_option(row);
	puts("\nExit status: 0 done or already so, 1 failed, rolled back, 2 usage,\n"
	     "3 no such device, 4 refused for safety, 5 time limit, 64 partly done.");
}
