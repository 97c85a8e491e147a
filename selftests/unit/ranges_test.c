// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel/ranges.c in userspace: edge cases by hand, then every small case
 * against a model too simple to be wrong, which looks at each byte. Prints
 * KTAP; built and run by run.sh.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ranges.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define MAX_BLOCKS	300
#define MAX_SORT	6

/* The model's address space, in bytes, and where it is put: up to 2^64. */
#define SPACE		32
static const u64 bases[] = { 0, 1ULL << 32, 0ULL - SPACE };

static unsigned int claims, failures;

static void claim(bool holds, const char *sentence)
{
	claims++;
	printf("%sok %u - %s\n", holds ? "" : "not ", claims, sentence);
	if (!holds)
		failures++;
}

/* Say what was found about @r and let the caller's claim fail. */
static bool wrong(const char *what, const struct kmem_range *r)
{
	printf("# %s: start %#" PRIx64 " size %#" PRIx64 " id %u\n", what,
	       (uint64_t)r->start, (uint64_t)r->size, r->id);
	return false;
}

/* Whether aligning @was says @left and turns it into @want. */
static bool aligns(struct kmem_range was, u64 block_size, bool left,
		   struct kmem_range want)
{
	struct kmem_range now = was;

	if (kmem_range_align(&now, block_size) == left &&
	    now.start == want.start && now.size == want.size &&
	    now.id == was.id)
		return true;
	wrong("range", &was);
	wrong("became", &now);
	return false;
}

static const struct {
	const char *sentence;
	u64 start, size, block_size;
	u64 want_start, want_size;	/* size 0: nothing is left */
} align_cases[] = {
	{ "A range of exactly one block stays as it is",
	  0x8000000, 0x8000000, 0x8000000, 0x8000000, 0x8000000 },
	{ "A range of exactly many blocks stays as it is",
	  0x140000000, 0x100000000, 0x8000000, 0x140000000, 0x100000000 },
	{ "A range that starts at address 0 stays as it is",
	  0, 0x10000000, 0x8000000, 0, 0x10000000 },
	{ "An unaligned start moves up to the next block",
	  0x140200000, 0x10000000, 0x8000000, 0x148000000, 0x8000000 },
	{ "An unaligned end moves down to the last whole block",
	  0x140000000, 0xfe00000, 0x8000000, 0x140000000, 0x8000000 },
	{ "Start and end move at once, and what is between them is left",
	  0x147ffffff, 0x10000002, 0x8000000, 0x148000000, 0x10000000 },
	{ "A range smaller than a block is refused",
	  0x140000000, 0x7ffffff, 0x8000000, 0, 0 },
	{ "A range of one byte is refused",
	  0x140000000, 1, 0x8000000, 0, 0 },
	{ "A block's worth of bytes that is not a block is refused",
	  0x140000001, 0x8000000, 0x8000000, 0, 0 },
	{ "Nearly two blocks' worth without a whole block are refused",
	  0x140000001, 0xffffffe, 0x8000000, 0, 0 },
	{ "A range that ends where the first block would begin is refused",
	  0x140200000, 0x7e00000, 0x8000000, 0, 0 },
	{ "A range that ends before the first block would begin is refused",
	  0x140200000, 0x200000, 0x8000000, 0, 0 },
	{ "The last block below 2^64 is left",
	  0xfffffffff8000000, 0x8000000, 0x8000000,
	  0xfffffffff8000000, 0x8000000 },
	{ "A range that ends at 2^64 keeps its last whole block",
	  0xfffffffff7ffffff, 0x8000001, 0x8000000,
	  0xfffffffff8000000, 0x8000000 },
	{ "A start inside the last block below 2^64 does not wrap to 0",
	  0xfffffffff8000001, 0x7ffffff, 0x8000000, 0, 0 },
	{ "The last byte below 2^64 is refused",
	  0xffffffffffffffff, 1, 0x8000000, 0, 0 },
	{ "A range of nearly 2^64 bytes loses only its partial blocks",
	  1, 0xfffffffffffffffe, 0x8000000,
	  0x8000000, 0xfffffffff0000000 },
	{ "Blocks of 2 GiB are as good as blocks of 128 MiB",
	  0x140000000, 0x100000000, 0x80000000, 0x180000000, 0x80000000 },
};

static void test_align_cases(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(align_cases); i++) {
		struct kmem_range was = { align_cases[i].start,
					  align_cases[i].size, 7 };
		struct kmem_range want = { align_cases[i].want_start,
					   align_cases[i].want_size, 7 };
		bool left = want.size;

		claim(aligns(was, align_cases[i].block_size, left,
			     left ? want : was), align_cases[i].sentence);
	}
}

/* The model of a range: which of the bytes from @base on it has. */
struct bytes {
	bool has[SPACE];
};

static struct bytes model(const struct kmem_range *r, u64 base)
{
	struct bytes b = { { false } };
	u64 i;

	for (i = 0; i < r->size; i++)
		b.has[r->start - base + i] = true;
	return b;
}

/* The model of aligning: keep each block that has all its bytes. */
static struct kmem_range model_align(const struct kmem_range *r, u64 base,
				     unsigned int block_size)
{
	struct kmem_range want = { 0, 0, r->id };
	struct bytes b = model(r, base);
	unsigned int at, i;

	for (at = 0; at < SPACE; at += block_size) {
		for (i = 0; i < block_size && b.has[at + i]; i++)
			;
		if (i < block_size)
			continue;
		if (!want.size)
			want.start = base + at;
		want.size += block_size;
	}
	return want;
}

/* The ranges of the model's space, one after the other; false after the last. */
static bool next_range(struct kmem_range *r, u64 base)
{
	u64 offset = r->start - base;

	if (offset + r->size < SPACE) {
		r->size++;
		return true;
	}
	r->start++;
	r->size = 1;
	return offset + 1 < SPACE;
}

static bool align_is_as_modelled(u64 base)
{
	unsigned int block_size;

	for (block_size = 1; block_size <= SPACE; block_size *= 2) {
		struct kmem_range r = { base, 1, 3 };

		do {
			struct kmem_range want = model_align(&r, base,
							     block_size);

			if (!aligns(r, block_size, want.size,
				    want.size ? want : r))
				return false;
		} while (next_range(&r, base));
	}
	return true;
}

static bool pair_is_as_modelled(const struct kmem_range *a,
				const struct kmem_range *b, u64 base)
{
	struct bytes in_a = model(a, base), in_b = model(b, base);
	bool overlaps = false, within = true;
	unsigned int i;

	for (i = 0; i < SPACE; i++) {
		overlaps |= in_a.has[i] && in_b.has[i];
		within &= in_b.has[i] || !in_a.has[i];
	}
	if (kmem_range_overlaps(a, b) == overlaps &&
	    kmem_range_within(a, b) == within)
		return true;
	wrong("range", a);
	wrong("and range", b);
	return false;
}

static bool pairs_are_as_modelled(u64 base)
{
	struct kmem_range a = { base, 1, 0 };

	do {
		struct kmem_range b = { base, 1, 1 };

		do {
			if (!pair_is_as_modelled(&a, &b, base))
				return false;
		} while (next_range(&b, base));
	} while (next_range(&a, base));
	return true;
}

static void test_against_model(void)
{
	bool align = true, pairs = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bases); i++) {
		align = align && align_is_as_modelled(bases[i]);
		pairs = pairs && pairs_are_as_modelled(bases[i]);
	}
	claim(align, "Each range of a small space aligns as the model does");
	claim(pairs, "Each pair of ranges of a small space overlaps and nests as the model does");
}

static void test_pairs(void)
{
	struct kmem_range low = { 0x100, 0x100, 0 };
	struct kmem_range next = { 0x200, 0x100, 1 };
	struct kmem_range both = { 0x100, 0x200, 2 };
	struct kmem_range last = { 0xffffffffffffff00, 0x100, 3 };
	struct kmem_range all = { 0, 0xffffffffffffffff, 4 };

	claim(!kmem_range_overlaps(&low, &next) &&
	      !kmem_range_overlaps(&next, &low),
	      "Ranges that touch do not overlap");
	claim(kmem_range_overlaps(&low, &both) &&
	      kmem_range_overlaps(&both, &low),
	      "Ranges that share bytes overlap whichever comes first");
	claim(kmem_range_within(&low, &low) && kmem_range_within(&next, &both),
	      "A range lies within itself and within one that ends with it");
	claim(!kmem_range_within(&both, &low) &&
	      !kmem_range_within(&both, &next),
	      "A range does not lie within a part of itself");
	claim(kmem_range_overlaps(&last, &all) &&
	      kmem_range_overlaps(&all, &last) &&
	      !kmem_range_within(&last, &all) &&
	      kmem_range_within(&low, &all),
	      "The last byte below 2^64 counts");
}

/* Sort the ranges whose starts are the digits of @number in base MAX_SORT. */
static bool sorts(unsigned int number, unsigned int nr)
{
	struct kmem_range was[MAX_SORT], now[MAX_SORT];
	bool seen[MAX_SORT] = { false };
	unsigned int i;

	for (i = 0; i < nr; i++, number /= MAX_SORT)
		was[i] = (struct kmem_range){ number % MAX_SORT, i + 1, i };
	memcpy(now, was, sizeof(now[0]) * nr);
	kmem_ranges_sort(now, nr);

	for (i = 0; i < nr; i++) {
		if (i && now[i - 1].start > now[i].start)
			return wrong("not sorted", &now[i]);
		if (now[i].id >= nr || seen[now[i].id] ||
		    now[i].start != was[now[i].id].start ||
		    now[i].size != was[now[i].id].size)
			return wrong("lost or mixed up", &now[i]);
		seen[now[i].id] = true;
	}
	return true;
}

static void test_sort(void)
{
	struct kmem_range high[] = {
		{ 0xffffffff00000000, 1, 0 }, { 0x100000000, 1, 1 },
		{ 0x7fffffffffffffff, 1, 2 }, { 0x8000000000000000, 1, 3 },
	};
	unsigned int nr, number, count = 1;
	bool sorted = true;

	kmem_ranges_sort(high, 0);
	claim(high[0].id == 0 && high[1].id == 1, "Sorting no ranges changes nothing");
	kmem_ranges_sort(high, ARRAY_SIZE(high));
	claim(high[0].id == 1 && high[1].id == 2 && high[2].id == 3 &&
	      high[3].id == 0,
	      "Addresses are compared whole and without a sign");

	for (nr = 1; nr <= MAX_SORT; nr++) {
		count *= MAX_SORT;
		for (number = 0; sorted && number < count; number++)
			sorted = sorts(number, nr);
	}
	claim(sorted, "Up to six ranges in any order are sorted, and each keeps its size and id");
}

typedef unsigned int (*order_fn)(unsigned int step, unsigned int nr);

static bool permutes(order_fn order, unsigned int nr)
{
	bool seen[MAX_BLOCKS] = { false };
	unsigned int step;

	for (step = 0; step < nr; step++) {
		unsigned int i = order(step, nr);

		if (i >= nr || seen[i]) {
			printf("# of %u blocks step %u gives %u\n", nr, step, i);
			return false;
		}
		seen[i] = true;
	}
	return true;
}

static bool plugs_downward(unsigned int nr)
{
	unsigned int step;

	for (step = 0; step < nr; step++) {
		if (kmem_plug_order(step, nr) != nr - 1 - step)
			return false;
	}
	return true;
}

/* 1, then from nr - 1 down to 2, then 0. */
static bool unplugs_second_first(unsigned int nr)
{
	unsigned int step = 0, block;

	if (nr > 1 && kmem_unplug_order(step++, nr) != 1)
		return false;
	for (block = nr - 1; block >= 2 && nr > 2; block--) {
		if (kmem_unplug_order(step++, nr) != block)
			return false;
	}
	return kmem_unplug_order(step++, nr) == 0 && step == nr;
}

static void test_orders(void)
{
	bool plug = true, unplug = true, down = true, second = true;
	unsigned int nr;

	for (nr = 1; nr <= MAX_BLOCKS; nr++) {
		plug = plug && permutes(kmem_plug_order, nr);
		unplug = unplug && permutes(kmem_unplug_order, nr);
		down = down && plugs_downward(nr);
		second = second && unplugs_second_first(nr);
	}
	claim(plug, "Plugging takes each of 1 to 300 blocks once");
	claim(down, "Plugging goes from the top block down");
	claim(unplug, "Unplugging takes each of 1 to 300 blocks once");
	claim(second, "Unplugging takes the second block, then from the top down, the first last");
}

int main(void)
{
	puts("TAP version 13");
	test_align_cases();
	test_pairs();
	test_against_model();
	test_sort();
	test_orders();
	printf("1..%u\n", claims);
	return failures ? 1 : 0;
}
