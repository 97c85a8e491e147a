// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guard of a record: a memory notifier that refuses to online or offline
 * the record's blocks, except to the task that the record allows. It is called
 * with mem_hotplug_lock held and takes no lock itself.
 */
#include <linux/err.h>
#include <linux/memory.h>
#include <linux/pfn.h>
#include <linux/sched.h>

#include "compat/memory-block.h"
#include "kmem.h"

/* Value of kmem_record.allowed that no task has: every change is refused. */
#define KMEM_NOBODY ((struct task_struct *)ERR_PTR(-EPERM))

/*
 * Test for overlap and not for equality: if a block holds its own memmap, the
 * core passes only the part of the block behind the memmap.
 */
static const struct kmem_span *concerns(const struct kmem_record *rec,
					const struct memory_notify *notify)
{
	struct kmem_range changed = {
		.start = PFN_PHYS(notify->start_pfn),
		.size = PFN_PHYS(notify->nr_pages),
	};

	return kmem_record_find(rec, &changed);
}

/*
 * Note a block that has gone offline with poisoned pages. The kernel keeps them
 * from its allocator while the block is online. Some kernels forget them when
 * the block goes online again. At this point the memmap is still valid, and the
 * pages are no longer poisoned by memory_failure().
 */
static void note_poison(struct kmem_record *rec,
			const struct memory_notify *notify)
{
	const struct kmem_span *span = concerns(rec, notify);
	u64 offset;

	if (!span || !kmem_pages_poisoned(notify->start_pfn, notify->nr_pages))
		return;
	offset = PFN_PHYS(notify->start_pfn) - span->range.start;
	rec->blocks[span->first + offset / memory_block_size_bytes()].poisoned =
		true;
}

static int guard_call(struct notifier_block *nb, unsigned long action,
		      void *data)
{
	struct kmem_record *rec = container_of(nb, struct kmem_record, guard);
	const struct task_struct *allowed = READ_ONCE(rec->allowed);
	const struct memory_notify *notify = data;

	switch (action) {
#ifdef KMEM_HAVE_MEM_PREPARE_ONLINE
	case MEM_PREPARE_ONLINE:
#endif
	case MEM_GOING_ONLINE:
	case MEM_GOING_OFFLINE:
		break;
	case MEM_OFFLINE:
		/* In a transition: only then does @rec->blocks have blocks. */
		if (allowed == current)
			note_poison(rec, notify);
		return NOTIFY_DONE;
	default:
		return NOTIFY_DONE;
	}

	if (!allowed || allowed == current || !notify->nr_pages ||
	    !concerns(rec, notify))
		return NOTIFY_DONE;

	atomic_inc(&rec->refused);
	return notifier_from_errno(-EBUSY);
}

/**
 * kmem_guard_register() - register the guard of a record, open
 * @rec: the record
 *
 * Context: Process context, no memory hotplug lock held.
 * Return: 0 or a negative errno.
 */
int kmem_guard_register(struct kmem_record *rec)
{
	rec->guard.notifier_call = guard_call;
	/* First in the chain: no other notifier prepares for a refused change. */
	rec->guard.priority = INT_MAX;
	return register_memory_notifier(&rec->guard);
}

/**
 * kmem_guard_unregister() - unregister the guard of a record
 * @rec: the record
 *
 * Context: Process context, no memory hotplug lock held. Waits for running
 * calls.
 */
void kmem_guard_unregister(struct kmem_record *rec)
{
	unregister_memory_notifier(&rec->guard);
}

/**
 * kmem_guard_close() - refuse every state change of the record's blocks
 * @rec: the record
 */
void kmem_guard_close(struct kmem_record *rec)
{
	WRITE_ONCE(rec->allowed, KMEM_NOBODY);
}

/**
 * kmem_guard_own() - allow state changes of the blocks to this task only
 * @rec: the record
 */
void kmem_guard_own(struct kmem_record *rec)
{
	WRITE_ONCE(rec->allowed, current);
}

/**
 * kmem_guard_rest() - set the guard for the time between transitions
 * @rec: the record
 *
 * Opens the guard to every task, or closes it if the record is exclusive.
 */
void kmem_guard_rest(struct kmem_record *rec)
{
	WRITE_ONCE(rec->allowed, rec->exclusive ? KMEM_NOBODY : NULL);
}
