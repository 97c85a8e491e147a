// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of all records: it keeps those whose memory outlived the binding,
 * and finds them again when the device comes back or somebody asks for them.
 * What identifies memory is where it lies, never a device's name.
 */
#include <linux/device.h>
#include <linux/sysfs.h>

#include "kmem.h"

static DEFINE_MUTEX(registry_lock); /* protects registry and kmem_record.dev */
static LIST_HEAD(registry);

static bool overlaps(const struct kmem_record *a, const struct kmem_record *b)
{
	unsigned int i;

	for (i = 0; i < a->nr_spans; i++)
		if (kmem_record_find(b, &a->spans[i].range))
			return true;
	return false;
}

/* Whether each span of @inner lies inside one of @outer. */
static bool within(const struct kmem_record *inner,
		   const struct kmem_record *outer)
{
	const struct kmem_span *span;
	unsigned int i;

	for (i = 0; i < inner->nr_spans; i++) {
		span = kmem_record_find(outer, &inner->spans[i].range);
		if (!span || !kmem_range_within(&inner->spans[i].range,
						&span->range))
			return false;
	}
	return true;
}

/*
 * The record that @new has to adopt, NULL when there is none to do with it, or
 * an ERR_PTR when there is one but it cannot be adopted.
 */
static struct kmem_record *find_adoptable(const struct kmem_record *new)
{
	struct kmem_record *old, *found = NULL;
	const char *why = NULL;

	list_for_each_entry(old, &registry, list) {
		if (!overlaps(old, new))
			continue;
		if (old->dev || old->reclaiming)
			why = "";
		else if (!within(old, new))
			why = " and reach beyond this device";
		else if (found)
			why = ", as they do that of another";
		if (why) {
			kmem_err(new, "its ranges overlap memory of %s that is still in use%s (%d)\n",
				 old->name, why, -EBUSY);
			return ERR_PTR(-EBUSY);
		}
		found = old;
	}
	return found;
}

/**
 * kmem_registry_enter() - enter a new record, or adopt the one that is there
 * @rec: in: the new record; out: the record to use. When an older record is
 *	adopted the new one has been freed.
 * @dev: the dax device
 *
 * A device that contains all ranges of an unbound record adopts it; its other
 * ranges count from its next bind after all of the memory is gone.
 *
 * Context: Process context, device_lock of @dev held.
 * Return: 0; or -EBUSY when the ranges overlap a record that cannot be
 * adopted, and then *@rec is unchanged.
 */
int kmem_registry_enter(struct kmem_record **rec, struct device *dev)
{
	struct kmem_record *new = *rec, *old;
	int rc = 0;

	mutex_lock(&registry_lock);
	old = find_adoptable(new);
	if (IS_ERR(old)) {
		rc = PTR_ERR(old);
	} else if (old) {
		old->dev = dev;
		old->adopted = true;
		old->memmap_wanted = new->memmap_wanted;
		atomic_set(&old->refused, 0);
		kmem_clear_error(old);
		*rec = old;
	} else {
		rc = kmem_guard_register(new);
		if (!rc)
			list_add_tail(&new->list, &registry);
	}
	mutex_unlock(&registry_lock);

	if (*rec != new)
		kmem_record_free(new);
	return rc;
}

/* Free a record that has left the registry. */
static void discard(struct kmem_record *rec)
{
	kmem_guard_unregister(rec);
	kmem_record_free(rec);
}

/**
 * kmem_registry_leave() - part a record from its device
 * @rec: the record; freed unless it still holds memory
 *
 * Context: Process context, device_lock of its device held, @rec->lock not.
 */
void kmem_registry_leave(struct kmem_record *rec)
{
	bool keep = kmem_record_holds_memory(rec);

	mutex_lock(&registry_lock);
	rec->dev = NULL;
	/* Nobody is left to change the blocks but the administrator. */
	rec->exclusive = false;
	kmem_guard_rest(rec);
	if (!keep)
		list_del(&rec->list);
	mutex_unlock(&registry_lock);

	if (!keep)
		discard(rec);
}

/**
 * kmem_registry_show() - list the records without a device
 * @page: where the text goes, one page
 *
 * A line each: the name of the device it was, the node, and the ranges.
 *
 * Context: Process context. May sleep.
 * Return: length of the text.
 */
ssize_t kmem_registry_show(char *page)
{
	const struct kmem_span *span;
	struct kmem_record *rec;
	int len = 0;

	mutex_lock(&registry_lock);
	list_for_each_entry(rec, &registry, list) {
		if (rec->dev || rec->reclaiming)
			continue;
		len += sysfs_emit_at(page, len, "%s %d", rec->name, rec->nid);
		for (span = rec->spans; span < rec->spans + rec->nr_spans;
		     span++)
			len += sysfs_emit_at(page, len, " %#llx-%#llx",
					     span->range.start,
					     span->range.start +
					     span->range.size - 1);
		len += sysfs_emit_at(page, len, "\n");
	}
	mutex_unlock(&registry_lock);
	return len;
}

static struct kmem_record *find_stranded(u64 start)
{
	struct kmem_record *rec;
	unsigned int i;

	list_for_each_entry(rec, &registry, list)
		for (i = 0; i < rec->nr_spans; i++)
			if (!rec->dev && !rec->reclaiming &&
			    rec->spans[i].range.start == start)
				return rec;
	return NULL;
}

/**
 * kmem_registry_reclaim() - take back the memory of a record without a device
 * @start: first byte of one of its ranges
 *
 * For memory whose device will not come back.
 *
 * Context: Process context. May sleep. The list's mutex is not held meanwhile:
 * an unbind that waits for it may hold device_hotplug_lock (ACPI eject).
 * Return: 0 when nothing of it is left; -ENODEV when there is no such record;
 * -EBUSY when a block is online.
 */
int kmem_registry_reclaim(u64 start)
{
	struct kmem_record *rec;
	int rc;

	mutex_lock(&registry_lock);
	rec = find_stranded(start);
	if (rec)
		rec->reclaiming = true;
	mutex_unlock(&registry_lock);
	if (!rec)
		return -ENODEV;

	mutex_lock(&rec->lock);
	rc = kmem_remove_if_offline(rec);
	mutex_unlock(&rec->lock);

	mutex_lock(&registry_lock);
	rec->reclaiming = false;
	if (!rc)
		list_del(&rec->list);
	mutex_unlock(&registry_lock);

	if (!rc)
		discard(rec);
	return rc;
}
