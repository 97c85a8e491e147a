/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads what each page of a set of memory blocks is used for, by the best
 * reader there is.
 */
#ifndef KMEMCTL_READ_H
#define KMEMCTL_READ_H

#include "pages/pages.h"

/* Returns 0 or an exit code, with the failure remembered. */
int pages_read(struct pages *pages, const struct block_set *blocks);

#endif
