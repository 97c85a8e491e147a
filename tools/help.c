// SPDX-License-Identifier: GPL-2.0-only
/*
 * --help: of the program, the commands in one screen; of a command, its
 * options. Neither is longer than a terminal of 24 lines and 80 columns.
 */
#include "help.h"

#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"

#define DRY_RUN \
	"      --dry-run          change nothing: print the plan and its writes\n" \
	"  -J, --json             with --dry-run: print JSON\n" \
	"  -b, --bytes            with --dry-run: print sizes in bytes\n"

static const struct help {
	const char *name;
	const char *args;
	const char *summary;
	const char *options;
} helps[] = {
	{ "list", " [DEV...]",
	  "show dax devices and their memory (the default)",
	  "  -J, --json             print JSON\n"
	  "  -P, --pairs            print NAME=\"value\" pairs\n"
	  "  -r, --raw              print no columns, one space between values\n"
	  "  -b, --bytes            print sizes in bytes\n"
	  "  -n, --noheadings       print no headings\n"
	  "  -o, --output COLS      columns to print; +COL,... adds to the default\n"
	  "      --output-all       all columns\n" },
	{ "online", " DEV...|all",
	  "use as memory: bind to kmem, online all blocks",
	  "      --movable          in zone Movable, so it can be taken back (default)\n"
	  "      --normal           in zone Normal, usable by the kernel itself\n"
	  "      --memmap-on-memory    keep the memmap on the device, not in RAM\n"
	  "      --no-memmap-on-memory  keep it in RAM\n"
	  DRY_RUN
	  "      --timeout SECONDS  put all back when it takes longer\n"
	  "      --quiet            print nothing but errors\n"
	  "      --verbose          print every write\n" },
	{ "offline", " DEV...|all",
	  "give back: offline all blocks, bind to device_dax",
	  "      --drain            first move programs away, drop caches; refuse what\n"
	  "                         cannot succeed; say why when it fails\n"
	  "      --to NODES         with --drain: move to these nodes, such as 0,2\n"
	  DRY_RUN
	  "      --timeout SECONDS  put all back when it takes longer\n"
	  "      --quiet            print nothing but errors\n"
	  "      --verbose          print every write\n" },
	{ "bind", " DEV", "bind to kmem, blocks follow the system's policy", "" },
	{ "unbind", " DEV",
	  "unbind from kmem; refused while a block is online", "" },
	{ "apply", " [DEV...|all]", "bring about what kmemctl.conf(5) says",
	  DRY_RUN
	  "      --quiet            print nothing but errors\n"
	  "      --verbose          print every write\n" },
	{ "doctor", "", "check what keeps it from working, with next steps",
	  "  -J, --json             print JSON\n"
	  "  -n, --noheadings       print no headings\n" },
	{ "check-config", "",
	  "check kmemctl.conf(5) and say where it is wrong", "" },
	{ "why", " DEV|BLOCK", "what keeps memory online, and who holds it",
	  "  -J, --json             print JSON\n"
	  "  -b, --bytes            print sizes in bytes\n"
	  "  -n, --noheadings       print no headings\n"
	  "  -o, --output COLS      only the blocks, each in a row, with these columns\n"
	  "\nExit status: 0 all of it can go offline, 4 likely not.\n" },
	{ "map", " DEV", "draw a picture of the memory blocks",
	  "      --width N          columns the picture may take\n" },
};

static const char common[] =
	"      --sysroot DIR      use DIR as the root of the system\n"
	"  -h, --help             print help, after a command: its options\n";

static void print_command(const struct help *help)
{
	printf("Usage: kmemctl %s [options]%s\n\n%s: %s\n\n%s%s", help->name,
	       help->args, help->name, help->summary, help->options, common);
	if (!strcmp(help->name, "list"))
		list_print_columns();
	puts("\nkmemctl(8) explains all of it, with examples.");
}

void help_print(const char *command)
{
	char usage[64];
	size_t i;

	for (i = 0; i < sizeof(helps) / sizeof(*helps); i++)
		if (command && !strcmp(helps[i].name, command)) {
			print_command(&helps[i]);
			return;
		}
	puts("Usage: kmemctl [options] [command] [device...]\n"
	     "\nTurn dax devices into memory and back.\n");
	for (i = 0; i < sizeof(helps) / sizeof(*helps); i++) {
		snprintf(usage, sizeof(usage), "%s%s", helps[i].name,
			 helps[i].args);
		printf("  %-22s %s\n", usage, helps[i].summary);
	}
	printf("\n%s", common);
	puts("  -V, --version          print the version\n"
	     "\nExit status: 0 done or already so, 1 failed and put back, 2 usage,\n"
	     "3 no such device, 4 refused for safety, 5 time limit, 64 partly done.");
}
