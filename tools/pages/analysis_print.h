/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prints an analysis as text and tables, or as JSON.
 */
#ifndef KMEMCTL_ANALYSIS_PRINT_H
#define KMEMCTL_ANALYSIS_PRINT_H

#include "lib/table.h"
#include "pages/analysis.h"

/* Returns 0 or an exit code, with the failure remembered. */
int analysis_check_columns(const struct output *out);
void analysis_print(const struct analysis *found, const struct output *out);
/* The table of processes alone. */
void analysis_print_processes(const struct analysis *found,
			      const struct output *out);

#endif
