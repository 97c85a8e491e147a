// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of all records. A record stays listed after unbind while its memory
 * is added: the next bind of the device adopts it, or the administrator
 * reclaims it. Physical ranges identify a record, never the device's name.
 */
#include <linux/device.h>
#include <linux/sysfs.h>

#include "kmem.h"

/* Most characters that one range takes, and the end of a line. */
#define RANGE_CHARS	48

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
 * Returns the record whose memory @new must adopt; NULL if no record overlaps
 * @new; an ERR_PTR if one does that cannot be adopted.
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
			why = ", whose ranges reach beyond this device";
		else if (found)
			why = ", and in-use memory of another device";
		if (why) {
			kmem_err(new, "its ranges overlap in-use memory of %s%s (%d)\n",
				 old->name, why, -EBUSY);
			return ERR_PTR(-EBUSY);
		}
		found = old;
	}
	return found;
}

/**
 * kmem_registry_enter() - list a new record, or adopt an older one instead
 * @rec: in: the new record, not listed; out: the record to use. If that is an
 *	older one, the new one has been freed.
 * @dev: the dax device
 *
 * If the ranges of the device contain all ranges of an unbound record, the
 * device adopts that record. Its other ranges are used from the next bind
 * after the memory is gone. A listed record has its guard registered.
 *
 * Context: Process context, device_lock of @dev held.
 * Return: 0; -EBUSY if the ranges overlap a record that cannot be adopted; or
 * the errno of registering the guard. *@rec is unchanged on failure.
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
		WRITE_ONCE(old->adopted, true);
		WRITE_ONCE(old->memmap_wanted, new->memmap_wanted);
		WRITE_ONCE(old->lost, new->lost);
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
 * kmem_registry_leave() - detach a record from its device
 * @rec: the record; unlisted and freed unless it still holds memory
 *
 * Context: Process context, device_lock of its device held, @rec->lock not.
 */
void kmem_registry_leave(struct kmem_record *rec)
{
	bool keep = kmem_record_holds_memory(rec);

	mutex_lock(&registry_lock);
	rec->dev = NULL;
	/* From now on only the administrator can offline the blocks. */
	WRITE_ONCE(rec->exclusive, false);
	kmem_guard_rest(rec);
	if (!keep)
		list_del(&rec->list);
	mutex_unlock(&registry_lock);

	if (!keep)
		discard(rec);
}

/*
 * Add a line at @at of @page. Returns its length, 0 if it does not fit. On an
 * empty page it does: ranges that would not fit are left out.
 */
static int show_record(char *page, int at, const struct kmem_record *rec)
{
	const struct kmem_span *span;
	int len = at;

	len += sysfs_emit_at(page, len, "%s %d", rec->name, rec->nid);
	for (span = rec->spans; span < rec->spans + rec->nr_spans; span++) {
		if (!at && len > PAGE_SIZE - RANGE_CHARS)
			break;
		len += sysfs_emit_at(page, len, " %#llx-%#llx",
				     span->range.start,
				     span->range.start + span->range.size - 1);
	}
	len += sysfs_emit_at(page, len, "\n");
	return page[len - 1] == '\n' ? len - at : 0;
}

/**
 * kmem_registry_show() - print the records without a device
 * @page: filled; one page
 *
 * One line for each: the name of its former device, the node, the ranges. The
 * page has whole lines only: the records that do not fit are shown when others
 * are gone.
 *
 * Context: Process context. May sleep.
 * Return: length of the text.
 */
ssize_t kmem_registry_show(char *page)
{
	struct kmem_record *rec;
	int len = 0;

	mutex_lock(&registry_lock);
	list_for_each_entry(rec, &registry, list) {
		if (rec->dev || rec->reclaiming)
			continue;
		len += show_record(page, len, rec);
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
 * kmem_registry_reclaim() - remove the memory of a record without a device
 * @start: first byte of one of its ranges
 *
 * For memory whose device does not come back.
 *
 * Context: Process context. May sleep. Does not hold registry_lock while it
 * removes memory: an unbind that waits for it may hold device_hotplug_lock
 * (ACPI eject).
 * Return: 0 if the memory is removed and the record freed; -ENODEV if no such
 * record exists; or the errno of kmem_remove_if_offline().
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
