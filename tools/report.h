/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A diagnosis in words and tables, or JSON.
 */
#ifndef KMEMCTL_REPORT_H
#define KMEMCTL_REPORT_H

#include "commands.h"
#include "diagnosis.h"

/* Returns 0 or an exit code, with the failure remembered. */
int report_check(const struct options *opts);
void report_print(const struct diagnosis *diag, const struct options *opts);

#endif
