// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that the kernel's own kmem left in use, with a reservation that nobody
 * has any more: finds both by their ranges, and makes them those of a record.
 * What is not of exactly one range of the device stays as it is.
 */
#include <linux/ctype.h>
#include <linux/ioport.h>
#include <linux/string.h>

#include "compat/memory-block.h"
#include "kmem.h"

/**
 * struct leftover - driver-managed memory within a range
 * @owner: the resource that all of it lies in, NULL if there is none
 * @next: the byte after what was found, without holes, from the start on
 * @found: there is some, whether without holes or not
 */
struct leftover {
	struct resource *owner;
	u64 next;
	bool found;
};

/* @res is a copy, cut to the range; its parent is the real one. */
static int look_at(struct resource *res, void *data)
{
	struct leftover *left = data;

	left->found = true;
	if (res->start != left->next ||
	    (left->owner && left->owner != res->parent))
		return 1;
	left->owner = res->parent;
	left->next = res->end + 1;
	return 0;
}

/*
 * A reservation by kmem, as each of its versions makes them, and of this range.
 * Nobody frees it: the driver that made it is not loaded, for this one has its
 * name, and reservations of this one are in the registry.
 */
static bool is_reservation(const struct resource *res,
			   const struct kmem_range *range)
{
	return res && res->start == range->start &&
	       resource_size(res) == range->size &&
	       res->flags == IORESOURCE_SYSTEM_RAM &&
	       !strncmp(res->name, "dax", 3) && isdigit(res->name[3]) &&
	       res->child && !strcmp(res->child->name, "System RAM (kmem)");
}

/* Returns the reservation of memory that was left in a span, or NULL. */
static struct resource *find_reservation(struct kmem_record *rec,
					 const struct kmem_range *range)
{
	u64 end = range->start + range->size;
	struct leftover left = { .next = range->start };

	walk_iomem_res_desc(IORES_DESC_NONE, IORESOURCE_SYSTEM_RAM |
			    IORESOURCE_SYSRAM_DRIVER_MANAGED, range->start,
			    end - 1, &left, look_at);
	if (!left.found)
		return NULL;
	if (left.next == end && is_reservation(left.owner, range))
		return left.owner;
	kmem_warn(rec, "mapping%u: %#llx-%#llx has memory that a driver added, not of exactly this range; it stays as it is\n",
		  range->id, range->start, end - 1);
	return NULL;
}

/* Whether all blocks are there, and on the device's node. */
static bool blocks_fit(struct kmem_record *rec)
{
	unsigned int i;
	bool fit = true;

	if (kmem_blocks_get(rec))
		return false;
	for (i = 0; fit && i < rec->nr_blocks; i++)
		fit = !rec->blocks[i].mem ||
		      rec->blocks[i].mem->nid == rec->nid;
	kmem_blocks_put(rec);
	return fit;
}

/**
 * kmem_rescue_find() - find memory that the kernel's own kmem left in use
 * @rec: the record, listed, holding nothing; the spans with such memory get its
 *	reservation, and all of it as added
 *
 * An unbind of the kernel's own driver leaves memory that is online, and its
 * reservation, until the next boot.
 *
 * Context: Process context, @rec->lock held.
 * Return: whether there is such memory, and all of it is of @rec.
 */
bool kmem_rescue_find(struct kmem_record *rec)
{
	struct kmem_span *span;
	u64 memmap;

	for (span = rec->spans; span < rec->spans + rec->nr_spans; span++) {
		span->res = find_reservation(rec, &span->range);
		if (span->res)
			WRITE_ONCE(span->added, span->range.size);
	}
	if (!kmem_record_holds_memory(rec))
		return false;

	if (!blocks_fit(rec) || kmem_blocks_memmap_bytes(rec, &memmap)) {
		kmem_warn(rec, "memory that was left in use is not all on node %d; it stays as it is\n",
			  rec->nid);
		kmem_rescue_forget(rec);
		return false;
	}
	WRITE_ONCE(rec->memmap_on_memory, memmap);
	return true;
}

/**
 * kmem_rescue_forget() - undo kmem_rescue_find()
 * @rec: the record
 *
 * Context: Process context, @rec->lock held.
 */
void kmem_rescue_forget(struct kmem_record *rec)
{
	struct kmem_span *span;

	kmem_walk_forget(rec);
	for (span = rec->spans; span < rec->spans + rec->nr_spans; span++) {
		if (!span->added)
			continue;
		span->res = NULL;
		WRITE_ONCE(span->added, 0);
	}
}
