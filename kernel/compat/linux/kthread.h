/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shadows <linux/kthread.h>: adds kthread_run_worker() on kernels before Linux
 * commit b04e317b5226 ("treewide: Introduce kthread_run_worker[_on_cpu]()").
 * There kthread_create_worker() also wakes the new worker.
 */
#ifndef _KMEM_COMPAT_KTHREAD_H
#define _KMEM_COMPAT_KTHREAD_H

#include_next <linux/kthread.h>

#ifndef kthread_run_worker
#define kthread_run_worker(flags, namefmt, ...)				\
	kthread_create_worker(flags, namefmt, ##__VA_ARGS__)
#endif

#endif /* _KMEM_COMPAT_KTHREAD_H */
