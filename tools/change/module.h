/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loads driver modules.
 */
#ifndef KMEMCTL_MODULE_H
#define KMEMCTL_MODULE_H

#include <stdbool.h>

/* The dax bus has this driver. */
bool module_loaded(const char *driver);

/* The kmem driver that is loaded is dax-kmem. */
bool dax_kmem_loaded(void);

/*
 * Loads the module of a driver that the dax bus does not have. Returns 0 or an
 * exit code, with the failure remembered.
 */
int module_need(const char *driver);

struct kmod_ctx;

/* libkmod, without log, below --sysroot; NULL if it cannot start. */
struct kmod_ctx *module_context(void);

#endif
