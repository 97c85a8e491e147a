// SPDX-License-Identifier: GPL-2.0-only
/*
 * Performs operations in a process of its own, the writer, sends it the signal
 * that it is to get, and ends what does not return.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "random.h"

/* What follows a signal: a rollback gives a pinned page 10 seconds. */
#define MERCY_MS	90000

#define DAX		"/sys/bus/dax/"

/* One process writes until it is killed: to start one for each is slow. */
static struct {
	pid_t pid;
	int orders;
	int answers;
} writer;

/* A process that was forked starts a writer of its own. */
void perform_init(void)
{
	writer.pid = 0;
}

static int device_write(const char *name, const char *file, const char *word)
{
	char path[128];

	snprintf(path, sizeof(path), DAX "devices/%s/%s", name, file);
	return put(path, word);
}

static int block_write(unsigned long block, const char *word)
{
	char path[96];

	snprintf(path, sizeof(path),
		 "/sys/devices/system/memory/memory%lu/state", block);
	return put(path, word);
}

/* Reads everything; only that it returns counts. */
static int read_all(const char *name)
{
	static const char *const files[] = {
		"state", "kmem/total_blocks", "kmem/present_blocks",
		"kmem/online_blocks", "kmem/last_error", "kmem/zones",
		"kmem/lost_bytes", "kmem/memmap_bytes", "kmem/adopted",
		"kmem/exclusive", "kmem/guard_refusals", "size",
		"mapping0/start", NULL
	};
	char path[128], text[512];
	int i, rc, first = 0;

	for (i = 0; files[i]; i++) {
		snprintf(path, sizeof(path), DAX "devices/%s/%s", name,
			 files[i]);
		rc = get(path, text, sizeof(text));
		first = first ?: rc;
	}
	get(DAX "drivers/kmem/stranded", text, sizeof(text));
	return first;
}

/* The size it has, or for mapping a range that it has. */
static int write_layout(const struct device *dev, const struct op *op)
{
	unsigned long start = dev->first * settings.block_size;
	char word[64];

	if (op->kind == OP_SIZE)
		snprintf(word, sizeof(word), "%lu", dev->size);
	else
		snprintf(word, sizeof(word), "%lx-%lx", start,
			 start + settings.block_size - 1);
	return device_write(dev->name,
			    op->kind == OP_SIZE ? "size" : "mapping", word);
}

static int act(const struct op *op)
{
	const struct device *dev = &settings.device[op->device];
	const char *word = word_names[op->word % NR_WORDS];
	const char *digit = op->word ? "1" : "0";
	char address[32];

	switch (op->kind) {
	case OP_BIND:
		return put(DAX "drivers/kmem/bind", dev->name);
	case OP_UNBIND:
		return put(DAX "drivers/kmem/unbind", dev->name);
	case OP_NEW_ID:
		return put(DAX "drivers/kmem/new_id", dev->name);
	case OP_REMOVE_ID:
		return put(DAX "drivers/kmem/remove_id", dev->name);
	case OP_DAX_BIND:
		return put(DAX "drivers/device_dax/bind", dev->name);
	case OP_DAX_UNBIND:
		return put(DAX "drivers/device_dax/unbind", dev->name);
	case OP_STATE:
		return device_write(dev->name, "state", word);
	case OP_BLOCK:
		return block_write(dev->first + op->block, word);
	case OP_EXCLUSIVE:
		return device_write(dev->name, "kmem/exclusive", digit);
	case OP_MEMMAP:
		return device_write(dev->name, "kmem/memmap_on_memory", digit);
	case OP_STRANDED:
		snprintf(address, sizeof(address), "%#lx",
			 (dev->first + op->word) * settings.block_size);
		return put(DAX "drivers/kmem/stranded", address);
	case OP_BIND_STATE:
		return put("/sys/module/kmem/parameters/bind_state", word);
	case OP_POLICY:
		return put("/sys/devices/system/memory/auto_online_blocks",
			   word);
	case OP_INSMOD:
		return load_module();
	case OP_RMMOD:
		return unload_module();
	case OP_MAPPING:
	case OP_SIZE:
		return write_layout(dev, op);
	case OP_CPU:
		return put("/sys/devices/system/cpu/cpu1/online", digit);
	case OP_READ:
		return read_all(dev->name);
	default:
		return EINVAL;
	}
}

static void interrupted(int signal)
{
	(void)signal;
}

static bool read_all_of(int fd, void *data, size_t size)
{
	ssize_t n;

	do {
		n = read(fd, data, size);
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)size;
}

static void be_writer(int orders, int answers)
{
	struct sigaction action = { .sa_handler = interrupted };
	struct op op;
	int result;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	while (read_all_of(orders, &op, sizeof(op))) {
		result = act(&op);
		while (write(answers, &result, sizeof(result)) < 0 &&
		       errno == EINTR)
			;
	}
	_exit(0);
}

static void start_writer(void)
{
	int orders[2], answers[2];

	if (pipe2(orders, O_CLOEXEC) || pipe2(answers, O_CLOEXEC))
		return;
	writer.pid = fork();
	if (!writer.pid) {
		close(orders[1]);
		close(answers[0]);
		be_writer(orders[0], answers[1]);
	}
	close(orders[0]);
	close(answers[1]);
	writer.orders = orders[1];
	writer.answers = answers[0];
}

static void end_writer(void)
{
	close(writer.orders);
	close(writer.answers);
	waitpid(writer.pid, NULL, 0);
	writer.pid = 0;
}

/* Whether the writer answers, or dies, within that time. */
static bool ends(long us)
{
	struct timespec time = { us / 1000000, us % 1000000 * 1000 };
	struct pollfd p = { .fd = writer.answers, .events = POLLIN };

	return ppoll(&p, 1, &time, NULL) == 1;
}

static void show_stack(pid_t pid)
{
	char path[48], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		printf("#   %s", line);
	if (f)
		fclose(f);
}

/*
 * Ends what the writer does, with SIGTERM, once. The core's own file may need it
 * more than once: while its writer waits for device_hotplug_lock, a signal that
 * has a handler restarts the write.
 */
static bool end(const struct op *op)
{
	int left;

	kill(writer.pid, SIGTERM);
	if (op->kind != OP_BLOCK)
		return ends(MERCY_MS * 1000L);
	for (left = MERCY_MS; left > 0 && !ends(1000000); left -= 1000)
		kill(writer.pid, SIGTERM);
	return left > 0;
}

/*
 * With @patience in milliseconds: a writer that takes longer gets SIGTERM, as a
 * page may be pinned that it waits for.
 */
struct outcome perform(const struct op *op, int patience)
{
	struct outcome out = { .result = R_HUNG };

	if (!writer.pid)
		start_writer();
	if (write(writer.orders, op, sizeof(*op)) != sizeof(*op))
		return out;
	if (op->signal && !ends(op->delay)) {
		kill(writer.pid, op->signal);
		out.signalled = true;
	}
	if (!ends(patience * 1000L)) {
		out.signalled = true;
		if (!end(op)) {
			show_stack(writer.pid);
			kill(writer.pid, SIGKILL);
			writer.pid = 0;
			return out;
		}
	}
	if (!read_all_of(writer.answers, &out.result, sizeof(out.result)))
		out.result = R_KILLED;
	/* It may have answered before the signal killed it. */
	if (out.result == R_KILLED || (out.signalled && op->signal == SIGKILL))
		end_writer();
	return out;
}
