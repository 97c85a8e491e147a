// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a list of operations that fails shorter: drops parts of it, large ones
 * first, and keeps what still fails. Works if all devices can return to the
 * start; else shrink.sh does the same with a fresh guest for each attempt.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "random.h"

static bool fails(const struct op *ops, int nr)
{
	static char text[65536];

	return run(ops, nr, text, sizeof(text)) < nr;
}

/* Without @part operations from @at on. */
static void without(struct op *to, const struct op *ops, int nr, int at,
		    int part)
{
	memcpy(to, ops, at * sizeof(*ops));
	memcpy(to + at, ops + at + part, (nr - at - part) * sizeof(*ops));
}

/*
 * The shortest end of the list, of so many operations times a power of 2, that
 * fails by itself: most of a long list matters to nothing. 0 if none does.
 */
static int tail(struct op *ops, int nr, time_t end)
{
	int n;

	for (n = 8; n < nr && time(NULL) < end; n *= 2) {
		if (!fails(ops + nr - n, n))
			continue;
		memmove(ops, ops + nr - n, n * sizeof(*ops));
		return n;
	}
	return fails(ops, nr) ? nr : 0;
}

/* The number of operations that are left. */
int shrink(struct op *ops, int nr, int seconds)
{
	struct op *fewer = calloc(nr, sizeof(*fewer));
	time_t end = time(NULL) + seconds;
	int part, at, n;

	nr = fewer ? tail(ops, nr, end) : 0;
	for (part = nr / 2; part > 0; part /= 2) {
		for (at = 0; at < nr && time(NULL) < end;) {
			n = part < nr - at ? part : nr - at;
			without(fewer, ops, nr, at, n);
			if (nr > n && fails(fewer, nr - n)) {
				nr -= n;
				memcpy(ops, fewer, nr * sizeof(*ops));
			} else {
				at += n;
			}
		}
	}
	free(fewer);
	return nr;
}
