// SPDX-License-Identifier: GPL-2.0-only
/*
 * alloc_veto: makes the n-th allocation fail that a write to sysfs or the load
 * of a module makes, in the task that asked for it and in the threads that work
 * for it. Needs no debug kernel, but one whose should_failslab() is a function,
 * as before Linux commit a7526fe8b94e ("mm, slab: put should_failslab() back
 * behind CONFIG_SHOULD_FAILSLAB") (in v6.11).
 */
#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/stacktrace.h>
#include <linux/string.h>
#include <linux/sysfs.h>

/* The thread that starts all other threads of the kernel. */
#define KTHREADD_PID	2

/*
 * The operation under test is the first write to sysfs, or initialisation of a
 * module, of the task that wrote nth. It begins with a call of the function
 * and ends with its return.
 */
static pid_t asked;
static bool running;
static int nth;
static atomic_t seen;
static unsigned long where[32];
static unsigned int nr_where;

/* Whether it is in a function of the core that does not fail as it should. */
static bool exempt;

static int nth_set(const char *word, const struct kernel_param *kp)
{
	int rc = param_set_int(word, kp);

	if (rc)
		return rc;
	atomic_set(&seen, 0);
	nr_where = 0;
	exempt = false;
	asked = current->pid;
	return 0;
}

static const struct kernel_param_ops nth_ops = {
	.set = nth_set,
	.get = param_get_int,
};

module_param_cb(nth, &nth_ops, &nth, 0644);
MODULE_PARM_DESC(nth, "Which allocation of the writer's next operation fails; 0 lets all through");

static int seen_get(char *page, const struct kernel_param *kp)
{
	return sysfs_emit(page, "%d\n", atomic_read(&seen));
}

static const struct kernel_param_ops seen_ops = {
	.get = seen_get,
};

module_param_cb(seen, &seen_ops, NULL, 0444);
MODULE_PARM_DESC(seen, "Allocations of that operation");

static int where_get(char *page, const struct kernel_param *kp)
{
	unsigned int i;
	int len = 0;

	for (i = 0; i < nr_where; i++)
		len += sysfs_emit_at(page, len, "%pS\n", (void *)where[i]);
	return len;
}

static const struct kernel_param_ops where_ops = {
	.get = where_get,
};

module_param_cb(where, &where_ops, NULL, 0400);
MODULE_PARM_DESC(where, "Call trace of the allocation that failed, empty if none did");

/*
 * Whether what was probed runs in a task. Where a probe is a breakpoint, the
 * kernel is then in an NMI, which counts as an interrupt as well.
 */
static bool task_probed(void)
{
	unsigned int within = preempt_count() &
			      (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_OFFSET);

	return !within || within == NMI_OFFSET + HARDIRQ_OFFSET;
}

/* Whether the task runs the operation, or is a thread that works for it. */
static bool concerned(void)
{
	if (!READ_ONCE(running) || !task_probed())
		return false;
	return current->pid == asked || current->pid == KTHREADD_PID ||
	       (current->flags & PF_KTHREAD &&
		str_has_prefix(current->comm, "kmem/"));
}

static bool fails(gfp_t flags)
{
	if (!concerned() || exempt || flags & __GFP_NOFAIL)
		return false;
	if (atomic_inc_return(&seen) != nth)
		return false;
	nr_where = stack_trace_save(where, ARRAY_SIZE(where), 0);
	return true;
}

/* These run in place of a probed function, and return to its caller. */
static int failed_slab(void)
{
	return -ENOMEM;
}

static bool failed_page(void)
{
	return true;
}

static void no_report(void)
{
}

static int slab_call(struct kprobe *probe, struct pt_regs *regs)
{
	if (!fails((__force gfp_t)regs_get_kernel_argument(regs, 1)))
		return 0;
	instruction_pointer_set(regs, (unsigned long)failed_slab);
	return 1;
}

static int page_call(struct kprobe *probe, struct pt_regs *regs)
{
	if (!fails((__force gfp_t)regs_get_kernel_argument(regs, 0)))
		return 0;
	instruction_pointer_set(regs, (unsigned long)failed_page);
	return 1;
}

/* The kernel log must be clean after a test: no call trace of what is meant. */
static int report_call(struct kprobe *probe, struct pt_regs *regs)
{
	if (!concerned())
		return 0;
	instruction_pointer_set(regs, (unsigned long)no_report);
	return 1;
}

static struct kprobe slab_probe = {
	.symbol_name = "should_failslab",
	.pre_handler = slab_call,
};

static struct kprobe page_probe = {
	.symbol_name = "should_fail_alloc_page",
	.pre_handler = page_call,
};

static struct kprobe report_probe = {
	.symbol_name = "warn_alloc",
	.pre_handler = report_call,
};

static struct kprobe *probes[] = {
	&slab_probe, &page_probe, &report_probe,
};

static int begin(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	if (!asked || current->pid != asked)
		return 1;
	WRITE_ONCE(running, true);
	return 0;
}

static int end(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	WRITE_ONCE(running, false);
	asked = 0;
	return 0;
}

static int end_exempt(struct kretprobe_instance *instance,
		      struct pt_regs *regs)
{
	exempt = false;
	return 0;
}

static int begin_exempt(struct kretprobe_instance *instance,
			struct pt_regs *regs)
{
	if (!concerned())
		return 1;
	exempt = true;
	return 0;
}

/*
 * If the attributes of a driver cannot be added to a device that it was bound
 * to, really_probe() removes them all the same, and sysfs_remove_group() warns
 * that there is no group of that name.
 */
static int begin_groups(struct kretprobe_instance *instance,
			struct pt_regs *regs)
{
	struct device *dev = (void *)regs_get_kernel_argument(regs, 0);
	void *groups = (void *)regs_get_kernel_argument(regs, 1);

	if (!concerned() || !dev->driver || groups != dev->driver->dev_groups)
		return 1;
	exempt = true;
	return 0;
}

static struct kretprobe write_probe = {
	.kp.symbol_name = "kernfs_fop_write_iter",
	.entry_handler = begin,
	.handler = end,
};

static struct kretprobe load_probe = {
	.kp.symbol_name = "do_init_module",
	.entry_handler = begin,
	.handler = end,
};

/*
 * If a section cannot be added, __add_pages() leaves those before it, and the
 * memory can never be added again (-EEXIST). x86's add_pages() warns of any
 * failure.
 */
static struct kretprobe sections_probe = {
	.kp.symbol_name = "__add_pages",
	.entry_handler = begin_exempt,
	.handler = end_exempt,
};

/*
 * If module_add_driver() cannot make the directory of a module's drivers, it
 * puts their link in the root of sysfs, where it stays, and later warns that it
 * is there already.
 */
static struct kretprobe link_probe = {
	.kp.symbol_name = "module_add_driver",
	.entry_handler = begin_exempt,
	.handler = end_exempt,
};

static struct kretprobe groups_probe = {
	.kp.symbol_name = "device_add_groups",
	.entry_handler = begin_groups,
	.handler = end_exempt,
};

/*
 * If KASAN gets no shadow for a block, vmalloc() frees what it has of it later, and
 * the notifier, when the block is given up, frees the same at once (Linux 7.3). Only
 * a kernel with KASAN has this function.
 */
static struct kretprobe shadow_probe = {
	.kp.symbol_name = "kasan_mem_notifier",
	.entry_handler = begin_exempt,
	.handler = end_exempt,
};

static struct kretprobe *spans[] = {
	&write_probe, &load_probe, &sections_probe, &link_probe,
	&groups_probe,
};

static int __init alloc_veto_init(void)
{
	int rc;

	rc = register_kprobes(probes, ARRAY_SIZE(probes));
	if (rc)
		return rc;

	rc = register_kretprobes(spans, ARRAY_SIZE(spans));
	if (rc)
		goto err_spans;

	rc = IS_ENABLED(CONFIG_KASAN) ? register_kretprobe(&shadow_probe) : 0;
	if (rc)
		goto err_shadow;
	return 0;

err_shadow:
	unregister_kretprobes(spans, ARRAY_SIZE(spans));
err_spans:
	unregister_kprobes(probes, ARRAY_SIZE(probes));
	return rc;
}

static void __exit alloc_veto_exit(void)
{
	if (IS_ENABLED(CONFIG_KASAN))
		unregister_kretprobe(&shadow_probe);
	unregister_kretprobes(spans, ARRAY_SIZE(spans));
	unregister_kprobes(probes, ARRAY_SIZE(probes));
}

MODULE_AUTHOR("The dax-kmem authors");
MODULE_DESCRIPTION("Fails the n-th allocation of an operation, for tests");
MODULE_LICENSE("GPL");
module_init(alloc_veto_init);
module_exit(alloc_veto_exit);
