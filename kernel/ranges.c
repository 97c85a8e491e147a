// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arithmetic on physical ranges, and the order in which blocks are changed.
 * Uses no kernel service, so that userspace can test the same code.
 */
#include "ranges.h"

static u64 range_last(const struct kmem_range *r)
{
	return r->start + r->size - 1;
}

/**
 * kmem_range_align() - shrink a range to whole memory blocks
 * @r: range to shrink in place; not changed if no block is left
 * @block_size: memory block size in bytes, a power of two
 *
 * Return: true if at least one memory block is left.
 */
bool kmem_range_align(struct kmem_range *r, u64 block_size)
{
	u64 mask = block_size - 1;
	u64 head = (block_size - (r->start & mask)) & mask;
	u64 rest;

	if (head >= r->size)
		return false;

	rest = (r->size - head) & ~mask;
	if (!rest)
		return false;

	r->start += head;
	r->size = rest;
	return true;
}

/**
 * kmem_range_overlaps() - whether two ranges share a byte
 * @a: one range
 * @b: the other
 */
bool kmem_range_overlaps(const struct kmem_range *a,
			 const struct kmem_range *b)
{
	return a->start <= range_last(b) && b->start <= range_last(a);
}

/**
 * kmem_range_within() - whether one range lies inside another
 * @inner: the range that should lie inside
 * @outer: the range that should hold it
 */
bool kmem_range_within(const struct kmem_range *inner,
		       const struct kmem_range *outer)
{
	return inner->start >= outer->start &&
	       range_last(inner) <= range_last(outer);
}

/**
 * kmem_ranges_sort() - sort ranges by address, lowest first
 * @r: the ranges
 * @nr: how many
 */
void kmem_ranges_sort(struct kmem_range *r, unsigned int nr)
{
	unsigned int i, j;

	for (i = 1; i < nr; i++) {
		struct kmem_range key = r[i];

		for (j = i; j && r[j - 1].start > key.start; j--)
			r[j] = r[j - 1];
		r[j] = key;
	}
}

/**
 * kmem_plug_order() - the memory block to online at a step of a plug
 * @step: 0 for the first, @nr - 1 for the last
 * @nr: number of memory blocks, numbered by address
 *
 * Blocks go online from the top down. For each block the core searches the
 * zone from its start for the first hole (set_zone_contiguous()), before the
 * block itself is online. At the start of the zone the block is that hole, and
 * ends the search at once. At the end, the whole zone would be searched.
 *
 * Return: index of the block.
 */
unsigned int kmem_plug_order(unsigned int step, unsigned int nr)
{
	return nr - 1 - step;
}

/**
 * kmem_unplug_order() - the memory block to offline at a step of an unplug
 * @step: 0 for the first, @nr - 1 for the last
 * @nr: number of memory blocks, numbered by address
 *
 * The second block goes first: for all others, the hole it leaves ends the
 * core's search right behind the first block. They follow from the top down.
 * The first block goes last, because it is the start of the zone.
 *
 * Return: index of the block.
 */
unsigned int kmem_unplug_order(unsigned int step, unsigned int nr)
{
	if (step == nr - 1)
		return 0;
	return step ? nr - step : 1;
}
