// SPDX-License-Identifier: GPL-2.0-only
/*
 * "map": a picture of a device's memory blocks, a letter and a colour for state
 * and zone, and below each how full it is. Reads only.
 */
#include <errno.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "pages/pages.h"

#define PREFIX		12	/* columns: "memory12345 " */
#define GROUP		8	/* symbols between two blanks */
#define MAX_LINES	24	/* of symbols, before a symbol is several blocks */

/* No block, then blocks by their zone, then several that differ. */
enum {
	ABSENT,
	IN_ZONE,	/* + an enum zone */
	DIFFERENT = IN_ZONE + ZONE_MIXED + 1,
	NR_SYMBOLS
};

static const struct {
	char letter;
	const char *colour;
	const char *meaning;
} symbols[NR_SYMBOLS] = {
	[ABSENT]		 = { '-', "90", "absent" },
	[IN_ZONE + ZONE_OFFLINE] = { '.', "100", "offline" },
	[IN_ZONE + ZONE_MOVABLE] = { 'M', "30;42", "Movable" },
	[IN_ZONE + ZONE_NORMAL]	 = { 'N', "97;44", "kernel zone" },
	[IN_ZONE + ZONE_MIXED]	 = { '?', "97;41", "several zones" },
	[DIFFERENT]		 = { '*', "30;43", "differing" },
};

struct map {
	struct dax_dev dev;
	struct block_set blocks;
	__u8 *percent;		/* in use of each block */
	int unknown;		/* negative errno if that is not known, or 0 */
	unsigned int per_line;	/* symbols */
	unsigned int per_symbol;	/* blocks */
	bool colour;
	bool bars;
};

/* What stands for the blocks from one to another. */
struct cell {
	int symbol;
	int percent;		/* in use of those online */
};

static struct cell cell_of(const struct map *map, __u64 first, __u64 end)
{
	struct cell cell = { .symbol = ABSENT };
	const struct block *block;
	int symbol, nr = 0;
	__u64 id;

	for (id = first; id < end; id++) {
		block = blocks_find(&map->blocks, id);
		symbol = block ? (int)(IN_ZONE + block->zone) : ABSENT;
		cell.symbol = id == first || cell.symbol == symbol ? symbol :
								     DIFFERENT;
		if (!block || block->zone == ZONE_OFFLINE)
			continue;
		cell.percent += map->percent[block - map->blocks.blocks];
		nr++;
	}
	if (nr)
		cell.percent = (cell.percent + nr - 1) / nr;
	return cell;
}

static void print_symbol(const struct map *map, int symbol)
{
	if (map->colour)
		printf("\033[%sm%c\033[0m", symbols[symbol].colour,
		       symbols[symbol].letter);
	else
		putchar(symbols[symbol].letter);
}

/* An eighth for each bar, a ninth for each digit; nothing only for nothing. */
static void print_fill(const struct map *map, int percent)
{
	static const char * const bars[] = {
		"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"
	};

	if (!percent)
		putchar(' ');
	else if (map->bars)
		fputs(bars[(percent - 1) * 8 / 100], stdout);
	else
		putchar('1' + (percent - 1) * 9 / 100);
}

/* One line of symbols, or of how full they are. */
static void print_line(const struct map *map, __u64 first, __u64 end, bool fill)
{
	struct cell cell;
	unsigned int i;
	__u64 next;

	for (i = 0; i < map->per_line && first < end; i++, first = next) {
		next = first + map->per_symbol;
		if (next > end)
			next = end;
		if (i && i % GROUP == 0)
			putchar(' ');
		cell = cell_of(map, first, next);
		if (fill)
			print_fill(map, cell.percent);
		else
			print_symbol(map, cell.symbol);
	}
	putchar('\n');
}

static void print_range(const struct map *map, const struct range *range)
{
	__u64 first, end, step = (__u64)map->per_line * map->per_symbol;
	char name[32];

	range_blocks(range, map->blocks.block_size, &first, &end);
	for (; first < end; first += step) {
		snprintf(name, sizeof(name), "memory%llu", first);
		printf("%-*s", PREFIX, name);
		print_line(map, first, end, false);
		if (map->unknown)
			continue;
		printf("%*s", PREFIX, "");
		print_line(map, first, end, true);
	}
}

static void print_legend(const struct map *map)
{
	int i;

	for (i = ABSENT; i < NR_SYMBOLS; i++) {
		print_symbol(map, i);
		printf(" %s%s", symbols[i].meaning,
		       i < NR_SYMBOLS - 1 ? "  " : "\n");
	}
	if (!map->unknown)
		printf("below each: how full it is, from %s to %s, blank when free\n",
		       map->bars ? "▁" : "1", map->bars ? "█" : "9");
}

static void print_map(const struct map *map)
{
	char size[32];
	size_t i;

	size_to_human(size, sizeof(size), map->blocks.block_size);
	printf("%s: %llu blocks of %s, %zu online", map->dev.name,
	       map->blocks.total, size, blocks_online(&map->blocks));
	if (map->per_symbol > 1)
		printf("; each character stands for %u blocks", map->per_symbol);
	putchar('\n');
	for (i = 0; i < map->dev.nr_ranges; i++)
		print_range(map, &map->dev.ranges[i]);
	print_legend(map);
	if (map->unknown) {
		fflush(stdout);
		fprintf(stderr,
			"kmemctl: cannot tell how full blocks are: /proc/kpageflags: %s\n",
			why(map->unknown));
	}
}

/* That of the terminal, unless the user gave one. */
static int choose_width(const struct options *opts, unsigned int *width)
{
	struct winsize size;
	__u64 number = *width;

	if (opts->width) {
		if (!name_number(&number, opts->width, "") ||
		    number < PREFIX + GROUP || number > 10000)
			return fail(EX_USE, "run 'kmemctl map --help'",
				    "--width: not a number from %d to 10000",
				    PREFIX + GROUP);
	} else if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) &&
		   size.ws_col >= PREFIX + GROUP) {
		number = size.ws_col;
	}
	*width = number;
	return 0;
}

/* Whole groups in a line; more blocks a symbol until it fits on a screen. */
static void choose_scale(struct map *map, unsigned int width)
{
	unsigned int groups = (width - PREFIX + 1) / (GROUP + 1);
	const char *no_color = getenv("NO_COLOR");

	map->per_line = (groups ? groups : 1) * GROUP;
	map->per_symbol = 1;
	while (map->blocks.total / map->per_symbol >
	       (__u64)map->per_line * MAX_LINES)
		map->per_symbol *= 2;
	map->colour = isatty(STDOUT_FILENO) && !(no_color && *no_color);
	map->bars = !strcmp(nl_langinfo(CODESET), "UTF-8");
}

int cmd_map(const struct options *opts, char **devices, int nr)
{
	const char *device = devices[0];
	struct map map = { 0 };
	unsigned int width = 80;
	int rc;

	rc = choose_width(opts, &width);
	if (rc) {
		fail_print(NULL, NULL);
		return rc;
	}
	rc = dax_bus_check();
	if (!rc)
		rc = dax_check_name(device);
	if (!rc)
		rc = dax_read(&map.dev, device);
	if (!rc)
		rc = blocks_read(&map.blocks, &map.dev);
	if (rc) {
		fail_print(device, NULL);
	} else {
		map.percent = need_memory(calloc(map.blocks.nr + 1, 1));
		map.unknown = usage_sample(map.percent, &map.blocks);
		choose_scale(&map, width);
		print_map(&map);
	}
	free(map.percent);
	dax_free(&map.dev);
	blocks_free(&map.blocks);
	return rc;
}
