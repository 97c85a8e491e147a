/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exit codes, the one error line of a run, and small conversions.
 */
#ifndef KMEMCTL_UTIL_H
#define KMEMCTL_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

enum exit_code {
	EX_DONE		= 0,	/* done, or already so */
	EX_FAILED	= 1,	/* failed, everything as it was before */
	EX_USE		= 2,	/* wrong usage */
	EX_NODEV	= 3,	/* no such device */
	EX_REFUSED	= 4,	/* refused for safety */
	EX_TIME		= 5,	/* time limit, everything as it was before */
	EX_PARTLY	= 64,	/* part of it is done */
};

#define ATTRIBUTE(...) __attribute__((__VA_ARGS__))
#define PRINTF(fmt, args) ATTRIBUTE(format(printf, fmt, args))

/* Seconds: one day, far more than any change takes. */
#define TIMEOUT_MAX 86400

#define SEE_DMESG "see 'dmesg' for the kernel's reason"

/*
 * Remember what failed and what to do next, where "DEV" becomes the device's
 * name. The first failure wins.
 */
int fail(int code, const char *next, const char *fmt, ...) PRINTF(3, 4);
bool fail_pending(void);
void fail_forget(void);
/* Add a cause, and replace the next step; NULL leaves either as it is. */
void fail_explain(const char *cause, const char *next);
/*
 * Put a place before the remembered failure: a file and a line, or a step.
 * Returns EX_FAILED.
 */
int fail_at(const char *fmt, ...) PRINTF(1, 2);
/* What is remembered, without the next step. */
const char *fail_text(void);

/* Print the remembered failure in one line and forget it. */
void fail_print(const char *device, const char *outcome);

/* Text for a negative errno, of lib/path.h as well. */
const char *why(int err);
/* The next step after it. */
const char *what_next(int err);

/* What is printed besides errors. */
enum talk { TALK_NORMAL, TALK_QUIET, TALK_VERBOSE };

extern enum talk talk;
/* Print a result on stdout, unless --quiet. */
void say(const char *fmt, ...) PRINTF(1, 2);
/* The last result, even if it was not printed; empty: none since. */
const char *said(void);
void say_forget(void);

void *need_memory(void *ptr);
/* A list of nr elements of this size gets room for one more. */
void *grow(void *list, size_t nr, size_t size);
/* For qsort() and bsearch(): elements that begin with a __u64. */
int compare_u64(const void *a, const void *b);
/* "memory12" and the prefix "memory" give 12; false: not such a name. */
bool name_number(__u64 *number, const char *name, const char *prefix);
/* A time limit; false: not a number from 1 to TIMEOUT_MAX. */
bool parse_timeout(unsigned int *seconds, const char *text);
/* Adds a line to a text that has no newline at its end; it starts as NULL. */
void append_line(char **lines, const char *fmt, ...) PRINTF(2, 3);

struct text {
	char buf[256];
};

/* A text such as "3.9G"; returns buf. */
char *size_to_human(char *buf, size_t size, __u64 bytes);
/* The same text, which lasts as long as the block around it. */
#define human(bytes) size_to_human((&(struct text){ "" })->buf, 16, bytes)

/* One exit code out of many independent ones. */
struct tally {
	unsigned int done;
	unsigned int failed;
	int code;
};

void tally_add(struct tally *tally, int code);
int tally_exit(const struct tally *tally);

#endif
