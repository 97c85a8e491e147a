// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the ABI says of each operation: the results it may have in a state, and
 * the state after it. A refused or failed operation changes nothing.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "random.h"

static void may(struct expect *e, int result)
{
	e->result[e->nr++] = result;
}

static bool any_block(const struct device *dev, const struct dmodel *d,
		      enum zone zone)
{
	int i;

	for (i = 0; i < dev->nr; i++)
		if (d->zone[i] == zone)
			return true;
	return false;
}

static bool any_online(const struct device *dev, const struct dmodel *d)
{
	return any_block(dev, d, Z_KERNEL) || any_block(dev, d, Z_MOVABLE);
}

static bool any_pinned(const struct device *dev, const struct dmodel *d)
{
	int i;

	for (i = 0; i < dev->nr; i++)
		if (d->zone[i] >= Z_KERNEL && d->pins[i])
			return true;
	return false;
}

bool node_online(const struct model *m, int node)
{
	int i;

	for (i = 0; i < settings.nr_devices; i++)
		if (settings.device[i].node == node &&
		    any_online(&settings.device[i], &m->device[i]))
			return true;
	return false;
}

static bool matches(const struct model *m, int i)
{
	return m->device[i].id || settings.device[i].automatic;
}

static enum zone zone_by_word(int word)
{
	switch (word) {
	case W_KERNEL:
		return Z_KERNEL;
	case W_MOVABLE:
		return Z_MOVABLE;
	case W_ONLINE:
		return Z_ANY_ONLINE;
	default:
		return Z_OFFLINE;
	}
}

static void added(const struct device *dev, struct dmodel *d, int word)
{
	int i;

	d->added = true;
	d->state = word;
	for (i = 0; i < dev->nr; i++)
		d->zone[i] = zone_by_word(word);
}

static void removed(struct dmodel *d)
{
	d->added = false;
	d->adopted = false;
	d->touched = false;
	d->state = W_UNPLUGGED;
	memset(d->zone, 0, sizeof(d->zone));
	memset(d->poison, 0, sizeof(d->poison));
}

int state_of_blocks(const struct device *dev, const struct dmodel *d)
{
	int i;

	for (i = 1; i < dev->nr; i++)
		if (d->zone[i] != d->zone[0])
			return W_ONLINE;
	return d->zone[0] == Z_OFFLINE ? W_OFFLINE :
	       d->zone[0] == Z_KERNEL ? W_KERNEL : W_MOVABLE;
}

/* Whether state shows what the blocks are, if nobody else changed them. */
bool state_fits(const struct device *dev, const struct dmodel *d)
{
	int word;

	if (d->driver != D_KMEM)
		return true;
	if (!d->added)
		return d->state == W_UNPLUGGED;
	word = state_of_blocks(dev, d);
	return d->touched ? d->state != W_UNPLUGGED :
	       word == d->state ||
	       (d->state == W_ONLINE && !any_block(dev, d, Z_OFFLINE));
}

static void bound(struct model *m, int i)
{
	const struct device *dev = &settings.device[i];
	struct dmodel *d = &m->device[i];
	int word = m->bind_state == W_POLICY ? m->policy : m->bind_state;

	d->driver = D_KMEM;
	d->exclusive = false;
	d->memmap = false;
	d->error = 0;
	d->adopted = d->added;
	d->touched = false;
	if (d->added)
		d->state = state_of_blocks(dev, d);
	else if (word == W_UNPLUGGED)
		d->state = W_UNPLUGGED;
	else
		added(dev, d, word);
}

static void unbound(struct model *m, int i)
{
	const struct device *dev = &settings.device[i];
	struct dmodel *d = &m->device[i];

	d->driver = D_NONE;
	d->exclusive = false;
	if (d->added && !any_online(dev, d))
		removed(d);
}

static void expect_bind(const struct model *m, const struct op *op,
			struct expect *e)
{
	if (!matches(m, op->device)) {
		may(e, ENODEV);
	} else if (m->device[op->device].driver != D_NONE) {
		may(e, EBUSY);
	} else {
		may(e, 0);
		e->interruptible = true;
		bound(&e->after, op->device);
	}
}

static void expect_new_id(struct expect *e, int device)
{
	int i;

	may(e, 0);
	e->after.device[device].id = true;
	for (i = 0; i < settings.nr_devices; i++)
		if (e->after.device[i].driver == D_NONE &&
		    matches(&e->after, i))
			bound(&e->after, i);
}

static void expect_dax_bind(const struct dmodel *d, const struct op *op,
			    struct expect *e)
{
	if (settings.device[op->device].automatic) {
		may(e, ENODEV);
	} else if (d->driver != D_NONE || d->added) {
		may(e, EBUSY);
	} else {
		may(e, 0);
		e->after.device[op->device].driver = D_DEVICE_DAX;
	}
}

static void expect_unplug(const struct dmodel *d, const struct op *op,
			  struct expect *e)
{
	const struct device *dev = &settings.device[op->device];

	e->interruptible = true;
	e->error = 1;
	e->stalls = any_pinned(dev, d);
	if (!e->stalls)
		may(e, 0);
	/* What the kernel allocated for itself does not move. */
	if (any_block(dev, d, Z_KERNEL))
		may(e, EBUSY);
	removed(&e->after.device[op->device]);
}

static void expect_state(const struct dmodel *d, const struct op *op,
			 struct expect *e)
{
	struct dmodel *after = &e->after.device[op->device];

	if (d->driver != D_KMEM) {
		may(e, ENOENT);
		return;
	}
	if (op->word == W_OFFLINE || op->word > W_MOVABLE) {
		may(e, EINVAL);
		return;
	}
	after->error = 0;
	e->error = 0;
	if (op->word == d->state) {
		may(e, 0);
	} else if (op->word == W_UNPLUGGED) {
		expect_unplug(d, op, e);
	} else if (d->state != W_UNPLUGGED) {
		may(e, EBUSY);
	} else {
		e->error = 1;
		e->interruptible = true;
		/* The guest's kernel places no memmap on memory. */
		may(e, d->memmap && settings.memmap_writable ? EINVAL : 0);
		added(&settings.device[op->device], after, op->word);
	}
}

static void expect_block(const struct dmodel *d, const struct op *op,
			 struct expect *e)
{
	bool online = d->zone[op->block] >= Z_KERNEL;

	e->after.device[op->device].zone[op->block] = zone_by_word(op->word);
	if (d->zone[op->block] == Z_ABSENT) {
		may(e, ENOENT);
	} else if (op->word == W_UNPLUGGED || op->word > W_MOVABLE ||
		   online == (op->word != W_OFFLINE)) {
		may(e, EINVAL);
	} else if (d->exclusive) {
		may(e, EBUSY);
	} else if (!online && d->poison[op->block] > 0 &&
		   settings.poison_refuses) {
		may(e, EHWPOISON);
	} else {
		if (!online && d->poison[op->block])
			may(e, EHWPOISON);
		e->after.device[op->device].touched = true;
		e->interruptible = online;
		e->stalls = online && d->pins[op->block];
		if (!e->stalls)
			may(e, 0);
		if (d->zone[op->block] == Z_KERNEL)
			may(e, EBUSY);
	}
}

static void expect_memmap(const struct dmodel *d, const struct op *op,
			  struct expect *e)
{
	if (d->driver != D_KMEM) {
		may(e, ENOENT);
	} else if (!settings.memmap_writable) {
		may(e, EACCES);
	} else if (d->state == W_UNPLUGGED) {
		may(e, 0);
		e->after.device[op->device].memmap = op->word;
	} else {
		may(e, op->word ? EBUSY : 0);
	}
}

static void expect_stranded(const struct model *m, const struct op *op,
			    struct expect *e)
{
	const struct dmodel *d = &m->device[op->device];

	if (!m->loaded) {
		may(e, ENOENT);
	} else if (op->word || !d->added || d->driver == D_KMEM) {
		may(e, ENODEV);
	} else if (any_online(&settings.device[op->device], d)) {
		may(e, EBUSY);
	} else {
		may(e, 0);
		removed(&e->after.device[op->device]);
	}
}

static void expect_rmmod(const struct model *m, struct expect *e)
{
	int i;

	for (i = 0; i < settings.nr_devices && !m->device[i].added; i++)
		;
	if (!m->loaded) {
		may(e, ENOENT);
		return;
	}
	if (i < settings.nr_devices) {
		may(e, EAGAIN);
		return;
	}
	may(e, 0);
	e->after.loaded = false;
	for (i = 0; i < settings.nr_devices; i++) {
		e->after.device[i].id = false;
		if (m->device[i].driver == D_KMEM)
			unbound(&e->after, i);
	}
}

static void expect_insmod(const struct model *m, struct expect *e)
{
	int i;

	if (m->loaded) {
		may(e, EEXIST);
		return;
	}
	may(e, 0);
	e->after.loaded = true;
	e->after.bind_state = W_POLICY;
	for (i = 0; i < settings.nr_devices; i++)
		if (m->device[i].driver == D_NONE && matches(m, i))
			bound(&e->after, i);
}

static void expect_layout(const struct dmodel *d, const struct op *op,
			  struct expect *e)
{
	bool divisible = settings.device[op->device].divisible;

	/* It is the first block, which the device has, and the present size. */
	if (op->kind == OP_MAPPING)
		may(e, divisible ? ENOMEM : ENOENT);
	else if (!divisible)
		may(e, EACCES);
	else
		may(e, d->driver == D_NONE ? 0 : EBUSY);
}

static void expect_word(const struct model *m, const struct op *op,
			struct expect *e)
{
	bool bind_state = op->kind == OP_BIND_STATE;

	if (bind_state && !m->loaded)
		may(e, ENOENT);
	else if (op->word == W_NONSENSE ||
		 (!bind_state && (op->word == W_UNPLUGGED ||
				  op->word == W_POLICY)))
		may(e, EINVAL);
	else
		may(e, 0);
	if (bind_state)
		e->after.bind_state = op->word;
	else
		e->after.policy = op->word;
}

static void expect_driver(const struct model *m, const struct op *op,
			  struct expect *e)
{
	if (!m->loaded) {
		may(e, ENOENT);
	} else if (op->kind == OP_BIND) {
		expect_bind(m, op, e);
	} else if (op->kind == OP_NEW_ID) {
		expect_new_id(e, op->device);
	} else if (op->kind == OP_REMOVE_ID) {
		may(e, 0);
		e->after.device[op->device].id = false;
	} else if (m->device[op->device].driver != D_KMEM) {
		may(e, ENODEV);
	} else {
		may(e, 0);
		unbound(&e->after, op->device);
	}
}

static void expect_device(const struct model *m, const struct op *op,
			  struct expect *e)
{
	const struct dmodel *d = &m->device[op->device];

	switch (op->kind) {
	case OP_DAX_BIND:
		expect_dax_bind(d, op, e);
		break;
	case OP_DAX_UNBIND:
		may(e, d->driver == D_DEVICE_DAX ? 0 : ENODEV);
		if (d->driver == D_DEVICE_DAX)
			e->after.device[op->device].driver = D_NONE;
		break;
	case OP_STATE:
		expect_state(d, op, e);
		break;
	case OP_BLOCK:
		expect_block(d, op, e);
		break;
	case OP_EXCLUSIVE:
		may(e, d->driver == D_KMEM ? 0 : ENOENT);
		e->after.device[op->device].exclusive = op->word;
		break;
	case OP_MEMMAP:
		expect_memmap(d, op, e);
		break;
	case OP_READ:
		may(e, d->driver == D_KMEM ? 0 : ENOENT);
		break;
	case OP_MAPPING:
	case OP_SIZE:
		expect_layout(d, op, e);
		break;
	default:
		/* Memory can be bound to a node only if it has some. */
		may(e, node_online(m, settings.device[op->device].node) ?
		       0 : EINVAL);
		if (op->kind == OP_POISON)
			may(e, EBUSY);
	}
}

void expect(const struct model *m, const struct op *op, struct expect *e)
{
	memset(e, 0, sizeof(*e));
	e->error = -2;
	e->after = *m;
	switch (op->kind) {
	case OP_BIND:
	case OP_UNBIND:
	case OP_NEW_ID:
	case OP_REMOVE_ID:
		expect_driver(m, op, e);
		break;
	case OP_STRANDED:
		expect_stranded(m, op, e);
		break;
	case OP_BIND_STATE:
	case OP_POLICY:
		expect_word(m, op, e);
		break;
	case OP_INSMOD:
		expect_insmod(m, e);
		break;
	case OP_RMMOD:
		expect_rmmod(m, e);
		break;
	case OP_CPU:
	case OP_RELEASE:
	case OP_RESET:
		may(e, 0);
		break;
	default:
		expect_device(m, op, e);
	}
}

bool allowed(const struct expect *e, const struct op *op, struct outcome out)
{
	int i;

	if (out.result == R_KILLED)
		return op->signal;
	/* Without a pinned page nothing takes that long. */
	if (out.signalled && !op->signal && !e->stalls)
		return false;
	if (out.result == EINTR && out.signalled && e->interruptible)
		return true;
	for (i = 0; i < e->nr; i++)
		if (e->result[i] == out.result)
			return true;
	return false;
}

/* Results that an operation may have whatever others do meanwhile. */
static const int together[NR_KINDS][8] = {
	[OP_BIND] = { ENODEV, EBUSY, ENOENT },
	[OP_UNBIND] = { ENODEV, ENOENT },
	[OP_NEW_ID] = { ENOENT },
	[OP_REMOVE_ID] = { ENOENT },
	[OP_DAX_BIND] = { EBUSY, ENODEV },
	[OP_DAX_UNBIND] = { ENODEV },
	/* ENODEV: the attribute goes, or the module does */
	[OP_STATE] = { EBUSY, ENOENT, ENODEV, EINVAL },
	[OP_BLOCK] = { EBUSY, ENOENT, ENODEV, EINVAL },
	[OP_EXCLUSIVE] = { ENOENT, ENODEV },
	[OP_MEMMAP] = { ENOENT, ENODEV, EACCES, EBUSY },
	[OP_STRANDED] = { ENOENT, ENODEV, EBUSY },
	[OP_BIND_STATE] = { ENOENT, ENODEV, EINVAL },
	[OP_POLICY] = { EINVAL },
	[OP_INSMOD] = { EEXIST, EBUSY },
	[OP_RMMOD] = { ENOENT, EAGAIN, EBUSY },
	[OP_MAPPING] = { ENOENT, ENOMEM },
	[OP_SIZE] = { EACCES, EBUSY },
	[OP_HOLD] = { EINVAL, EIO },
	[OP_MLOCK] = { EINVAL, EIO, ENOMEM },
	[OP_PIN] = { EINVAL, EIO },
	[OP_READ] = { ENOENT, ENODEV },
};

/* @pinned: whether a page may be pinned meanwhile */
bool allowed_together(const struct op *op, struct outcome out, bool pinned)
{
	/* These wait for a transition of another process. */
	bool waits = op->kind == OP_STATE || op->kind == OP_BLOCK ||
		     op->kind == OP_BIND || op->kind == OP_READ ||
		     op->kind == OP_EXCLUSIVE || op->kind == OP_MEMMAP;
	size_t i;

	if (out.result == R_KILLED)
		return op->signal;
	if (out.signalled && !op->signal && !pinned)
		return false;
	if (out.result == EINTR)
		return waits && out.signalled;
	if (out.result == EHWPOISON)
		return op->kind == OP_BLOCK && settings.poison_refuses;
	if (!out.result)
		return true;
	for (i = 0; i < 8 && together[op->kind][i]; i++)
		if (together[op->kind][i] == out.result)
			return true;
	return false;
}

/* A page that is pinned or poisoned lies where the holder says. */
void took_page(struct model *m, const struct op *op, struct outcome out)
{
	const struct device *dev;
	int i;

	for (i = 0; i < settings.nr_devices; i++) {
		dev = &settings.device[i];
		if (out.block < dev->first || out.block >= dev->first + dev->nr)
			continue;
		if (op->kind == OP_PIN)
			m->device[i].pins[out.block - dev->first]++;
		else
			m->device[i].poison[out.block - dev->first] =
				out.result ? -1 : 1;
	}
}

/*
 * The rollback of an unplug leaves blocks with a poisoned page offline, if they
 * had gone offline: state then shows what the blocks are. Which they are cannot be
 * told from here.
 */
void failed_unplug(struct dmodel *d)
{
	int i;

	for (i = 0; i < MAX_BLOCKS; i++)
		if (d->poison[i] && d->zone[i] >= Z_KERNEL) {
			d->zone[i] = Z_ANY_PRESENT;
			d->touched = true;
			d->state_by_blocks = true;
		}
}

void released(struct model *m, int node)
{
	int i;

	for (i = 0; i < settings.nr_devices; i++)
		if (settings.device[i].node == node)
			memset(m->device[i].pins, 0,
			       sizeof(m->device[i].pins));
}
