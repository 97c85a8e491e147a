// SPDX-License-Identifier: GPL-2.0-only
/*
 * ids_change: at the next bind to kmem, the list of the ids that were written to
 * new_id looks for a while as if a write to new_id or remove_id were changing it.
 */
#include <linux/device.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/workqueue.h>

static unsigned int ms = 60;
module_param(ms, uint, 0444);
MODULE_PARM_DESC(ms, "How many milliseconds the change takes (default 60)");

static bool done;
module_param(done, bool, 0444);
MODULE_PARM_DESC(done, "Whether there was a bind");

/* drivers/dax/bus.h; what follows differs between kernels */
struct dax_device_driver {
	struct device_driver drv;
	struct list_head ids;
};

static struct list_head *changed;
static struct list_head *prev;

static void end_change(struct work_struct *work)
{
	changed->prev = prev;
}

static DECLARE_DELAYED_WORK(end_work, end_change);

static void begin_time(struct irq_work *work)
{
	schedule_delayed_work(&end_work, msecs_to_jiffies(ms));
}

/* The probe may be a breakpoint, and the kernel then as if in an NMI. */
static struct irq_work time_work = IRQ_WORK_INIT(begin_time);

/* dax_kmem_prove_layout(dev_dax, dax_drv) */
static int bind_call(struct kprobe *probe, struct pt_regs *regs)
{
	struct dax_device_driver *dax_drv =
		(void *)regs_get_kernel_argument(regs, 1);

	if (done)
		return 0;
	done = true;
	changed = dax_drv->ids.next;
	prev = changed->prev;
	changed->prev = NULL;
	irq_work_queue(&time_work);
	return 0;
}

static struct kprobe bind_probe = {
	.symbol_name = "dax_kmem_prove_layout",
	.pre_handler = bind_call,
};

static int __init ids_change_init(void)
{
	return register_kprobe(&bind_probe);
}

static void __exit ids_change_exit(void)
{
	unregister_kprobe(&bind_probe);
	irq_work_sync(&time_work);
	flush_delayed_work(&end_work);
}

MODULE_AUTHOR("The dax-kmem authors");
MODULE_DESCRIPTION("A list of ids that is being changed during a bind, for tests");
MODULE_LICENSE("GPL");
module_init(ids_change_init);
module_exit(ids_change_exit);
