// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory_veto: refuses the n-th attempt to online or offline memory, for tests
 * of what happens when a block in the middle fails, and makes each take longer.
 * The kernel's own memory-notifier-error-inject can only refuse every attempt.
 */
#include <linux/delay.h>
#include <linux/memory.h>
#include <linux/module.h>
#include <linux/notifier.h>

static int online;
module_param(online, int, 0644);
MODULE_PARM_DESC(online, "Attempts to online until one is refused, counting down; 0 refuses none");

static int offline;
module_param(offline, int, 0644);
MODULE_PARM_DESC(offline, "Attempts to offline until one is refused, counting down; 0 refuses none");

static int error = EIO;
module_param(error, int, 0644);
MODULE_PARM_DESC(error, "errno of the refusal");

static int delay;
module_param(delay, int, 0644);
MODULE_PARM_DESC(delay, "Milliseconds that each attempt takes longer");

static bool last(int *countdown)
{
	return *countdown && !--*countdown;
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

	if (delay)
		msleep(delay);
	return veto ? notifier_from_errno(-error) : NOTIFY_OK;
}

static struct notifier_block memory_veto_nb = {
	.notifier_call = memory_veto_call,
};

static int __init memory_veto_init(void)
{
	return register_memory_notifier(&memory_veto_nb);
}

static void __exit memory_veto_exit(void)
{
	unregister_memory_notifier(&memory_veto_nb);
}

MODULE_AUTHOR("The dax-kmem authors");
MODULE_DESCRIPTION("Refuses the n-th memory state change, for tests");
MODULE_LICENSE("GPL");
module_init(memory_veto_init);
module_exit(memory_veto_exit);
