// SPDX-License-Identifier: GPL-2.0-only
/*
 * The names of the states, messages about a record in the kernel log, and the
 * failure that kmem/last_error shows.
 */
#define pr_fmt(fmt) KBUILD_MODNAME " " fmt

#include <linux/device.h>
#include <linux/memory_hotplug.h>
#include <linux/printk.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "kmem.h"

static const char *const block_state_names[] = {
	[MMOP_OFFLINE] = "offline",
	[MMOP_ONLINE] = "online",
	[MMOP_ONLINE_KERNEL] = "online_kernel",
	[MMOP_ONLINE_MOVABLE] = "online_movable",
};

/**
 * kmem_state_name() - the name of a state
 * @state: KMEM_UNPLUGGED or MMOP_*
 *
 * The names of MMOP_* are also those of a memory block's `state`.
 */
const char *kmem_state_name(int state)
{
	return state == KMEM_UNPLUGGED ? "unplugged" : block_state_names[state];
}

/**
 * kmem_state_by_name() - the state that a name stands for
 * @name: the name, with or without a newline at the end
 *
 * Return: KMEM_UNPLUGGED or MMOP_*; KMEM_POLICY if no state has that name.
 */
int kmem_state_by_name(const char *name)
{
	int i;

	if (sysfs_streq(name, "unplugged"))
		return KMEM_UNPLUGGED;
	i = sysfs_match_string(block_state_names, name);
	return i < 0 ? KMEM_POLICY : i;
}

/**
 * kmem_printk() - log a message about a record
 * @level: KERN_*
 * @rec: the record
 * @fmt: format of the message, followed by its arguments
 *
 * Begins the message with the device, or with its former name after unbind.
 *
 * Context: @rec->lock held, or @rec not listed yet, so that its device stays.
 */
void kmem_printk(const char *level, const struct kmem_record *rec,
		 const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	if (rec->dev)
		dev_printk(level, rec->dev, "%pV", &vaf);
	else
		/* Without a device only failures are logged. */
		pr_err("%s: %pV", rec->name, &vaf);
	va_end(args);
}

/**
 * kmem_set_error() - note the step of a transition that failed
 * @rec: the record
 * @error: negative errno of the failure
 * @fmt: the step and what it failed for, as in kmem/last_error
 *
 * Only the first failure of a transition is kept: it is the cause. What fails
 * in the rollback is in the kernel log.
 *
 * Context: Any. Takes &kmem_record.error_lock.
 */
void kmem_set_error(struct kmem_record *rec, int error, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	spin_lock(&rec->error_lock);
	if (!rec->error[0])
		snprintf(rec->error, sizeof(rec->error), "%pV %d", &vaf, error);
	spin_unlock(&rec->error_lock);
	va_end(args);
}

/**
 * kmem_clear_error() - forget the failure of an earlier transition
 * @rec: the record
 *
 * Context: Any. Takes &kmem_record.error_lock.
 */
void kmem_clear_error(struct kmem_record *rec)
{
	spin_lock(&rec->error_lock);
	rec->error[0] = '\0';
	spin_unlock(&rec->error_lock);
}

/**
 * kmem_show_error() - print the failure of the last transition
 * @rec: the record
 * @page: filled with one line, empty when nothing failed
 *
 * Context: Any; never waits for a transition. Takes &kmem_record.error_lock.
 * Return: length of the text.
 */
ssize_t kmem_show_error(struct kmem_record *rec, char *page)
{
	ssize_t len;

	spin_lock(&rec->error_lock);
	len = sysfs_emit(page, "%s\n", rec->error);
	spin_unlock(&rec->error_lock);
	return len;
}
