/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The checks of "doctor", by what they look at, and how each says its finding.
 */
#ifndef KMEMCTL_FINDINGS_H
#define KMEMCTL_FINDINGS_H

#include "lib/util.h"

struct output;

enum severity { SEVERITY_OK, SEVERITY_WARN, SEVERITY_FAIL, SEVERITY_UNKNOWN };

struct finding {
	const char *check;
	enum severity severity;
	char text[240];
	char next[160];
};

struct findings {
	struct finding *list;
	size_t nr;
};

/*
 * One finding of a check and the next step, which is NULL when there is
 * nothing to do. UNKNOWN is for what root would see.
 */
void finding_add(struct findings *findings, const char *check, enum severity severity,
		const char *next, const char *fmt, ...) PRINTF(5, 6);
/* Print them all; returns the exit code that they amount to. */
int findings_print(const struct findings *findings, const struct output *out);

void doctor_kernel(struct findings *findings);
void doctor_modules(struct findings *findings);
void doctor_policy(struct findings *findings);
void doctor_udev(struct findings *findings);
void doctor_devices(struct findings *findings);
void doctor_config(struct findings *findings);

/* The warnings about who else onlines memory blocks, for a dry run. */
void doctor_conflicts(struct findings *findings);

/* The value of name= in the kernel's command line, the last one; or false. */
bool cmdline_value(char *buf, size_t size, const char *name);
/* What gzip makes of it, to be freed; NULL when it makes nothing of it. */
char *gunzip(const char *data, size_t len);

#endif
