// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guard: a memory notifier that refuses to online or offline the blocks of
 * a record to anyone but the task that the record allows.
 * It runs under mem_hotplug_lock and therefore takes no lock of its own.
 */
#include <linux/err.h>
#include <linux/memory.h>
#include <linux/pfn.h>
#include <linux/sched.h>

#include "kmem.h"

/* In kmem_record.allowed: nobody may. Never the address of a task. */
#define KMEM_NOBODY ((struct task_struct *)ERR_PTR(-EPERM))

/*
 * Overlap, not equality: with the memmap on the memory itself the core names
 * only the part of a block behind the memmap.
 */
static bool concerns(const struct kmem_record *rec,
		     const struct memory_notify *notify)
{
	struct kmem_range changed = {
		.start = PFN_PHYS(notify->start_pfn),
		.size = PFN_PHYS(notify->nr_pages),
	};

	return kmem_record_find(rec, &changed);
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
 * kmem_guard_register() - put the guard of a record in place, open
 * @rec: the record
 *
 * Context: Process context, no memory hotplug lock held.
 * Return: 0 or a negative errno.
 */
int kmem_guard_register(struct kmem_record *rec)
{
	rec->guard.notifier_call = guard_call;
	/* First in the chain: nobody prepares for what will be refused. */
	rec->guard.priority = INT_MAX;
	return register_memory_notifier(&rec->guard);
}

/**
 * kmem_guard_unregister() - take the guard of a record away
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
 * kmem_guard_rest() - the guard between transitions
 * @rec: the record
 *
 * Open to everyone, or closed when the record is exclusive.
 */
void kmem_guard_rest(struct kmem_record *rec)
{
	WRITE_ONCE(rec->allowed, rec->exclusive ? KMEM_NOBODY : NULL);
}
