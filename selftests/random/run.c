// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a list of operations against the model: one by one, checked exactly; or
 * those of a phase in several processes at once, checked when all are quiet.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#include "random.h"

#define PATIENCE_MS	60000
#define STALL_MS	150
#define MAX_TOGETHER	256
#define ALL_EVERY	4

static struct {
	int ok, refused, interrupted, killed;
} counts[NR_KINDS];

static int phases;
static struct text report;

static void count(const struct op *op, int result)
{
	if (!result)
		counts[op->kind].ok++;
	else if (result == R_KILLED)
		counts[op->kind].killed++;
	else if (result == EINTR)
		counts[op->kind].interrupted++;
	else
		counts[op->kind].refused++;
}

/* So that what the kernel says stands below what was done. */
static void log_operation(int number, const struct op *op)
{
	static int fd = -1;
	char text[160], line[200];

	describe(op, text, sizeof(text));
	snprintf(line, sizeof(line), "<6>kmem_random: %d %s\n", number, text);
	if (fd < 0)
		fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, line, strlen(line)) < 0)
		fd = -1;
	if (settings.verbose) {
		printf("# %d %s\n", number, text);
		fflush(stdout);
	}
}

static void say_result(const struct op *op, struct outcome out)
{
	char text[160];

	describe(op, text, sizeof(text));
	say(&report, "%s: %s%s\n", text,
	    out.result == R_KILLED ? "killed" :
	    out.result == R_HUNG ? "hung" :
	    out.result == R_NOT_RUN ? "was not run" :
	    out.result ? strerrorname_np(out.result) : "ok",
	    out.signalled ? ", after a signal" : "");
}

static void say_expected(const struct expect *e)
{
	int i;

	say(&report, "expected:");
	for (i = 0; i < e->nr; i++)
		say(&report, " %s",
		    e->result[i] ? strerrorname_np(e->result[i]) : "ok");
	say(&report, "%s\n", e->stalls ? " (stalls)" : "");
}

static void release_device(struct model *m, int i)
{
	release(settings.device[i].node);
	released(m, settings.device[i].node);
}

static bool is_hold(enum kind kind)
{
	return kind == OP_HOLD || kind == OP_MLOCK || kind == OP_PIN ||
	       kind == OP_POISON;
}

static struct outcome do_one(const struct op *op, int patience)
{
	struct outcome out = { 0 };

	if (is_hold(op->kind))
		return hold(op);
	if (op->kind == OP_RELEASE) {
		release(settings.device[op->device].node);
		return out;
	}
	return perform(op, patience);
}

/*
 * The device to look at after an operation; all of them if it may change all,
 * and now and then, for it should not.
 */
static int concerns(const struct op *op)
{
	switch (op->kind) {
	case OP_NEW_ID:
	case OP_INSMOD:
	case OP_RMMOD:
	case OP_CPU:
		return -1;
	default:
		return op->number % ALL_EVERY ? op->device : -1;
	}
}

/*
 * The rollback of a plug leaves memory if the kernel has allocated in a block for
 * itself since that was onlined: such a page does not move. Then @d is what the
 * system shows.
 */
static bool left_by_plug(const struct model *m, const struct op *op,
			 struct dmodel *d)
{
	const struct device *dev = &settings.device[op->device];
	const struct dmodel *is;
	struct model now = *m;
	bool kernel = false;
	int i;

	if (op->kind != OP_STATE ||
	    (op->word != W_ONLINE && op->word != W_KERNEL))
		return false;
	learn(&now);
	is = &now.device[op->device];
	for (i = 0; i < dev->nr; i++)
		kernel |= is->zone[i] == Z_KERNEL;
	d->added = true;
	d->state = is->state;
	d->state_by_blocks = true;
	memcpy(d->zone, is->zone, sizeof(d->zone));
	return kernel && state_fits(dev, d);
}

/* Whether the system is as the model says after the operation. */
static bool judge(struct model *m, const struct op *op, struct expect *e,
		  struct outcome out)
{
	struct model before = *m;
	char text[4096], other[4096];
	int device = concerns(op);

	if (e->error > -2)
		before.device[op->device].error = e->error;
	if (out.result == R_KILLED) {
		before.device[op->device].error = -1;
		e->after.device[op->device].error = -1;
	}
	if (op->kind == OP_STATE && op->word == W_UNPLUGGED)
		failed_unplug(&before.device[op->device]);
	*m = out.result ? before : e->after;
	if (!differs(m, device, text, sizeof(text)))
		return true;
	if (out.result == R_KILLED) {
		*m = e->after;
		if (!differs(m, device, other, sizeof(other)))
			return true;
		*m = before;
	}
	if ((out.result == EINTR || out.result == R_KILLED) &&
	    left_by_plug(m, op, &m->device[op->device]) &&
	    !differs(m, device, other, sizeof(other)))
		return true;
	say(&report, "%s", text);
	return false;
}

static bool run_alone(struct model *m, const struct op *op)
{
	struct outcome out;
	struct expect e;

	if (op->kind == OP_RESET) {
		counts[op->kind].ok++;
		if (reset(m, report.at, report.room))
			return true;
		say(&report, "reset: all is not as at the start\n");
		return false;
	}
	expect(m, op, &e);
	out = do_one(op, e.stalls ? STALL_MS : PATIENCE_MS);
	count(op, out.result);
	if (!allowed(&e, op, out)) {
		say_result(op, out);
		say_expected(&e);
		return false;
	}
	if (!judge(m, op, &e, out)) {
		say_result(op, out);
		return false;
	}
	if (op->kind == OP_RELEASE)
		release_device(m, op->device);
	if ((op->kind == OP_PIN && !out.result) || op->kind == OP_POISON)
		took_page(m, op, out);
	return true;
}

/* One process of a phase. */
static void be_process(const struct op *ops, int nr, int process, int patience,
		       struct outcome *outcomes)
{
	int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	perform_init();
	hold_nothing();
	for (i = 0; i < nr; i++)
		if (ops[i].process == process)
			outcomes[i] = do_one(&ops[i], patience);
	release(-1);
	_exit(0);
}

static void run_processes(const struct op *ops, int nr, int patience,
			  struct outcome *outcomes)
{
	pid_t pids[MAX_PROCESSES];
	int i;

	for (i = 0; i < nr; i++)
		outcomes[i].result = R_NOT_RUN;
	for (i = 0; i < MAX_PROCESSES; i++) {
		pids[i] = fork();
		if (!pids[i])
			be_process(ops, nr, i, patience, outcomes);
	}
	for (i = 0; i < MAX_PROCESSES; i++)
		waitpid(pids[i], NULL, 0);
}

static bool may_be_pinned(const struct model *m, const struct op *ops, int nr)
{
	int i, j;

	for (i = 0; i < nr; i++)
		if (ops[i].kind == OP_PIN)
			return true;
	for (i = 0; i < settings.nr_devices; i++)
		for (j = 0; j < settings.device[i].nr; j++)
			if (m->device[i].pins[j])
				return true;
	return false;
}

/* What the phase leaves unknown. */
static void forget(struct model *m, const struct op *ops, int nr)
{
	struct op op = { .kind = OP_REMOVE_ID };
	int i, j;

	learn(m);
	for (i = 0; i < settings.nr_devices; i++) {
		op.device = i;
		perform(&op, PATIENCE_MS);
		m->device[i].id = false;
		for (j = 0; j < settings.device[i].nr; j++)
			if (m->device[i].poison[j]) {
				m->device[i].poison[j] = -1;
				m->device[i].touched = true;
			}
	}
	for (i = 0; i < nr; i++)
		if (ops[i].kind == OP_BLOCK)
			m->device[ops[i].device].touched = true;
}

static bool judge_together(struct model *m)
{
	char text[4096];
	bool fine = true;
	int i;

	for (i = 0; i < settings.nr_devices; i++) {
		if (state_fits(&settings.device[i], &m->device[i]))
			continue;
		say(&report, "%s: state %s is not what the blocks are\n",
		    settings.device[i].name,
		    word_names[m->device[i].state]);
		fine = false;
	}
	if (differs(m, -1, text, sizeof(text))) {
		say(&report, "when all were quiet:\n%s", text);
		fine = false;
	}
	return fine;
}

static bool run_together(struct model *m, const struct op *ops, int nr)
{
	bool pinned = may_be_pinned(m, ops, nr), fine = true;
	static struct outcome *outcomes;
	int i;

	if (!outcomes)
		outcomes = mmap(NULL, MAX_TOGETHER * sizeof(*outcomes),
				PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	phases++;
	run_processes(ops, nr, pinned ? 4 * STALL_MS : PATIENCE_MS, outcomes);
	for (i = 0; i < nr; i++) {
		count(&ops[i], outcomes[i].result);
		if (allowed_together(&ops[i], outcomes[i], pinned))
			continue;
		say(&report, "not allowed: ");
		say_result(&ops[i], outcomes[i]);
		fine = false;
	}
	forget(m, ops, nr);
	fine &= judge_together(m);
	for (i = 0; i < nr && !fine; i++)
		say_result(&ops[i], outcomes[i]);
	return fine;
}

/* Index of the operation that failed, or @nr; why is in @text. */
int run(const struct op *ops, int nr, char *text, size_t size)
{
	struct model m = { 0 };
	int i, j;
	bool fine;

	report = (struct text){ text, size };
	*text = '\0';
	if (!reset(&m, text, size))
		return 0;
	for (i = 0; i < nr; i = j) {
		for (j = i; j < nr && ops[i].phase &&
		     ops[j].phase == ops[i].phase && j - i < MAX_TOGETHER; j++)
			log_operation(j, &ops[j]);
		if (j == i)
			log_operation(j++, &ops[i]);
		fine = ops[i].phase ? run_together(&m, ops + i, j - i) :
		       run_alone(&m, &ops[i]);
		if (!fine)
			return j - 1;
	}
	return nr;
}

void print_counts(int nr)
{
	int i;

	printf("# operations: %d, %d phases of several processes\n", nr,
	       phases);
	for (i = 0; i < NR_KINDS; i++) {
		printf("# %-18s %5d ok %5d refused", kind_names[i],
		       counts[i].ok, counts[i].refused);
		if (counts[i].interrupted)
			printf(" %4d interrupted", counts[i].interrupted);
		if (counts[i].killed)
			printf(" %4d killed", counts[i].killed);
		putchar('\n');
	}
	if (resets_stuck)
		printf("# %d resets left memory in a kernel zone\n",
		       resets_stuck);
}

/* Some never succeed on this kernel or with these devices. */
static bool possible(enum kind kind)
{
	int i;

	if (kind == OP_MEMMAP)
		return settings.memmap_writable;
	if (kind == OP_POISON)
		return settings.can_poison;
	for (i = 0; i < settings.nr_devices; i++) {
		if (kind == OP_SIZE && settings.device[i].divisible)
			return true;
		if ((kind == OP_DAX_BIND || kind == OP_DAX_UNBIND) &&
		    !settings.device[i].divisible)
			return true;
	}
	return kind != OP_MAPPING && kind != OP_SIZE && kind != OP_DAX_BIND &&
	       kind != OP_DAX_UNBIND;
}

/* Kinds of operation of which none succeeded, and their number. */
int untried(char *text, size_t size)
{
	int i, n = 0;

	report = (struct text){ text, size };
	*text = '\0';
	for (i = 0; i < NR_KINDS; i++) {
		if (counts[i].ok || !possible(i))
			continue;
		say(&report, "%s ", kind_names[i]);
		n++;
	}
	return n;
}
