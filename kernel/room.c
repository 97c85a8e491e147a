// SPDX-License-Identifier: GPL-2.0-only
/*
 * Refuses a memmap that does not fit in RAM. The core would exhaust RAM before
 * it fails, and would not give back what it took. An estimate: others may take
 * RAM until the memory is added.
 */
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/mutex.h>
#include <linux/pfn.h>
#include <linux/sizes.h>
#include <linux/vmstat.h>

#include "compat/memory-block.h"
#include "kmem.h"

static DEFINE_MUTEX(promise_lock); /* protects promised */

/* Bytes of RAM that plugs were promised and have not taken yet. */
static u64 promised;

/*
 * RAM that memory of @size takes: its memmap, and on arm64, where the direct map
 * has no large pages by default, a page table's entry for each page.
 */
static u64 ram_for(const struct kmem_record *rec, u64 size)
{
	u64 bytes = 0;

	if (!rec->memmap_on_memory || kmem_memmap_falls_back())
		bytes = sizeof(struct page);
	if (IS_ENABLED(CONFIG_ARM64))
		bytes += sizeof(pte_t);
	return PFN_DOWN(size) * bytes;
}

/*
 * Pages that a zone keeps. What is below the high watermark others need, for
 * allocations that cannot wait. That can be next to nothing: Linux 6.1 divides
 * the watermarks among all zones by size, a large zone Movable included. So
 * keep 1/64 at least, of which the page tables and memory blocks of what is
 * added take a half. CMA is for movable pages only.
 */
static unsigned long zone_keeps(struct zone *zone)
{
	return max(high_wmark_pages(zone), zone_managed_pages(zone) / 64) +
	       zone->lowmem_reserve[ZONE_NORMAL] +
	       zone_page_state(zone, NR_FREE_CMA_PAGES);
}

/*
 * Pages of a zone that a GFP_KERNEL allocation may have. Half of the page cache
 * may be in use or dirty.
 */
static unsigned long zone_room(struct zone *zone)
{
	unsigned long keeps = zone_keeps(zone);
	unsigned long has = zone_page_state_snapshot(zone, NR_FREE_PAGES) +
			    (zone_page_state(zone, NR_ZONE_ACTIVE_FILE) +
			     zone_page_state(zone, NR_ZONE_INACTIVE_FILE)) / 2;

	return has > keeps ? has - keeps : 0;
}

/*
 * Bytes that the kernel may have for itself. The core prefers the device's own
 * node for the memmap, but takes any other. si_mem_available() would not do: it
 * counts zone Movable, where no memmap can be.
 */
static u64 kernel_room(void)
{
	unsigned long pages;
	int nid, i;

	/* As with the page cache, half may be in use. */
	pages = (global_node_page_state_pages(NR_SLAB_RECLAIMABLE_B) +
		 global_node_page_state(NR_KERNEL_MISC_RECLAIMABLE)) / 2;

	for_each_online_node(nid) {
		for (i = 0; i <= ZONE_NORMAL; i++) {
			struct zone *zone = &NODE_DATA(nid)->node_zones[i];

			if (populated_zone(zone))
				pages += zone_room(zone);
		}
	}
	return PFN_PHYS((u64)pages);
}

static u64 needed(const struct kmem_record *rec)
{
	u64 need = 0;
	unsigned int i;

	for (i = 0; i < rec->nr_spans; i++)
		need += ram_for(rec, rec->spans[i].range.size);
	return need;
}

/**
 * kmem_room_reserve() - promise a record the RAM that its memmap needs
 * @rec: the record, none of its memory added
 *
 * What is promised to one plug does not count as available to another.
 *
 * Context: Process context, @rec->lock held. Undone by kmem_room_release().
 * Return: 0; or -ENOMEM if the memmap does not fit, with nothing promised.
 */
int kmem_room_reserve(struct kmem_record *rec)
{
	u64 need = needed(rec), room;

	mutex_lock(&promise_lock);
	room = kernel_room();
	room -= min(room, promised);
	if (need <= room) {
		rec->promised = need;
		promised += need;
	}
	mutex_unlock(&promise_lock);
	if (need <= room)
		return 0;

	kmem_err(rec, "its memmap needs %llu MiB of RAM, %llu MiB are available (%d)%s\n",
		 need / SZ_1M, room / SZ_1M, -ENOMEM,
		 rec->memmap_on_memory || kmem_memmap_would_stay() ? "" :
		 "; to place it on the device, set memmap_on_memory and boot with memory_hotplug.memmap_on_memory=1");
	kmem_set_error(rec, -ENOMEM, "memmap all");
	return -ENOMEM;
}

static void redeem(struct kmem_record *rec, u64 bytes)
{
	mutex_lock(&promise_lock);
	bytes = min(bytes, rec->promised);
	rec->promised -= bytes;
	promised -= bytes;
	mutex_unlock(&promise_lock);
}

/**
 * kmem_room_taken() - note that a part of the memmap is allocated now
 * @rec: the record
 * @size: bytes of the memory that was added
 *
 * Context: Process context, @rec->lock held.
 */
void kmem_room_taken(struct kmem_record *rec, u64 size)
{
	redeem(rec, ram_for(rec, size));
}

/**
 * kmem_room_release() - give back what was promised and not taken
 * @rec: the record
 *
 * Context: Process context, @rec->lock held.
 */
void kmem_room_release(struct kmem_record *rec)
{
	redeem(rec, rec->promised);
}
