// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reserves physical ranges and adds their memory, and removes and releases
 * them. Only this file calls add_memory_driver_managed() and remove_memory();
 * block.c onlines and offlines what is added.
 */
#include <linux/ioport.h>
#include <linux/memory_hotplug.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "compat/memory-block.h"
#include "kmem.h"

static u64 end_of(const struct kmem_span *span)
{
	return span->range.start + span->range.size;
}

/**
 * kmem_can_reserve() - whether nobody holds a range in /proc/iomem
 * @rec: the record, for its name
 * @range: one of its ranges, not reserved
 *
 * Context: Process context. The answer may change at once.
 */
bool kmem_can_reserve(const struct kmem_record *rec,
		      const struct kmem_range *range)
{
	if (!request_mem_region(range->start, range->size, rec->name))
		return false;
	release_mem_region(range->start, range->size);
	return true;
}

/**
 * kmem_reserve() - reserve all ranges of a record in /proc/iomem
 * @rec: the record, holding no reservation but of memory that is added
 *
 * Context: Process context, @rec->lock held.
 * Return: 0; -EBUSY if a range has another owner, with the reservations as
 * before.
 */
int kmem_reserve(struct kmem_record *rec)
{
	struct kmem_span *span;

	for (span = rec->spans; span < rec->spans + rec->nr_spans; span++) {
		if (span->res)
			continue;
		span->res = request_mem_region(span->range.start,
					       span->range.size, rec->name);
		if (!span->res)
			goto busy;
		/*
		 * The core adds the memory as a child of this resource, which
		 * therefore must be System RAM and not busy. It must not keep
		 * flags of its parent: the core may refuse unknown ones.
		 */
		span->res->flags = IORESOURCE_SYSTEM_RAM;
	}
	return 0;

busy:
	kmem_err(rec, "mapping%u: %#llx-%#llx could not be reserved (%d): /proc/iomem shows its owner\n",
		 span->range.id, span->range.start, end_of(span) - 1, -EBUSY);
	kmem_set_error(rec, -EBUSY, "reserve %#llx-%#llx", span->range.start,
		       end_of(span) - 1);
	kmem_release(rec);
	return -EBUSY;
}

/**
 * kmem_release() - release all reservations of a record below which no memory
 * is added
 * @rec: the record
 *
 * Uses remove_resource() and not release_resource(): children that another
 * driver put below a reservation move up instead of being lost.
 *
 * Context: Process context, @rec->lock held.
 */
void kmem_release(struct kmem_record *rec)
{
	unsigned int i;

	for (i = 0; i < rec->nr_spans; i++) {
		if (!rec->spans[i].res || rec->spans[i].added)
			continue;
		remove_resource(rec->spans[i].res);
		kfree(rec->spans[i].res);
		rec->spans[i].res = NULL;
	}
}

/*
 * Memory is added and removed in strides, so that a signal takes effect and
 * progress shows while a large device is added. Strides end at multiples of
 * their size, where no huge page of the direct map has to be split.
 */
static u64 stride(const struct kmem_record *rec)
{
	u64 block_size = memory_block_size_bytes();

	if (kmem_memory_per_block() ||
	    (rec->memmap_on_memory && kmem_memmap_per_block()))
		return block_size;
	return max_t(u64, SZ_4G, block_size);
}

static int add_stride(struct kmem_record *rec, u64 start, u64 end)
{
	/* /proc/iomem shows one resource, however many strides there were. */
	mhp_t flags = MHP_NID_IS_MGID | MHP_MERGE_RESOURCE;

	if (READ_ONCE(rec->stop))
		return -EINTR;
	if (rec->memmap_on_memory)
		flags |= MHP_MEMMAP_ON_MEMORY;
	/* Driver managed: a kexec'd kernel must not take it for RAM. */
	return add_memory_driver_managed(rec->mgid, start, end - start,
					 rec->ram_name, flags);
}

static void report_failed_add(struct kmem_record *rec,
			      const struct kmem_span *span, u64 start, u64 end,
			      int rc)
{
	kmem_set_error(rec, rc, "add %#llx-%#llx", start, end - 1);
	kmem_err(rec, "mapping%u: %#llx-%#llx could not be added to node %d (%d)\n",
		 span->range.id, start, end - 1, rec->nid, rc);
	if (rc == -EINVAL && rec->memmap_on_memory)
		kmem_err(rec, "memmap_on_memory needs memory_hotplug.memmap_on_memory=1 on the kernel command line\n");
}

static int add_span(struct kmem_record *rec, struct kmem_span *span)
{
	u64 size = stride(rec), start, end;
	int rc;

	for (start = span->range.start; start < end_of(span); start = end) {
		end = min(round_down(start, size) + size, end_of(span));
		rc = add_stride(rec, start, end);
		if (rc) {
			report_failed_add(rec, span, start, end, rc);
			return rc;
		}
		WRITE_ONCE(span->added, end - span->range.start);
		kmem_room_taken(rec, end - start);
	}
	return 0;
}

static int check_memmap(struct kmem_record *rec)
{
	if (!rec->memmap_on_memory || !kmem_memmap_stays())
		return 0;
	kmem_err(rec, "memory that holds its own memmap could never go offline again on this kernel (%d): write 0 to memmap_on_memory\n",
		 -EOPNOTSUPP);
	kmem_set_error(rec, -EOPNOTSUPP, "memmap all");
	return -EOPNOTSUPP;
}

/**
 * kmem_add() - hot-add the memory of all spans
 * @rec: the record, all ranges reserved, memory group and memory type set
 *
 * Context: Process context, @rec->lock held, guard closed so that every block
 * arrives offline whatever the system's policy. Takes device_hotplug_lock.
 * Return: 0; -EOPNOTSUPP if the memory could never go offline again; -ENOMEM if
 * the memmap does not fit in RAM; -EINTR if asked to stop; or the errno of the
 * core. On failure kmem_remove() removes the strides that were added.
 */
int kmem_add(struct kmem_record *rec)
{
	struct kmem_span *span;
	int rc;

	rc = check_memmap(rec);
	if (!rc)
		rc = kmem_room_reserve(rec);
	if (rc)
		return rc;

	for (span = rec->spans; span < rec->spans + rec->nr_spans; span++) {
		rc = add_span(rec, span);
		if (rc)
			break;
	}
	kmem_room_release(rec);
	return rc;
}

static int remove_span(struct kmem_record *rec, struct kmem_span *span)
{
	u64 size = stride(rec), start, end;
	int rc;

	while (span->added) {
		end = span->range.start + span->added;
		start = max(round_down(end - 1, size), span->range.start);
		rc = remove_memory(start, end - start);
		if (rc) {
			kmem_err(rec, "mapping%u: %#llx-%#llx could not be removed from node %d (%d)\n",
				 span->range.id, start, end - 1, rec->nid, rc);
			kmem_set_error(rec, rc, "remove %#llx-%#llx", start,
				       end - 1);
			return rc;
		}
		WRITE_ONCE(span->added, start - span->range.start);
	}
	return 0;
}

/**
 * kmem_remove() - remove the memory of all spans that was added
 * @rec: the record, all its blocks offline and unreferenced
 *
 * Context: Process context, @rec->lock held, guard closed. Takes
 * device_hotplug_lock.
 * Return: 0; or the errno of the core, with &kmem_span.added of each span
 * saying what is still added.
 */
int kmem_remove(struct kmem_record *rec)
{
	struct kmem_span *span;
	int rc;

	for (span = rec->spans; span < rec->spans + rec->nr_spans; span++) {
		rc = remove_span(rec, span);
		if (rc)
			return rc;
	}
	return 0;
}
