/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * doctor/ has the checks of "doctor": of the system's settings and udev's rules
 * (system.c), of modules and of dax devices. It only reads. It calls config/,
 * change/ (readers), device/ and lib/.
 */
#ifndef KMEMCTL_FINDINGS_H
#define KMEMCTL_FINDINGS_H

#include "lib/util.h"

struct output;

/* In the order in which findings are printed. */
enum severity {
	SEVERITY_FAIL,
	SEVERITY_WARN,
	SEVERITY_UNKNOWN,	/* only root can find out */
	SEVERITY_OK,
	NR_SEVERITIES
};

struct finding {
	const char *check;
	enum severity severity;
	char text[240];
	char next[160];		/* the next step; empty: none */
};

struct findings {
	struct finding *list;
	size_t nr;
};

/* Add what a check found. "next" is the next step, or NULL. */
void finding_add(struct findings *findings, const char *check,
		 enum severity severity, const char *next,
		 const char *fmt, ...) PRINTF(5, 6);
/* Prints all, the worst first. Returns the exit code. */
int findings_print(const struct findings *findings, const struct output *out);

void doctor_system(struct findings *findings);
void doctor_modules(struct findings *findings);
void doctor_devices(struct findings *findings);
void doctor_config(struct findings *findings);

/* The warnings about who else onlines memory blocks, for a dry run. */
void doctor_conflicts(struct findings *findings);

/* The last value of name= on the kernel command line; false: none. */
bool cmdline_value(char *buf, size_t size, const char *name);

#endif
