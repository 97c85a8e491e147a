/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * doctor/ has the checks of "doctor": of the system's settings and udev's rules
 * (system.c), of modules, of dax devices and of kmemctl.conf (config.c). It only
 * reads. It calls config/, change/ (readers), device/ and lib/.
 */
#ifndef KMEMCTL_FINDINGS_H
#define KMEMCTL_FINDINGS_H

#include "lib/util.h"

struct output;

/* In the order in which findings are printed. */
enum severity { FAIL, WARN, UNKNOWN /* only root can find out */, OK };

/* Remember what a check found. "next" is the next step, or NULL. */
void finding(const char *check, enum severity severity, const char *next,
	     const char *fmt, ...) PRINTF(4, 5);
/* Adds an OK, unless the last finding is of the same check. */
void finding_else(const char *check, const char *text);
/* Prints all, the worst first, and forgets them. Returns the exit code. */
int findings_print(const struct output *out);
/* Adds the warnings to lines, and forgets all. */
void findings_warnings(char **lines);

void doctor_system(void);
void doctor_modules(void);
void doctor_devices(void);
void doctor_config(void);

/* Adds lines about who else onlines memory blocks, for a dry run. */
void doctor_conflicts(char **lines);

/* The last value of name= on the kernel command line; false: none. */
bool cmdline_value(char *buf, size_t size, const char *name);

#endif
