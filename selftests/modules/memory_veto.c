// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory_veto: refuses the n-th attempt to online or offline memory, and makes
 * the n-th call of a function that adds or removes memory fail, for tests of
 * what happens when one in the middle fails. It can also slow down each change,
 * and a step of kmem that others could interfere with, have a block go to the
 * wrong zone, and it counts calls of recalc_sigpending() without the lock that it
 * needs.
 * The kernel's own memory-notifier-error-inject can only refuse every attempt.
 */
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

static int online;
module_param(online, int, 0644);
MODULE_PARM_DESC(online, "Attempts to online until one is refused, counting down; 0 refuses none, -1 all");

static int offline;
module_param(offline, int, 0644);
MODULE_PARM_DESC(offline, "Attempts to offline until one is refused, counting down; 0 refuses none, -1 all");

static int add;
module_param(add, int, 0644);
MODULE_PARM_DESC(add, "Calls that add memory until one fails, counting down; 0 lets all through");

static int add_delay;
module_param(add_delay, int, 0644);
MODULE_PARM_DESC(add_delay, "Milliseconds that the next call that adds memory takes longer");

static int remove;
module_param(remove, int, 0644);
MODULE_PARM_DESC(remove, "Calls that remove memory until one fails, counting down; 0 lets all through");

static int group;
module_param(group, int, 0644);
MODULE_PARM_DESC(group, "Calls that register a memory group until one fails, counting down; 0 lets all through");

static int error = EIO;
module_param(error, int, 0644);
MODULE_PARM_DESC(error, "errno of the refusal or failure");

static int delay;
module_param(delay, int, 0644);
MODULE_PARM_DESC(delay, "Milliseconds that each attempt to online or offline takes longer; -1 ends those that wait");

static int normal;
module_param(normal, int, 0644);
MODULE_PARM_DESC(normal, "Blocks to be put into Movable until one goes to Normal instead, counting down; 0 leaves all alone");

static int recalc_kmem;
module_param(recalc_kmem, int, 0444);
MODULE_PARM_DESC(recalc_kmem, "Calls of recalc_sigpending() by the kmem driver");

static int recalc_unlocked;
module_param(recalc_unlocked, int, 0444);
MODULE_PARM_DESC(recalc_unlocked, "Those of them without siglock");

static int signals_delay;

static int signals_call(struct kprobe *probe, struct pt_regs *regs)
{
	mdelay(signals_delay);
	return 0;
}

static struct kprobe signals_probe = {
	.symbol_name = "kmem:kmem_block_signals",
	.pre_handler = signals_call,
};

/* This probe comes and goes: kmem need not be loaded before this module. */
static int signals_delay_set(const char *word, const struct kernel_param *kp)
{
	int before = signals_delay, rc;

	rc = param_set_int(word, kp);
	if (rc || !signals_delay == !before)
		return rc;
	if (!signals_delay) {
		unregister_kprobe(&signals_probe);
		return 0;
	}
	/* What an earlier registration left in here would be refused. */
	signals_probe.addr = NULL;
	signals_probe.flags = 0;
	rc = register_kprobe(&signals_probe);
	if (rc)
		signals_delay = 0;
	return rc;
}

static const struct kernel_param_ops signals_delay_ops = {
	.set = signals_delay_set,
	.get = param_get_int,
};

module_param_cb(signals_delay, &signals_delay_ops, &signals_delay, 0644);
MODULE_PARM_DESC(signals_delay, "Milliseconds that kmem takes longer to block signals, before each plug; write 0 before either module goes");

static bool last(int *countdown)
{
	return *countdown < 0 || (*countdown && !--*countdown);
}

/* In steps, to see when it is to end. */
static void wait_delay(void)
{
	int left, step;

	for (left = delay; left > 0 && READ_ONCE(delay) >= 0; left -= step) {
		step = min(left, 100);
		msleep(step);
	}
}

static int memory_veto_call(struct notifier_block *nb, unsigned long action,
			    void *data)
{
	bool veto = false;

	if (action == MEM_GOING_ONLINE)
		veto = last(&online);
	else if (action == MEM_GOING_OFFLINE)
		veto = last(&offline);
	else
		return NOTIFY_DONE;

	wait_delay();
	return veto ? notifier_from_errno(-error) : NOTIFY_OK;
}

static struct notifier_block memory_veto_nb = {
	.notifier_call = memory_veto_call,
};

/* Runs in place of the probed function, and returns to its caller. */
static int failed_call(void)
{
	return -error;
}

static int fail_call(int *countdown, struct pt_regs *regs)
{
	if (!last(countdown))
		return 0;
	instruction_pointer_set(regs, (unsigned long)failed_call);
	return 1;
}

static int add_call(struct kprobe *probe, struct pt_regs *regs)
{
	mdelay(xchg(&add_delay, 0));
	return fail_call(&add, regs);
}

static int remove_call(struct kprobe *probe, struct pt_regs *regs)
{
	return fail_call(&remove, regs);
}

static int group_call(struct kprobe *probe, struct pt_regs *regs)
{
	return fail_call(&group, regs);
}

static void set_first_argument(struct pt_regs *regs, unsigned long value)
{
#ifdef CONFIG_ARM64
	regs->regs[0] = value;
#else
	regs->di = value;
#endif
}

/* At the entry of a function; there x86 has it on top of the stack. */
static unsigned long caller_of(struct pt_regs *regs)
{
#ifdef CONFIG_ARM64
	return procedure_link_pointer(regs);
#else
	return regs_get_kernel_stack_nth(regs, 0);
#endif
}

static int zone_call(struct kprobe *probe, struct pt_regs *regs)
{
	int type = regs_get_kernel_argument(regs, 0);

	if (type == MMOP_ONLINE_MOVABLE && last(&normal))
		set_first_argument(regs, MMOP_ONLINE_KERNEL);
	return 0;
}

static bool is_locked(spinlock_t *lock)
{
#ifdef CONFIG_PREEMPT_RT
	return rt_mutex_base_is_locked(&lock->lock);
#else
	return raw_spin_is_locked(spinlock_check(lock));
#endif
}

static int recalc_call(struct kprobe *probe, struct pt_regs *regs)
{
	char caller[128];

	snprintf(caller, sizeof(caller), "%pS", (void *)caller_of(regs));
	if (!strstr(caller, "[kmem"))
		return 0;
	recalc_kmem++;
	if (!is_locked(&rcu_dereference_raw(current->sighand)->siglock))
		recalc_unlocked++;
	return 0;
}

static struct kprobe add_probe = {
	.symbol_name = "add_memory_driver_managed",
	.pre_handler = add_call,
};

static struct kprobe remove_probe = {
	.symbol_name = "remove_memory",
	.pre_handler = remove_call,
};

static struct kprobe group_probe = {
	.symbol_name = "memory_group_register_static",
	.pre_handler = group_call,
};

static struct kprobe zone_probe = {
	.symbol_name = "zone_for_pfn_range",
	.pre_handler = zone_call,
};

static struct kprobe recalc_probe = {
	.symbol_name = "recalc_sigpending",
	.pre_handler = recalc_call,
};

static struct kprobe *probes[] = {
	&add_probe, &remove_probe, &group_probe, &zone_probe, &recalc_probe,
};

static int __init memory_veto_init(void)
{
	int rc;

	rc = register_kprobes(probes, ARRAY_SIZE(probes));
	if (rc)
		return rc;

	rc = register_memory_notifier(&memory_veto_nb);
	if (rc)
		unregister_kprobes(probes, ARRAY_SIZE(probes));
	return rc;
}

static void __exit memory_veto_exit(void)
{
	unregister_memory_notifier(&memory_veto_nb);
	unregister_kprobes(probes, ARRAY_SIZE(probes));
}

MODULE_AUTHOR("The dax-kmem authors");
MODULE_DESCRIPTION("Refuses or fails the n-th memory hotplug operation, for tests");
MODULE_LICENSE("GPL");
module_init(memory_veto_init);
module_exit(memory_veto_exit);
