// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one error line of a run and small conversions. Code deep down says what
 * failed with fail(); the command that knows how the device was left prints it.
 */
#include "lib/util.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char failure[1024];
static const char *next_step;

enum talk talk;
static char last_said[512];

void say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(last_said, sizeof(last_said), fmt, args);
	va_end(args);
	if (talk != TALK_QUIET)
		fputs(last_said, stdout);
}

const char *said(void)
{
	return last_said;
}

void say_forget(void)
{
	last_said[0] = '\0';
}

int fail(int code, const char *next, const char *fmt, ...)
{
	va_list args;

	if (fail_pending())
		return code;
	va_start(args, fmt);
	vsnprintf(failure, sizeof(failure), fmt, args);
	va_end(args);
	next_step = next;
	return code;
}

bool fail_pending(void)
{
	return failure[0];
}

void fail_forget(void)
{
	failure[0] = '\0';
}

int fail_at(const char *fmt, ...)
{
	char text[sizeof(failure)], place[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(place, sizeof(place), fmt, args);
	va_end(args);
	memcpy(text, failure, sizeof(text));
	snprintf(failure, sizeof(failure), "%s: %.500s", place, text);
	return EX_FAILED;
}

void fail_explain(const char *cause, const char *next)
{
	size_t len = strlen(failure);

	if (cause)
		snprintf(failure + len, sizeof(failure) - len, ": %s", cause);
	if (next)
		next_step = next;
}

const char *fail_text(void)
{
	return failure;
}

/* "DEV" in a next step stands for the device. */
static void print_next_step(const char *device)
{
	const char *dev = device ? strstr(next_step, "DEV") : NULL;

	if (dev)
		fprintf(stderr, "; %.*s%s%s", (int)(dev - next_step), next_step,
			device, dev + 3);
	else
		fprintf(stderr, "; %s", next_step);
}

/* Bytes from outside must not break the line or reach the terminal raw. */
static void print_clean(const char *text, size_t max)
{
	size_t i;

	for (i = 0; text[i] && i < max; i++)
		fputc(isprint((unsigned char)text[i]) ? text[i] : '?', stderr);
	if (text[i])
		fputs("...", stderr);
}

void fail_print(const char *device, const char *outcome)
{
	fflush(stdout);
	fputs("kmemctl: ", stderr);
	if (device) {
		print_clean(*device ? device : "''", 40);
		fputs(": ", stderr);
	}
	print_clean(failure, sizeof(failure));
	if (outcome)
		fprintf(stderr, "; %s", outcome);
	if (next_step)
		print_next_step(device);
	fputc('\n', stderr);
	fail_forget();
}

const char *why(int err)
{
	switch (-err) {
	case EBADMSG:
		return "unexpected value";
	case EOVERFLOW:
		return "number too large";
	default:
		return strerror(-err);
	}
}

const char *what_next(int err)
{
	switch (-err) {
	case EACCES:
	case EPERM:
		return "run kmemctl as root";
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return "run 'kmemctl list' to see what is there";
	default:
		return SEE_DMESG;
	}
}

void *need_memory(void *ptr)
{
	if (ptr)
		return ptr;
	fputs("kmemctl: out of memory; nothing more was changed\n", stderr);
	exit(EX_FAILED);
}

/* To twice its size whenever it is full. */
void *grow(void *list, size_t nr, size_t size)
{
	if (nr & (nr - 1))
		return list;
	return need_memory(reallocarray(list, nr ? 2 * nr : 1, size));
}

int compare_u64(const void *a, const void *b)
{
	const __u64 *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

bool name_number(__u64 *number, const char *name, const char *prefix)
{
	const char *digits = name + strlen(prefix);

	if (strncmp(name, prefix, strlen(prefix)) || !*digits ||
	    digits[strspn(digits, "0123456789")])
		return false;
	*number = strtoull(digits, NULL, 10);
	return true;
}

bool parse_timeout(unsigned int *seconds, const char *text)
{
	__u64 number;

	if (!name_number(&number, text, "") || !number || number > TIMEOUT_MAX)
		return false;
	*seconds = number;
	return true;
}

void append_line(char **lines, const char *fmt, ...)
{
	char line[512], *before = *lines;
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (asprintf(lines, "%s%s%s", before ? before : "",
		     before ? "\n" : "", line) < 0)
		need_memory(NULL);
	free(before);
}

/* To the nearest tenth, so that one size reads the same wherever it is shown. */
char *size_to_human(char *buf, size_t size, __u64 bytes)
{
	static const char units[] = "BKMGTPE";
	unsigned int unit = 0;
	__u64 tenths, scale = 1;

	for (; bytes / scale >= 1024; scale *= 1024)
		unit++;
	tenths = bytes / scale * 10 + (bytes % scale * 10 + scale / 2) / scale;
	if (tenths % 10)
		snprintf(buf, size, "%llu.%llu%c", tenths / 10, tenths % 10,
			 units[unit]);
	else
		snprintf(buf, size, "%llu%c", tenths / 10, units[unit]);
	return buf;
}

void tally_add(struct tally *tally, int code)
{
	if (code == EX_DONE) {
		tally->done++;
		return;
	}
	if (!tally->failed++)
		tally->code = code;
	else if (tally->code != code)
		tally->code = EX_FAILED;
	if (code == EX_PARTLY)
		tally->done++;
}

int tally_exit(const struct tally *tally)
{
	if (!tally->failed)
		return EX_DONE;
	return tally->done ? EX_PARTLY : tally->code;
}
