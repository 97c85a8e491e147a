// SPDX-License-Identifier: GPL-2.0-only
/*
 * Brings all devices back to the start: unplugged, unknown to kmem, held by
 * device_dax or by no driver; and checks that nothing is left of what was done.
 */
#include <stdio.h>
#include <string.h>

#include "random.h"

#define PATIENCE_MS	60000

int resets_stuck;

static int do_it(enum kind kind, int device, int word)
{
	struct op op = { .kind = kind, .device = device, .word = word };

	return perform(&op, PATIENCE_MS).result;
}

static void settle(void)
{
	release(-1);
	do_it(OP_CPU, 0, 1);
	do_it(OP_INSMOD, 0, 0);
	do_it(OP_BIND_STATE, 0, W_UNPLUGGED);
	do_it(OP_POLICY, 0, W_OFFLINE);
}

static bool in_kernel_zone(const struct model *m, int i)
{
	int j;

	for (j = 0; j < settings.device[i].nr; j++)
		if (m->device[i].zone[j] == Z_KERNEL)
			return true;
	return false;
}

/*
 * 0, or the errno. What the kernel allocated in a kernel zone may never go
 * away, but caches do.
 */
static int unplug(struct model *m, int i)
{
	int rc;

	do_it(OP_EXCLUSIVE, i, 0);
	rc = do_it(OP_STATE, i, W_UNPLUGGED);
	learn(m);
	if (!rc || !in_kernel_zone(m, i))
		return rc;
	put("/proc/sys/vm/drop_caches", "3");
	rc = do_it(OP_STATE, i, W_UNPLUGGED);
	learn(m);
	return rc;
}

static bool leave(struct model *m, int i, bool *stuck, char *text, size_t size)
{
	const char *name = settings.device[i].name;
	int rc;

	do_it(OP_DAX_UNBIND, i, 0);
	learn(m);
	if (m->device[i].driver != D_KMEM)
		do_it(OP_NEW_ID, i, 0);
	learn(m);
	if (m->device[i].driver != D_KMEM) {
		snprintf(text, size, "%s: cannot be bound to kmem\n", name);
		return false;
	}
	rc = unplug(m, i);
	*stuck = rc && in_kernel_zone(m, i);
	if (!rc || *stuck)
		return true;
	snprintf(text, size, "%s: cannot be unplugged: %s\n", name,
		 rc > 0 ? strerror(rc) : "hangs");
	return false;
}

static void forget(int i, bool stuck)
{
	do_it(OP_REMOVE_ID, i, 0);
	if (stuck)
		return;
	do_it(OP_UNBIND, i, 0);
	if (!settings.device[i].divisible)
		do_it(OP_DAX_BIND, i, 0);
}

/* Whether it worked. A device that is stuck in a kernel zone stays bound. */
bool reset(struct model *m, char *text, size_t size)
{
	bool stuck[MAX_DEVICES] = { false };
	enum driver start;
	bool any = false;
	int i;

	settle();
	for (i = 0; i < settings.nr_devices; i++)
		if (!leave(m, i, &stuck[i], text, size))
			return false;
	for (i = 0; i < settings.nr_devices; i++)
		forget(i, stuck[i]);
	do_it(OP_BIND_STATE, 0, W_POLICY);

	learn(m);
	for (i = 0; i < settings.nr_devices; i++) {
		m->device[i].id = false;
		memset(m->device[i].pins, 0, sizeof(m->device[i].pins));
		if (stuck[i]) {
			any = true;
			continue;
		}
		start = settings.device[i].divisible ? D_NONE : D_DEVICE_DAX;
		memset(&m->device[i], 0, sizeof(m->device[i]));
		m->device[i].driver = start;
	}
	if (differs(m, -1, text, size))
		return false;
	resets_stuck += any;
	return any || same_as_start(text, size);
}
