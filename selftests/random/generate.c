// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the list of operations from a seed. It depends on nothing that the
 * system does: a guess of the devices' states makes operations likely that are
 * not refused, and the model decides later.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "random.h"

#define MAX_POISON	8

const char *const kind_names[NR_KINDS] = {
	"bind", "unbind", "new_id", "remove_id", "device_dax-bind",
	"device_dax-unbind", "state", "block", "exclusive", "memmap_on_memory",
	"stranded", "bind_state", "auto_online_blocks", "insmod", "rmmod",
	"mapping", "size", "cpu1", "hold", "mlock", "pin", "hwpoison",
	"release", "read", "reset"
};

/* What a device is likely to be when the next operation comes. */
struct guess {
	enum driver driver;
	bool id;
	bool added;
};

static unsigned long random_state;
static struct guess guesses[MAX_DEVICES];
static struct op *next, *end;
static int phase, poisons, max_poison;
static bool loaded, bind_plugs, kernel_zones, together;

/* splitmix64 */
static unsigned int dice(unsigned int n)
{
	unsigned long z;

	random_state += 0x9e3779b97f4a7c15UL;
	z = random_state;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9UL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebUL;
	return (z ^ (z >> 31)) % n;
}

static bool chance(unsigned int percent)
{
	return dice(100) < percent;
}

static void guess_bind(struct guess *g)
{
	if (g->driver != D_NONE || !g->id)
		return;
	g->driver = D_KMEM;
	g->added |= bind_plugs;
}

static void guess_rmmod(void)
{
	int i;

	for (i = 0; i < settings.nr_devices; i++)
		if (guesses[i].added)
			return;
	for (i = 0; i < settings.nr_devices; i++) {
		guesses[i].id = false;
		if (guesses[i].driver == D_KMEM)
			guesses[i].driver = D_NONE;
	}
	loaded = false;
}

static void guess_state(struct guess *g, int word)
{
	if (g->driver != D_KMEM)
		return;
	if (word == W_UNPLUGGED)
		g->added = false;
	else if (word >= W_ONLINE && word <= W_MOVABLE)
		g->added = true;
}

static void guess_after(const struct op *op)
{
	struct guess *g = &guesses[op->device];

	switch (op->kind) {
	case OP_NEW_ID:
		g->id = true;
		guess_bind(g);
		break;
	case OP_BIND:
		guess_bind(g);
		break;
	case OP_UNBIND:
		g->driver = g->driver == D_KMEM ? D_NONE : g->driver;
		break;
	case OP_REMOVE_ID:
		g->id = false;
		break;
	case OP_DAX_BIND:
		if (g->driver == D_NONE && !g->added)
			g->driver = D_DEVICE_DAX;
		break;
	case OP_DAX_UNBIND:
		g->driver = g->driver == D_DEVICE_DAX ? D_NONE : g->driver;
		break;
	case OP_STATE:
		guess_state(g, op->word);
		break;
	case OP_BIND_STATE:
		if (op->word != W_NONSENSE)
			bind_plugs = op->word != W_UNPLUGGED;
		break;
	case OP_RMMOD:
		guess_rmmod();
		break;
	case OP_INSMOD:
		bind_plugs |= !loaded;
		loaded = true;
		break;
	default:
		break;
	}
}

static struct op *emit(enum kind kind, int device, int word)
{
	static struct op spare;
	struct op *op = next < end ? next++ : &spare;

	/*
	 * Once device_dax of Linux 6.1 has failed to bind such a device, as it
	 * must while its memory is in use, it never binds it again.
	 */
	if (kind == OP_DAX_BIND && settings.device[device].divisible)
		kind = OP_READ;
	memset(op, 0, sizeof(*op));
	op->kind = kind;
	op->device = device;
	op->word = word;
	guess_after(op);
	return op;
}

/* Memory in a kernel zone may never go: such words come late in a run. */
static int online_word(void)
{
	return kernel_zones && chance(40) ? (chance(50) ? W_KERNEL : W_ONLINE) :
	       W_MOVABLE;
}

static int any_word(void)
{
	int word = dice(NR_WORDS);

	return word == W_KERNEL || word == W_ONLINE ? online_word() : word;
}

static void signal_it(struct op *op)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGKILL };

	op->signal = signals[dice(3)];
	op->delay = chance(50) ? dice(4000) : dice(60000);
}

static void emit_state(int device, int word)
{
	struct op *op = emit(OP_STATE, device, word);

	if (chance(12))
		signal_it(op);
}

static void emit_block(int device, int block, int word)
{
	struct op *op = emit(OP_BLOCK, device, word);

	op->block = block;
	if (chance(5))
		signal_it(op);
}

/* In a certain block of the device at times; 0: where the kernel takes it. */
static void emit_page(enum kind kind, int device)
{
	struct op *op = emit(kind, device, 0);

	if (chance(50))
		op->block = 1 + dice(settings.device[device].nr);
}

static void emit_blocks(int device)
{
	int i, word = chance(60) ? W_OFFLINE : online_word();

	for (i = 0; i < settings.device[device].nr; i++)
		emit_block(device, i, word);
}

/*
 * Only while nobody else is at work: the core warns of a page that is poisoned
 * while its block goes offline.
 */
static bool may_poison(void)
{
	return !together && ++poisons <= max_poison;
}

static void emit_one_of_all(int device)
{
	enum kind kind = dice(OP_RESET);
	int word = any_word();

	if (kind == OP_POISON &&
	    !(guesses[device].added && chance(60) && may_poison()))
		kind = OP_READ;
	switch (kind) {
	case OP_BLOCK:
		emit_block(device, dice(settings.device[device].nr), word);
		return;
	case OP_STATE:
		emit_state(device, word);
		return;
	case OP_EXCLUSIVE:
	case OP_MEMMAP:
		word = chance(40);
		break;
	case OP_CPU:
	case OP_STRANDED:
		word = chance(30);
		break;
	default:
		break;
	}
	emit(kind, device, word);
	if (kind == OP_RMMOD && chance(80))
		emit(OP_INSMOD, device, 0);
	if ((kind == OP_BIND_STATE || kind == OP_POLICY) && chance(50))
		emit(kind, device, kind == OP_POLICY ? W_OFFLINE : W_UNPLUGGED);
	if ((kind == OP_MEMMAP || kind == OP_CPU) && chance(70))
		emit(kind, device, kind == OP_CPU);
}

static void from_unbound(int device)
{
	struct guess *g = &guesses[device];

	if (g->added && chance(50)) {
		emit_blocks(device);
		if (chance(50)) {
			emit(OP_STRANDED, device, 0);
			g->added = false;
		}
		return;
	}
	if (chance(8)) {
		emit(OP_DAX_BIND, device, 0);
		return;
	}
	emit(g->id ? OP_BIND : OP_NEW_ID, device, 0);
}

static void from_added(int device)
{
	unsigned int n = dice(100);

	if (n < 30) {
		emit_state(device, W_UNPLUGGED);
	} else if (n < 45) {
		emit_block(device, dice(settings.device[device].nr),
			   chance(60) ? W_OFFLINE : online_word());
	} else if (n < 55) {
		emit_blocks(device);
	} else if (n < 67) {
		emit(OP_UNBIND, device, 0);
	} else if (n < 75) {
		emit(chance(50) ? OP_HOLD : OP_MLOCK, device, 0);
	} else if (n < 82) {
		if (chance(25) && may_poison())
			emit_page(OP_POISON, device);
		emit_page(OP_PIN, device);
		emit_state(device, chance(70) ? W_UNPLUGGED : any_word());
		if (chance(50))
			emit_block(device, dice(settings.device[device].nr),
				   W_OFFLINE);
		emit(OP_RELEASE, device, 0);
	} else if (n < 90) {
		emit(OP_EXCLUSIVE, device, chance(60));
	} else {
		emit(OP_READ, device, 0);
	}
}

static void emit_likely(int device)
{
	struct guess *g = &guesses[device];

	if (!loaded)
		emit(OP_INSMOD, device, 0);
	else if (g->driver == D_NONE)
		from_unbound(device);
	else if (g->driver == D_DEVICE_DAX)
		emit(OP_DAX_UNBIND, device, 0);
	else if (g->added)
		from_added(device);
	else if (chance(80))
		emit_state(device, online_word());
	else
		emit(OP_UNBIND, device, 0);
}

static void emit_next(void)
{
	int device = dice(settings.nr_devices);

	if (chance(25))
		emit_one_of_all(device);
	else
		emit_likely(device);
}

/* A few operations of each of two or three processes at once. */
static void emit_phase(void)
{
	int nr = 2 + dice(MAX_PROCESSES - 1), i, j;
	struct op *first;

	phase++;
	together = true;
	for (i = 0; i < nr; i++) {
		for (j = 2 + dice(4); j > 0; j--) {
			first = next;
			emit_next();
			for (; first < next; first++) {
				first->phase = phase;
				first->process = i;
			}
		}
	}
	together = false;
	/* Whatever happened, afterwards kmem is told to forget them. */
	for (i = 0; i < settings.nr_devices; i++)
		guesses[i].id = false;
}

static void emit_reset(void)
{
	int i;

	emit(OP_RESET, 0, 0);
	for (i = 0; i < settings.nr_devices; i++)
		guesses[i] = (struct guess){ .driver = D_DEVICE_DAX };
	loaded = true;
	bind_plugs = true;
	if (chance(30)) {
		emit(OP_RMMOD, 0, 0);
		if (chance(80))
			emit(OP_INSMOD, 0, 0);
	}
	if (chance(75))
		emit(OP_BIND_STATE, 0, W_UNPLUGGED);
}

/* The first part of the list uses zone Movable only. */
void generate(struct op *ops, int nr, unsigned long seed)
{
	random_state = seed;
	next = ops;
	end = ops + nr;
	max_poison = settings.can_poison ? MAX_POISON : 0;
	emit_reset();
	while (next < end) {
		kernel_zones = next - ops > nr / 10 * 8;
		if (chance(3))
			emit_reset();
		else if (chance(4))
			emit_phase();
		else
			emit_next();
	}
}

static const char *subject(const struct op *op)
{
	switch (op->kind) {
	case OP_BIND_STATE:
	case OP_POLICY:
	case OP_INSMOD:
	case OP_RMMOD:
	case OP_CPU:
	case OP_RESET:
		return "";
	default:
		return settings.device[op->device].name;
	}
}

void describe(const struct op *op, char *text, size_t size)
{
	char object[48] = "", when[48] = "";

	switch (op->kind) {
	case OP_BLOCK:
		snprintf(object, sizeof(object), " %d %s", op->block,
			 word_names[op->word]);
		break;
	case OP_PIN:
	case OP_POISON:
		if (op->block)
			snprintf(object, sizeof(object), " in block %d",
				 op->block % settings.device[op->device].nr);
		break;
	case OP_STATE:
	case OP_BIND_STATE:
	case OP_POLICY:
		snprintf(object, sizeof(object), " %s", word_names[op->word]);
		break;
	case OP_EXCLUSIVE:
	case OP_MEMMAP:
	case OP_CPU:
	case OP_STRANDED:
		snprintf(object, sizeof(object), " %d", op->word);
		break;
	default:
		break;
	}
	if (op->signal)
		snprintf(when, sizeof(when), ", SIG%s after %d us",
			 sigabbrev_np(op->signal), op->delay);
	if (op->phase)
		snprintf(text, size, "[phase %d process %d] %s %s%s%s",
			 op->phase, op->process, kind_names[op->kind],
			 subject(op), object, when);
	else
		snprintf(text, size, "%s %s%s%s", kind_names[op->kind],
			 subject(op), object, when);
}
