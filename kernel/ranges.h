/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arithmetic on physical ranges, and the order in which blocks are changed.
 * Uses no kernel service, so that userspace can test the same code.
 */
#ifndef _KMEM_RANGES_H
#define _KMEM_RANGES_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <linux/types.h>
typedef __u64 u64;
#endif

/**
 * struct kmem_range - one physical range of a dax device
 * @start: first byte
 * @size: bytes, never 0
 * @id: number of its mapping, the N of mappingN
 */
struct kmem_range {
	u64 start;
	u64 size;
	unsigned int id;
};

bool kmem_range_align(struct kmem_range *r, u64 block_size);
bool kmem_range_overlaps(const struct kmem_range *a,
			 const struct kmem_range *b);
bool kmem_range_within(const struct kmem_range *inner,
		       const struct kmem_range *outer);
void kmem_ranges_sort(struct kmem_range *r, unsigned int nr);

unsigned int kmem_plug_order(unsigned int step, unsigned int nr);
unsigned int kmem_unplug_order(unsigned int step, unsigned int nr);

#endif /* _KMEM_RANGES_H */
