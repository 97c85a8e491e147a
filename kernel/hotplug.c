// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reserving physical ranges and adding their memory to the system, and the way
 * back. The only caller of add_memory_driver_managed() and remove_memory();
 * whether a block is online is no matter of this file.
 */
#include <linux/ioport.h>
#include <linux/memory_hotplug.h>
#include <linux/slab.h>

#include "kmem.h"

static unsigned long long first(const struct kmem_span *span)
{
	return span->range.start;
}

static unsigned long long last(const struct kmem_span *span)
{
	return span->range.start + span->range.size - 1;
}

/**
 * kmem_reserve() - reserve all ranges of a record in /proc/iomem
 * @rec: the record, holding no reservation
 * @dev: device for messages
 *
 * Context: Process context, @rec->lock held.
 * Return: 0; -EBUSY when a range is taken, and then nothing is reserved.
 */
int kmem_reserve(struct kmem_record *rec, struct device *dev)
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
	dev_err(dev, "mapping%u: %#llx-%#llx could not be reserved (%d): /proc/iomem shows who holds it\n",
		span->range.id, first(span), last(span), -EBUSY);
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

/**
 * kmem_add() - hot-add the memory of all spans
 * @rec: the record, all ranges reserved, memory group and memory type set
 * @dev: device for messages
 *
 * Context: Process context, @rec->lock held, guard closed so that every block
 * arrives offline whatever the system's policy. Takes device_hotplug_lock.
 * Return: 0; or the errno of the core or -EINTR when asked to stop, with the
 * spans that were added marked so, for kmem_remove().
 */
int kmem_add(struct kmem_record *rec, struct device *dev)
{
	mhp_t flags = MHP_NID_IS_MGID;
	struct kmem_span *span;
	int rc;

	if (rec->memmap_on_memory)
		flags |= MHP_MEMMAP_ON_MEMORY;

	for (span = rec->spans; span < rec->spans + rec->nr_spans; span++) {
		if (READ_ONCE(rec->stop))
			return -EINTR;
		/* Driver managed: a kexec'd kernel must not take it for RAM. */
		rc = add_memory_driver_managed(rec->mgid, span->range.start,
					       span->range.size, rec->ram_name,
					       flags);
		if (rc) {
			dev_err(dev, "mapping%u: %#llx-%#llx could not be added to node %d (%d)\n",
				span->range.id, first(span), last(span),
				rec->nid, rc);
			return rc;
		}
		span->added = true;
	}
	return 0;
}

/**
 * kmem_remove() - remove the memory of all spans that were added
 * @rec: the record, all its blocks offline and unreferenced
 * @dev: device for messages
 *
 * Context: Process context, @rec->lock held, guard closed. Takes
 * device_hotplug_lock.
 * Return: 0; or the errno of the core, and then the span it failed on and the
 * ones above it are still added.
 */
int kmem_remove(struct kmem_record *rec, struct device *dev)
{
	struct kmem_span *span;
	int rc;

	for (span = rec->spans; span < rec->spans + rec->nr_spans; span++) {
		if (!span->added)
			continue;
		rc = remove_memory(span->range.start, span->range.size);
		if (rc) {
			dev_err(dev, "mapping%u: %#llx-%#llx could not be removed (%d)\n",
				span->range.id, first(span), last(span), rc);
			return rc;
		}
		span->added = false;
	}
	return 0;
}
