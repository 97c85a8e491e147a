// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmem_random: random operations on dax devices, compared with a model of the
 * driver's ABI. Prints KTAP, the seed, and on failure a short list of
 * operations that fails. For a guest: it offlines a CPU and poisons pages.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "random.h"

#define SHRINK_SECONDS	120
#define LONG_LIST	1000

static unsigned long seed = 1;
static long nr_ops = 2000;
static const char *keep;
static bool list_only, want_shrink = true;
static char text[65536];

static void print_usage(FILE *to)
{
	fprintf(to,
		"usage: kmem_random [options] DEVICE...\n"
		"  --seed N      of the list of operations (default 1, or $KMEM_RANDOM_SEED)\n"
		"  --steps N     its length (default 2000, or $KMEM_RANDOM_OPS)\n"
		"  --keep A-B,C  run only these operations of the list\n"
		"  --list        print the operations instead of running them\n"
		"  --no-shrink   do not make a list that fails shorter\n"
		"  --verbose     print each operation before it runs\n");
}

static int give_up(const char *why)
{
	printf("Bail out! %s\n", why);
	return 1;
}

static void read_environment(void)
{
	const char *word;

	word = getenv("KMEM_RANDOM_SEED");
	if (word)
		seed = strtoul(word, NULL, 0);
	word = getenv("KMEM_RANDOM_OPS");
	if (word)
		nr_ops = strtol(word, NULL, 0);
	word = getenv("KMEM_OTHERS");
	settings.others = word && !strcmp(word, "yes");
}

static int parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "steps", required_argument, NULL, 'n' },
		{ "keep", required_argument, NULL, 'k' },
		{ "list", no_argument, NULL, 'l' },
		{ "no-shrink", no_argument, NULL, 'S' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		switch (c) {
		case 's':
			seed = strtoul(optarg, NULL, 0);
			break;
		case 'n':
			nr_ops = strtol(optarg, NULL, 0);
			break;
		case 'k':
			keep = optarg;
			break;
		case 'l':
			list_only = true;
			break;
		case 'S':
			want_shrink = false;
			break;
		case 'v':
			settings.verbose = true;
			break;
		case 'h':
			print_usage(stdout);
			exit(0);
		default:
			return -1;
		}
	}
	return optind < argc && argc - optind <= MAX_DEVICES && nr_ops > 0 &&
	       nr_ops <= MAX_OPS ? optind : -1;
}

static bool kept(int i)
{
	const char *at = keep;
	long first, last;
	char *end;

	while (at && *at) {
		first = strtol(at, &end, 10);
		last = *end == '-' ? strtol(end + 1, &end, 10) : first;
		if (i >= first && i <= last)
			return true;
		at = *end == ',' ? end + 1 : "";
	}
	return !keep;
}

/* Drops what --keep does not name; @numbers keeps the numbers of the rest. */
static int drop(struct op *ops, int nr)
{
	int i, n = 0;

	for (i = 0; i < nr; i++) {
		ops[i].number = i;
		if (kept(i))
			ops[n++] = ops[i];
	}
	return n;
}

static void find_sizes(void)
{
	long huge = get_number
		("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", 10);

	settings.block_size = get_number
		("/sys/devices/system/memory/block_size_bytes", 16);
	settings.page_size = sysconf(_SC_PAGESIZE);
	settings.huge_size = huge > 0 ? (unsigned long)huge :
					settings.page_size;
}

/* Unbound, for a start; memory_hotplug's own files tell the kernel apart. */
static bool find_settings(void)
{
	struct op op = { .kind = OP_DAX_UNBIND };
	struct model m = { 0 };
	struct stat st;
	char path[128];
	int i;

	find_sizes();
	put("/sys/devices/system/memory/auto_online_blocks", "offline");
	for (i = 0; i < settings.nr_devices; i++) {
		op.device = i;
		perform(&op, 10000);
	}
	i = load_module();
	if (i && i != EEXIST)
		return false;
	put("/sys/module/kmem/parameters/bind_state", "unplugged");
	learn(&m);
	for (i = 0; i < settings.nr_devices; i++)
		settings.device[i].automatic = m.device[i].driver == D_KMEM;
	op.kind = OP_NEW_ID;
	op.device = 0;
	perform(&op, 10000);
	snprintf(path, sizeof(path),
		 "/sys/bus/dax/devices/%s/kmem/memmap_on_memory",
		 settings.device[0].name);
	settings.memmap_writable = !stat(path, &st) && st.st_mode & 0200;
	/* Both came with Linux 6.4 to 6.8; 6.1 has neither. */
	settings.poison_refuses = !settings.memmap_writable;
	return true;
}

static void print_list(const struct op *ops, int nr)
{
	int i;

	for (i = 0; i < nr; i++) {
		describe(&ops[i], text, sizeof(text));
		printf("# %d %s\n", ops[i].number, text);
	}
}

static void print_keep(const struct op *ops, int nr)
{
	int i, last;

	printf("# replay: --seed %lu --steps %ld --keep ", seed, nr_ops);
	for (i = 0; i < nr; i = last + 1) {
		for (last = i; last + 1 < nr &&
		     ops[last + 1].number == ops[last].number + 1; last++)
			;
		printf("%s%d", i ? "," : "", ops[i].number);
		if (last > i)
			printf("-%d", ops[last].number);
	}
	putchar('\n');
}

static void print_lines(const char *lines)
{
	const char *end;

	for (; *lines; lines = *end ? end + 1 : end) {
		end = strchrnul(lines, '\n');
		printf("# %.*s\n", (int)(end - lines), lines);
	}
}

static bool claim(int number, bool fine, const char *sentence)
{
	printf("%sok %d - %s\n", fine ? "" : "not ", number, sentence);
	return fine;
}

static void explain(struct op *ops, int failed)
{
	int nr = failed + 1;
	struct model m = { 0 };

	printf("# failed at operation %d of seed %lu:\n", ops[failed].number,
	       seed);
	print_lines(text);
	fflush(stdout);
	if (!want_shrink)
		return;
	if (!reset(&m, text, sizeof(text))) {
		printf("# the devices do not return to the start:\n");
		print_lines(text);
		print_keep(ops, nr);
		return;
	}
	nr = shrink(ops, nr, SHRINK_SECONDS);
	if (!nr) {
		printf("# the same operations did not fail again\n");
		return;
	}
	printf("# %d operations that fail:\n", nr);
	print_list(ops, nr);
	print_keep(ops, nr);
}

static bool claim_tried(void)
{
	bool fine = !untried(text, sizeof(text));

	claim(3, fine, "each kind of operation succeeded once at least");
	print_lines(text);
	return fine;
}

static int test(struct op *ops, int nr)
{
	struct model m = { 0 };
	char sentence[96];
	bool bad, long_one;
	int failed;

	printf("# seed %lu, %d operations\n", seed, nr);
	fflush(stdout);
	failed = run(ops, nr, text, sizeof(text));
	print_counts(failed);
	if (failed < nr)
		explain(ops, failed);
	snprintf(sentence, sizeof(sentence),
		 "%d random operations end as the ABI says", nr);
	bad = !claim(1, failed == nr, sentence);
	*text = '\0';
	bad |= !claim(2, reset(&m, text, sizeof(text)),
		      "afterwards all devices return to the start");
	print_lines(text);
	/* A long list that ran to its end has all of them. */
	long_one = failed >= LONG_LIST;
	if (long_one)
		bad |= !claim_tried();
	if (settings.others)
		bad |= !claim(3 + long_one, others_changed >= 3,
			      "memory of others came and went meanwhile");
	printf("1..%d\n", 2 + long_one + settings.others);
	return bad;
}

int main(int argc, char **argv)
{
	struct op *ops;
	int first, nr;

	read_environment();
	first = parse(argc, argv);
	if (first < 0) {
		print_usage(stderr);
		return 2;
	}
	ops = calloc(nr_ops, sizeof(*ops));
	if (!ops)
		return 2;
	find_sizes();
	settings.can_poison =
		!access("/sys/devices/system/memory/hard_offline_page", F_OK);
	settings.nr_devices = argc - first;
	for (nr = 0; nr < settings.nr_devices; nr++)
		if (!find_device(&settings.device[nr], argv[first + nr]))
			return give_up("a device is not there or too large");
	generate(ops, nr_ops, seed);
	nr = drop(ops, nr_ops);
	if (list_only) {
		print_list(ops, nr);
		return 0;
	}
	printf("TAP version 13\n");
	perform_init();
	if (!find_module() || !find_settings())
		return give_up("kmem cannot be loaded");
	return test(ops, nr);
}
