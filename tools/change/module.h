/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loading driver modules.
 */
#ifndef KMEMCTL_MODULE_H
#define KMEMCTL_MODULE_H

#include <stdbool.h>

/* The dax bus has this driver already. */
bool module_loaded(const char *driver);

/* The kmem driver that is loaded is dax-kmem. */
bool dax_kmem_loaded(void);

/* Make sure the dax bus has this driver; load its module when it has not. */
int module_need(const char *driver);

struct kmod_ctx;

/* libkmod, silent and below --sysroot; NULL when it cannot start. */
struct kmod_ctx *module_context(void);

#endif
