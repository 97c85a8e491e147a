/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The checks of "doctor", by what they look at, and how each says its finding.
 */
#ifndef KMEMCTL_FINDINGS_H
#define KMEMCTL_FINDINGS_H

#include "lib/util.h"

struct output;

enum verdict { VERDICT_OK, VERDICT_WARN, VERDICT_FAIL, VERDICT_UNKNOWN };

struct finding {
	const char *check;
	enum verdict verdict;
	char text[240];
	char next[160];
};

struct doctor {
	struct finding *findings;
	size_t nr;
};

/*
 * One finding of a check and the next step, which is NULL when there is
 * nothing to do. UNKNOWN is for what root would see.
 */
void doctor_say(struct doctor *doctor, const char *check, enum verdict verdict,
		const char *next, const char *fmt, ...) PRINTF(5, 6);
/* Print them all; returns the exit code that they amount to. */
int findings_print(const struct doctor *doctor, const struct output *out);

void doctor_kernel(struct doctor *doctor);
void doctor_modules(struct doctor *doctor);
void doctor_policy(struct doctor *doctor);
void doctor_udev(struct doctor *doctor);
void doctor_devices(struct doctor *doctor);
void doctor_config(struct doctor *doctor);

/* The value of name= in the kernel's command line, the last one; or false. */
bool cmdline_value(char *buf, size_t size, const char *name);
/* What gzip makes of it, to be freed; NULL when it makes nothing of it. */
char *gunzip(const char *data, size_t len);

#endif
