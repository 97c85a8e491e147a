// SPDX-License-Identifier: GPL-2.0-only
/*
 * One write by the program: it is counted, logged, brought to the part of the
 * kernel whose file it is, and goes wrong where FAKE_FAULTS says so.
 */
#include "writes.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "blocks.h"
#include "bus.h"
#include "kmem.h"
#include "memmap.h"
#include "tree.h"

static unsigned int writes;

static int write_path(const char *path, const char *value, bool wrong_zone)
{
	char name[64], file[64];

	if (sscanf(path, "bus/dax/drivers/%63[^/]/%63s", name, file) == 2)
		return write_driver(name, file, value);
	if (sscanf(path, "devices/system/memory/%63[^/]/%63s", name, file) == 2)
		return write_block(name, value, wrong_zone);
	if (sscanf(path, "devices/platform/%63[^/]/%63s", name, file) == 2 &&
	    !strcmp(file, "state"))
		return write_state(name, value, wrong_zone);
	if (strstr(path, "/memmap_on_memory"))
		return write_memmap(name, file, value);
	if (!strcmp(path, "devices/system/memory/auto_online_blocks") ||
	    !strcmp(path, "module/kmem/parameters/bind_state") ||
	    strstr(path, "/kmem/exclusive")) {
		put(at("sys/%s", path), value);
		return 0;
	}
	if (strstr(path, "/nr_hugepages")) {
		put(at("sys/%s", path), value);
		if (*env("FAKE_HOG"))
			put(at("sys/devices/system/node/node0/meminfo"),
			    "Node 0 MemTotal: 2097152 kB");
		return 0;
	}
	fprintf(stderr, "fake kernel: write to %s\n", path);
	abort();
}

/* The fault for this write, or "". */
static const char *fault_now(void)
{
	static char fault[32];
	const char *text = env("FAKE_FAULTS");
	unsigned int n;
	char *end;

	while (*text) {
		n = strtoul(text, &end, 10);
		if (n == writes || (*end == '+' && writes >= n)) {
			end += *end == '+';
			snprintf(fault, sizeof(fault), "%.*s",
				 (int)strcspn(end + 1, ","), end + 1);
			return fault;
		}
		text += strcspn(text, ",");
		text += *text == ',';
	}
	return "";
}

static void device_gone(void)
{
	bus_unbind("kmem", "dax0.0");
	unlink(at("sys/bus/dax/devices/dax0.0"));
}

/* The test removes the file when it has seen what it waits for. */
static void wait_for_test(void)
{
	const struct timespec moment = { .tv_nsec = 20000000 };
	int moments;

	for (moments = 0; moments < 3000 && !access(env("FAKE_SLOW"), F_OK);
	     moments++)
		nanosleep(&moment, NULL);
}

static int write_or_fail(const char *path, const char *value)
{
	const char *fault = fault_now();
	sigset_t blocked;
	int rc, sig;

	if (!strcmp(fault, "gone")) {
		device_gone();
		return ENODEV;
	}
	if (!strcmp(fault, "INT") || !strcmp(fault, "TERM")) {
		sig = *fault == 'I' ? SIGINT : SIGTERM;
		raise(sig);
		/* a signal that is blocked cuts nothing short */
		sigprocmask(SIG_SETMASK, NULL, &blocked);
		if (!sigismember(&blocked, sig))
			return EINTR;
	}
	if (!strcmp(fault, "stuck")) {
		sleep(50);
		return EINTR;
	}
	if (!strcmp(fault, "lost"))
		return 0;
	if (!strcmp(fault, "wait")) {
		pause();
		return EINTR;
	}
	if (!strcmp(fault, "slow"))
		wait_for_test();
	if (*fault == 'E')
		return errno_of(fault);
	if (!strcmp(fault, "USR1"))
		raise(SIGUSR1);
	if (!strcmp(fault, "beforeonline"))
		online_a_block("dax0.0");
	rc = write_path(path, value, !strcmp(fault, "wrongzone"));
	if (!strcmp(fault, "afterINT"))
		raise(SIGINT);
	else if (!strcmp(fault, "afterKILL"))
		raise(SIGKILL);
	else if (!strcmp(fault, "aftergone"))
		device_gone();
	else if (!strcmp(fault, "afterunbind"))
		bus_unbind("kmem", "dax0.0");
	else if (!strcmp(fault, "afteronline"))
		online_a_block("dax0.0");
	return rc;
}

static void log_write(const char *path, const char *value)
{
	FILE *f = fopen(env("FAKE_LOG"), "a");

	if (!f)
		return;
	fprintf(f, "%u %s %s\n", writes, path, value);
	fclose(f);
}

int write_file(const char *path, const char *value)
{
	writes++;
	log_write(path, value);
	return write_or_fail(path, value);
}
