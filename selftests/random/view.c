// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads what the system shows of the devices and compares it with the model:
 * attributes, memory blocks and zones, /proc/iomem, MemTotal, stranded, the
 * module's references.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "random.h"

#define TEXT	65536

static char iomem[TEXT];
static char iomem_at_start[TEXT];
static char stranded[4096];
int others_changed;

/* The differences so far. */
static struct text report;

static void slurp(const char *path, char *text)
{
	FILE *f = fopen(path, "r");
	size_t n = 0;

	if (f) {
		n = fread(text, 1, TEXT - 1, f);
		fclose(f);
	}
	text[n] = '\0';
}

static void slurp_stranded(void)
{
	FILE *f = fopen("/sys/bus/dax/drivers/kmem/stranded", "r");
	size_t n = 0;

	if (f) {
		n = fread(stranded, 1, sizeof(stranded) - 1, f);
		fclose(f);
	}
	stranded[n] = '\0';
}

static bool iomem_has(const struct device *dev, const char *name)
{
	unsigned long start = dev->first * settings.block_size;
	char line[96];

	snprintf(line, sizeof(line), "%08lx-%08lx : %s\n", start,
		 start + dev->nr * settings.block_size - 1, name);
	return strstr(iomem, line);
}

static enum driver driver_of(const struct device *dev)
{
	char path[96], link[128];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/bus/dax/devices/%s/driver",
		 dev->name);
	n = readlink(path, link, sizeof(link) - 1);
	if (n < 0)
		return D_NONE;
	link[n] = '\0';
	return strstr(link, "/kmem") ? D_KMEM : D_DEVICE_DAX;
}

static enum zone zone_of(unsigned long block)
{
	char path[96], text[96];

	snprintf(path, sizeof(path),
		 "/sys/devices/system/memory/memory%lu/state", block);
	if (get(path, text, sizeof(text)))
		return Z_ABSENT;
	if (strcmp(text, "online"))
		return Z_OFFLINE;
	snprintf(path, sizeof(path),
		 "/sys/devices/system/memory/memory%lu/valid_zones", block);
	get(path, text, sizeof(text));
	return strncmp(text, "Movable", 7) ? Z_KERNEL : Z_MOVABLE;
}

static bool listed_stranded(const struct device *dev)
{
	char range[48];

	snprintf(range, sizeof(range), " %#lx-",
		 dev->first * settings.block_size);
	return strstr(stranded, range);
}

static void attribute(const struct device *dev, const char *name, char *text,
		      size_t size)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/bus/dax/devices/%s/%s", dev->name,
		 name);
	if (get(path, text, size))
		snprintf(text, size, "(unreadable)");
}

static long attribute_number(const struct device *dev, const char *name)
{
	char text[64];

	attribute(dev, name, text, sizeof(text));
	return *text == '(' ? -1 : strtol(text, NULL, 10);
}

static void check_number(const struct device *dev, const char *name, long want)
{
	long is = attribute_number(dev, name);

	if (is != want)
		say(&report, "%s: %s is %ld, expected %ld\n", dev->name, name, is,
		    want);
}

static void check_blocks(const struct device *dev, const struct dmodel *m,
			 int *online)
{
	static const char *const names[] = {
		"absent", "offline", "kernel zone", "Movable", "online",
		"present"
	};
	enum zone is;
	int i;

	*online = 0;
	for (i = 0; i < dev->nr; i++) {
		is = zone_of(dev->first + i);
		*online += is >= Z_KERNEL;
		if (is == m->zone[i] ||
		    (m->zone[i] == Z_ANY_ONLINE && is >= Z_KERNEL) ||
		    (m->zone[i] == Z_ANY_PRESENT && is >= Z_OFFLINE))
			continue;
		say(&report, "%s: memory%lu is %s, expected %s\n", dev->name,
		    dev->first + i, names[is], names[m->zone[i]]);
	}
}

static void check_zones(const struct device *dev, int online)
{
	int offline = attribute_number(dev, "kmem/present_blocks") - online;
	char text[96], want[32];

	attribute(dev, "kmem/zones", text, sizeof(text));
	snprintf(want, sizeof(want), "offline:%d", offline);
	if (offline > 0 && strncmp(text, want, strlen(want)))
		say(&report, "%s: zones is '%s', expected %s\n", dev->name, text,
		    want);
	if (strstr(text, "none:"))
		say(&report, "%s: zones is '%s'\n", dev->name, text);
}

static void check_state(const struct device *dev, const struct dmodel *m)
{
	struct dmodel is = *m;
	char text[96];
	int i, word;

	for (i = 0; i < dev->nr; i++)
		is.zone[i] = zone_of(dev->first + i);
	attribute(dev, "state", text, sizeof(text));
	word = word_of(text);
	if (word != m->state &&
	    !(m->state_by_blocks && word == state_of_blocks(dev, &is)))
		say(&report, "%s: state is %s, expected %s\n", dev->name, text,
		    word_names[m->state]);
}

static void check_attributes(const struct device *dev, const struct dmodel *m,
			     int online)
{
	char text[96];

	check_state(dev, m);
	attribute(dev, "kmem/last_error", text, sizeof(text));
	if (m->error >= 0 && (*text != '\0') != m->error)
		say(&report, "%s: last_error is '%s', expected it %s\n", dev->name,
		    text, m->error ? "not empty" : "empty");
	check_number(dev, "kmem/total_blocks", dev->nr);
	check_number(dev, "kmem/present_blocks", m->added ? dev->nr : 0);
	check_number(dev, "kmem/online_blocks", online);
	check_number(dev, "kmem/exclusive", m->exclusive);
	check_number(dev, "kmem/adopted", m->adopted);
	check_number(dev, "kmem/memmap_on_memory", m->memmap);
	check_zones(dev, online);
}

static void check_device(const struct device *dev, const struct dmodel *m,
			 int *online)
{
	enum driver driver = driver_of(dev);
	bool is;

	if (driver != m->driver)
		say(&report, "%s: driver is %d, expected %d\n", dev->name, driver,
		    m->driver);
	check_blocks(dev, m, online);
	is = iomem_has(dev, "System RAM (kmem)");
	if (is != m->added)
		say(&report, "%s: /proc/iomem shows %s\n", dev->name,
		    is ? "its memory" : "no memory of it");
	/* device_dax has a reservation of that name too. */
	is = iomem_has(dev, dev->name);
	if (is != m->added && m->driver != D_DEVICE_DAX)
		say(&report, "%s: /proc/iomem shows %s\n", dev->name,
		    is ? "its reservation" : "no reservation of it");
	is = listed_stranded(dev);
	if (is != (m->added && m->driver != D_KMEM))
		say(&report, "%s: %s stranded\n", dev->name, is ? "is" : "not");
	if (m->driver == D_KMEM && driver == D_KMEM)
		check_attributes(dev, m, *online);
}

static void check_node(int node, int online)
{
	unsigned long want = online * (settings.block_size >> 10), is = 0;
	char path[64], *at;
	static char text[TEXT];

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/meminfo",
		 node);
	slurp(path, text);
	at = strstr(text, "MemTotal:");
	if (at)
		is = strtoul(at + 9, NULL, 10);
	if (is != want)
		say(&report, "node %d: MemTotal is %lu kB, expected %lu\n", node,
		    is, want);
}

static void check_module(const struct model *m)
{
	long want = -1, is = get_number("/sys/module/kmem/refcnt", 10);
	char text[32];
	int i;

	if (m->loaded) {
		for (want = 0, i = 0; i < settings.nr_devices; i++)
			want += m->device[i].added;
		get("/sys/module/kmem/parameters/bind_state", text,
		    sizeof(text));
		if (strcmp(text, word_names[m->bind_state]))
			say(&report, "bind_state is %s, expected %s\n", text,
			    word_names[m->bind_state]);
	}
	if (is != want)
		say(&report, "kmem has %ld references, expected %ld\n", is, want);
}

static void look(void)
{
	slurp("/proc/iomem", iomem);
	slurp_stranded();
}

static int online_in_model(const struct dmodel *m)
{
	int i, n = 0;

	for (i = 0; i < MAX_BLOCKS; i++)
		n += m->zone[i] >= Z_KERNEL;
	return n;
}

/* What the model leaves open: the zones that the kernel chose, and their state. */
static void fill_in(const struct device *dev, struct dmodel *m)
{
	char text[96];
	int i;

	for (i = 0; i < dev->nr; i++)
		if (m->zone[i] >= Z_ANY_ONLINE)
			m->zone[i] = zone_of(dev->first + i);
	if (m->state_by_blocks && m->driver == D_KMEM) {
		attribute(dev, "state", text, sizeof(text));
		m->state = word_of(text);
	}
	m->state_by_blocks = false;
}

/*
 * Whether the system is not what the model says. What the model leaves open is
 * filled in. Of the devices only @device is read, or all if it is negative.
 */
bool differs(struct model *m, int device, char *text, size_t size)
{
	int i, j, online, sum[MAX_DEVICES] = { 0 };

	report = (struct text){ text, size };
	*text = '\0';
	look();
	for (i = 0; i < settings.nr_devices; i++) {
		if (device < 0 || i == device)
			check_device(&settings.device[i], &m->device[i],
				     &online);
		else
			online = online_in_model(&m->device[i]);
		for (j = 0; settings.device[j].node != settings.device[i].node;
		     j++)
			;
		sum[j] += online;
	}
	for (i = 0; i < settings.nr_devices; i++) {
		for (j = 0; settings.device[j].node != settings.device[i].node;
		     j++)
			;
		if (i == j)
			check_node(settings.device[i].node, sum[i]);
	}
	check_module(m);
	for (i = 0; i < settings.nr_devices; i++)
		fill_in(&settings.device[i], &m->device[i]);
	return *text;
}

static void learn_device(const struct device *dev, struct dmodel *m)
{
	char text[96];
	int i;

	m->driver = driver_of(dev);
	m->added = iomem_has(dev, "System RAM (kmem)");
	for (i = 0; i < dev->nr; i++) {
		m->zone[i] = zone_of(dev->first + i);
		if (m->zone[i] == Z_ABSENT)
			m->poison[i] = 0;
	}
	m->exclusive = false;
	m->adopted = false;
	m->memmap = false;
	m->error = -1;
	if (m->driver != D_KMEM)
		return;
	attribute(dev, "state", text, sizeof(text));
	m->state = word_of(text);
	m->exclusive = attribute_number(dev, "kmem/exclusive") == 1;
	m->adopted = attribute_number(dev, "kmem/adopted") == 1;
	m->memmap = attribute_number(dev, "kmem/memmap_on_memory") == 1;
}

/*
 * Takes over what concurrent operations may have left. differs() then checks
 * that the parts of it are consistent.
 */
void learn(struct model *m)
{
	char text[32];
	int i;

	look();
	m->loaded = !access("/sys/module/kmem/refcnt", F_OK);
	m->bind_state = W_POLICY;
	if (!get("/sys/module/kmem/parameters/bind_state", text, sizeof(text)))
		m->bind_state = word_of(text);
	get("/sys/devices/system/memory/auto_online_blocks", text,
	    sizeof(text));
	m->policy = word_of(text);
	for (i = 0; i < settings.nr_devices; i++)
		learn_device(&settings.device[i], &m->device[i]);
}

/*
 * Keeps the parts of @iomem, of the outermost ranges, that have a device, and
 * counts how often the rest is of another length than before.
 */
static void drop_others(void)
{
	static long length_before;
	unsigned long start, end, at;
	char *from, *next, *to = iomem;
	bool ours = false;
	long length;
	int i;

	for (from = iomem; *from; from = next) {
		next = strchrnul(from, '\n');
		next += *next == '\n';
		if (*from != ' ' &&
		    sscanf(from, "%lx-%lx", &start, &end) == 2) {
			ours = false;
			for (i = 0; i < settings.nr_devices; i++) {
				at = settings.device[i].first *
				     settings.block_size;
				ours |= at >= start && at <= end;
			}
		}
		if (ours) {
			memmove(to, from, next - from);
			to += next - from;
		}
	}
	length = from - to;
	others_changed += length_before && length != length_before;
	length_before = length;
	*to = '\0';
}

/* As at the first call. */
bool same_as_start(char *text, size_t size)
{
	look();
	if (settings.others)
		drop_others();
	if (!*iomem_at_start)
		memcpy(iomem_at_start, iomem, sizeof(iomem));
	if (!strcmp(iomem, iomem_at_start))
		return true;
	snprintf(text, size, "/proc/iomem is not as at the start:\n%s", iomem);
	return false;
}
