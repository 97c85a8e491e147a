// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory blocks of a record: finding them, reading and changing their
 * state. Each change goes through the block's own `state` attribute, which
 * takes device_hotplug_lock the way the core wants it taken.
 */
#include <linux/gfp.h>
#include <linux/memory.h>
#include <linux/mmzone.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "kmem.h"

static const char *const type_names[] = {
	[MMOP_OFFLINE] = "offline",
	[MMOP_ONLINE] = "online",
	[MMOP_ONLINE_KERNEL] = "online_kernel",
	[MMOP_ONLINE_MOVABLE] = "online_movable",
};

/**
 * kmem_type_name() - the word that a memory block's `state` takes for a type
 * @type: MMOP_*
 */
const char *kmem_type_name(int type)
{
	return type_names[type];
}

/*
 * The bus of all memory blocks. It is static in the core and not exported; the
 * first block that is looked at shows it, and it never goes away.
 */
static typeof_member(struct device, bus) memory_bus;

static struct memory_block *to_block(struct device *dev)
{
	return container_of(dev, struct memory_block, dev);
}

static int find_memory_bus(struct kmem_record *rec)
{
	u64 id = rec->spans[0].range.start / memory_block_size_bytes();
	struct kobject *kobj;
	struct device *dev;
	char name[32];
	int rc = -ENODEV;

	if (memory_bus)
		return 0;

	snprintf(name, sizeof(name), "memory%llu", id);
	kobj = kset_find_obj(rec->dev->kobj.kset, name);
	if (!kobj)
		return -ENODEV;

	dev = kobj_to_dev(kobj);
	if (dev->bus && !strcmp(dev->bus->name, "memory")) {
		memory_bus = dev->bus;
		rc = 0;
	}
	kobject_put(kobj);
	return rc;
}

static int collect_block(struct device *dev, void *data)
{
	u64 start = (u64)dev->id * memory_block_size_bytes();
	struct kmem_record *rec = data;
	unsigned int i, index;

	for (i = 0; i < rec->nr_spans; i++) {
		struct kmem_span *span = &rec->spans[i];

		if (!span->added || start < span->range.start ||
		    start - span->range.start >= span->range.size)
			continue;

		index = span->first + (start - span->range.start) /
				      memory_block_size_bytes();
		get_device(dev);
		rec->blocks[index].mem = to_block(dev);
		rec->blocks[index].was = kmem_block_type(rec->blocks[index].mem);
		break;
	}
	return 0;
}

/**
 * kmem_blocks_get() - find the memory blocks of all added spans
 * @rec: the record; its @blocks table is filled, with a reference to each
 *	block and the type that would put it back as it is now
 *
 * One pass over the bus: a look-up per block would make plugging quadratic.
 *
 * Context: Process context, @rec->lock held.
 * Return: 0, or -ENODEV when a block of an added span does not exist.
 */
int kmem_blocks_get(struct kmem_record *rec)
{
	unsigned int i, j;
	int rc;

	memset(rec->blocks, 0, rec->nr_blocks * sizeof(*rec->blocks));

	rc = find_memory_bus(rec);
	if (rc)
		return rc;

	rc = bus_for_each_dev(memory_bus, NULL, rec, collect_block);
	if (rc)
		return rc;

	for (i = 0; i < rec->nr_spans; i++)
		for (j = 0; rec->spans[i].added && j < rec->spans[i].nr; j++)
			if (!rec->blocks[rec->spans[i].first + j].mem)
				goto missing;
	return 0;

missing:
	kmem_blocks_put(rec);
	return -ENODEV;
}

/**
 * kmem_blocks_put() - drop what kmem_blocks_get() took
 * @rec: the record
 *
 * Context: Process context, @rec->lock held. To be called before the memory is
 * removed, which waits for the blocks' last reference.
 */
void kmem_blocks_put(struct kmem_record *rec)
{
	unsigned int i;

	for (i = 0; i < rec->nr_blocks; i++) {
		if (!rec->blocks[i].mem)
			continue;
		put_device(&rec->blocks[i].mem->dev);
		rec->blocks[i].mem = NULL;
	}
}

/**
 * kmem_block_type() - the type that puts a block back as it is now
 * @mem: the block
 *
 * Return: MMOP_OFFLINE, MMOP_ONLINE_MOVABLE or MMOP_ONLINE_KERNEL. A block on
 * its way offline counts as online until it is.
 */
int kmem_block_type(const struct memory_block *mem)
{
	const struct zone *zone = READ_ONCE(mem->zone);

	if (READ_ONCE(mem->state) == MEM_OFFLINE)
		return MMOP_OFFLINE;
	if (zone && zone_idx(zone) == ZONE_MOVABLE)
		return MMOP_ONLINE_MOVABLE;
	return MMOP_ONLINE_KERNEL;
}

/**
 * kmem_blocks_online() - count the blocks that are not offline
 * @rec: the record, between kmem_blocks_get() and kmem_blocks_put()
 */
unsigned int kmem_blocks_online(struct kmem_record *rec)
{
	unsigned int i, nr = 0;

	for (i = 0; i < rec->nr_blocks; i++)
		if (rec->blocks[i].mem &&
		    kmem_block_type(rec->blocks[i].mem) != MMOP_OFFLINE)
			nr++;
	return nr;
}

static bool landed(const struct memory_block *mem, int type)
{
	int now = kmem_block_type(mem);

	return now == type || (type == MMOP_ONLINE && now != MMOP_OFFLINE);
}

/**
 * kmem_block_change() - online or offline one memory block
 * @mem: the block
 * @type: MMOP_* it shall have
 * @stop: ends the wait for device_hotplug_lock when it becomes true, or NULL
 *
 * The core only tries device_hotplug_lock there: when another task holds it,
 * it sleeps 5 ms, marks a signal as pending and asks for the system call to be
 * restarted. That mark must go, or offlining would take it for a real signal.
 *
 * Context: Process context, @rec->lock held. Takes device_hotplug_lock, the
 * block's device_lock, cpus_read_lock and mem_hotplug_lock.
 * Return: 0 when the block is as wanted, also when it was so before; -EINTR on
 * a signal or @stop; -EIO when it landed in another zone than asked; or the
 * errno of the core or of a notifier.
 */
int kmem_block_change(struct memory_block *mem, int type, const bool *stop)
{
	ssize_t rc;

	for (;;) {
		rc = kmem_attr_store(&mem->dev, mem->dev.groups, "state",
				     kmem_type_name(type));
		if (rc != -ERESTARTNOINTR)
			break;
		recalc_sigpending();
		if (signal_pending(current) || (stop && READ_ONCE(*stop)))
			return -EINTR;
	}

	/* -EINVAL is also how the core says "already so" */
	if (rc == -EINVAL && landed(mem, type))
		return 0;
	if (rc < 0)
		return rc;
	return landed(mem, type) ? 0 : -EIO;
}

/**
 * kmem_policy() - how the system wants new memory onlined
 * @rec: a record with memory added
 *
 * Context: Process context, @rec->lock held.
 * Return: MMOP_* from /sys/devices/system/memory/auto_online_blocks, or a
 * negative errno.
 */
int kmem_policy(struct kmem_record *rec)
{
	struct device *root;
	char *page;
	ssize_t rc;

	rc = find_memory_bus(rec);
	if (rc)
		return rc;

	page = (char *)get_zeroed_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;

	rc = -ENODEV;
	root = bus_get_dev_root(memory_bus);
	if (!root)
		goto out;

	rc = kmem_attr_show(root, root->groups, "auto_online_blocks", page);
	put_device(root);
	if (rc >= 0)
		rc = sysfs_match_string(type_names, page);
out:
	free_page((unsigned long)page);
	return rc;
}
