// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a record holds: whether any memory, and what of it lies in a range.
 */
#include "kmem.h"

/**
 * kmem_record_holds_memory() - whether any memory of a record is added
 * @rec: the record
 *
 * Context: @rec->lock held.
 */
bool kmem_record_holds_memory(const struct kmem_record *rec)
{
	unsigned int i;

	for (i = 0; i < rec->nr_spans; i++)
		if (rec->spans[i].added)
			return true;
	return false;
}

/**
 * kmem_record_find() - find what a record has in a range
 * @rec: the record
 * @range: the range
 *
 * By halves: it is asked for every memory block.
 *
 * Context: Any. Spans are fixed for as long as the record is.
 * Return: the lowest span that overlaps @range, or NULL.
 */
const struct kmem_span *kmem_record_find(const struct kmem_record *rec,
					 const struct kmem_range *range)
{
	unsigned int low = 0, high = rec->nr_spans, middle;
	const struct kmem_range *r;

	while (low < high) {
		middle = low + (high - low) / 2;
		r = &rec->spans[middle].range;
		if (r->start + r->size > range->start)
			high = middle;
		else
			low = middle + 1;
	}
	if (low == rec->nr_spans ||
	    !kmem_range_overlaps(&rec->spans[low].range, range))
		return NULL;
	return &rec->spans[low];
}
