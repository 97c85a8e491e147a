// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reserving physical ranges and adding their memory to the system, and the way
 * back. The only caller of add_memory_driver_managed() and remove_memory();
 * whether a block is online is no matter of this file.
 */
#include <linux/ioport.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "compat/memory-block.h"
#include "kmem.h"

static u64 end_of(const struct kmem_span *span)
{
	return span->range.start + span->range.size;
}

/**
 * kmem_reserve() - reserve all ranges of a record in /proc/iomem
 * @rec: the record, holding no reservation
 *
 * Context: Process context, @rec->lock held.
 * Return: 0; -EBUSY when a range is taken, and then nothing is reserved.
 */
int kmem_reserve(struct kmem_record *rec)
{
	struct kmem_span *span;

	for (span = rec->spans; span < rec->spans + rec->nr_spans; span++) {
		span->res = request_mem_region(span->range.start,
					       span->range.size, rec->name);
		if (!span->res)
			goto busy;
		/*
		 * System RAM, and not busy: the memory itself becomes a child
		 * of this resource. Flags of the parent are not inherited,
		 * the core would not know what to make of them.
		 */
		span->res->flags = IORESOURCE_SYSTEM_RAM;
	}
	return 0;

busy:
	kmem_err(rec, "mapping%u: %#llx-%#llx could not be reserved (%d): /proc/iomem shows who holds it\n",
		 span->range.id, span->range.start, end_of(span) - 1, -EBUSY);
	kmem_set_error(rec, -EBUSY, "reserve %#llx-%#llx", span->range.start,
		       end_of(span) - 1);
	kmem_release(rec);
	return -EBUSY;
}

/**
 * kmem_release() - give back all reservations of a record
 * @rec: the record, none of its memory added
 *
 * remove_resource() and not release_resource(): had anything of ours become a
 * parent meanwhile, its children move up instead of being lost.
 *
 * Context: Process context, @rec->lock held.
 */
void kmem_release(struct kmem_record *rec)
{
	unsigned int i;

	for (i = 0; i < rec->nr_spans; i++) {
		if (!rec->spans[i].res)
			continue;
		remove_resource(rec->spans[i].res);
		kfree(rec->spans[i].res);
		rec->spans[i].res = NULL;
	}
}

/*
 * Memory is added and removed in strides, so that a signal takes effect and
 * progress shows while a large device is added. Strides end at multiples of
 * their size, where no huge page of the direct map has to be split. Kernels
 * before v6.8 want each block by itself when it holds its own memmap.
 */
static u64 stride(const struct kmem_record *rec)
{
	u64 block_size = memory_block_size_bytes();

	if (rec->memmap_on_memory && kmem_memmap_per_block())
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
	}
	return 0;
}

/*
 * Refuse what cannot work: the core would allocate the memmap until no RAM is
 * left, and the system with it. What it finds too late it still fails for.
 */
static int check_room(struct kmem_record *rec)
{
	u64 need = 0, available = PFN_PHYS((u64)max(si_mem_available(), 0L));
	unsigned int i;

	for (i = 0; i < rec->nr_spans; i++)
		need += PFN_DOWN(rec->spans[i].range.size) *
			sizeof(struct page);
	if (need <= available ||
	    (rec->memmap_on_memory && !kmem_memmap_falls_back()))
		return 0;

	kmem_err(rec, "its memmap would take %llu MiB of RAM, of which %llu MiB are available (%d); memmap_on_memory, which also the kernel command line must allow, places it on the device\n",
		 need / SZ_1M, available / SZ_1M, -ENOMEM);
	kmem_set_error(rec, -ENOMEM, "memmap all");
	return -ENOMEM;
}

/**
 * kmem_add() - hot-add the memory of all spans
 * @rec: the record, all ranges reserved, memory group and memory type set
 *
 * Context: Process context, @rec->lock held, guard closed so that every block
 * arrives offline whatever the system's policy. Takes device_hotplug_lock.
 * Return: 0; -ENOMEM when the memmap does not fit in RAM; or the errno of the
 * core or -EINTR when asked to stop, with what was added noted in the spans,
 * for kmem_remove().
 */
int kmem_add(struct kmem_record *rec)
{
	struct kmem_span *span;
	int rc;

	rc = check_room(rec);
	if (rc)
		return rc;

	for (span = rec->spans; span < rec->spans + rec->nr_spans; span++) {
		rc = add_span(rec, span);
		if (rc)
			return rc;
	}
	return 0;
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
 * Return: 0; or the errno of the core, with what is still added noted in the
 * spans.
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
