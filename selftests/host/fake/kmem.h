/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kmem driver of the fake kernel: the kernel's own, the one of Linux 7.3,
 * or dax-kmem, as FAKE_DRIVER says.
 */
#ifndef FAKE_KMEM_H
#define FAKE_KMEM_H

#include <stdbool.h>

/* 0 or an errno. */
int kmem_probe(const char *dev);
void kmem_remove(const char *dev);

/* A write to a device's "state": 0 or an errno. */
int write_state(const char *dev, const char *value, bool wrong_zone);

#endif
