// SPDX-License-Identifier: GPL-2.0-only
/*
 * A dry run: what the dax bus, its drivers and the memory blocks would make of
 * each write, as far as kmemctl looks at it afterwards. What cannot be foreseen,
 * such as memory that will not go offline, is taken to go well.
 */
#include "dryrun/simulate.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change/module.h"
#include "device/memblock.h"
#include "device/memmap.h"
#include "device/stranded.h"
#include "lib/path.h"
#include "lib/pending.h"

#define DEV "/sys/bus/dax/devices/%s"
#define DRV "/sys/bus/dax/drivers/%s"
#define MEMORY "/sys/devices/system/memory"
#define BIND_STATE "/sys/module/kmem/parameters/bind_state"

static char **lines;
static size_t nr_lines, mark;
/* of RAM, by the memmap */
static long long taken, taken_before;

PRINTF(1, 2)
static void note(const char *fmt, ...)
{
	char line[PATH_MAX + 128];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	lines = need_memory(realloc(lines, (nr_lines + 1) * sizeof(*lines)));
	lines[nr_lines++] = need_memory(strdup(line));
}

PRINTF(2, 3)
static void put(const char *text, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	pending_put(path, text);
}

static bool is_online(const char *word)
{
	return !strncmp(word, "online", strlen("online"));
}

/* From here on /proc/zoneinfo is not what it would be. */
static void put_block(__u64 id, const char *word)
{
	bool online = is_online(word);

	put("", MEMORY "/memory%llu", id);
	put(online ? "online" : "offline", MEMORY "/memory%llu/state", id);
	if (online)
		put(!strcmp(word, "online_movable") ? "Movable" : "Normal",
		    MEMORY "/memory%llu/valid_zones", id);
	put(NULL, "/proc/zoneinfo");
}

static void remove_block(__u64 id)
{
	put(NULL, MEMORY "/memory%llu", id);
	put(NULL, MEMORY "/memory%llu/state", id);
	put(NULL, "/proc/zoneinfo");
}

static void add_memory(const struct dax_dev *dev, const struct block_set *set,
		       const char *word)
{
	__u64 id, end, cost = memmap_cost(set->total * set->block_size);
	bool on_device = memmap_on_device(dev->name);
	char text[32];
	size_t i;

	snprintf(text, sizeof(text), "%llu", on_device ? cost : 0);
	if (dax_kmem_loaded())
		put(text, DEV "/kmem/memmap_bytes", dev->name);
	taken += on_device ? 0 : cost;
	for (i = 0; i < dev->nr_ranges; i++) {
		range_blocks(&dev->ranges[i], set->block_size, &id, &end);
		while (id < end)
			put_block(id++, word);
	}
}

static void remove_memory(const struct dax_dev *dev,
			  const struct block_set *set)
{
	__u64 held;
	size_t i;

	if (!memmap_held(dev->name, &held) || !held)
		taken -= memmap_cost(set->nr * set->block_size);
	for (i = 0; i < set->nr; i++)
		remove_block(set->blocks[i].id);
}

/* Memory that our driver would take over, and not find in its way. */
static bool on_record(const struct dax_dev *dev)
{
	const struct dax_dev *record;
	struct stranded all;
	bool found = false;
	size_t i, k;

	if (stranded_read(&all))
		return false;
	for (i = 0; i < all.nr; i++) {
		record = &all.records[i];
		for (k = 0; record->nr_ranges && k < dev->nr_ranges; k++)
			found |= dev->ranges[k].start <=
				 record->ranges[0].start &&
				 dev->ranges[k].end >= record->ranges[0].end;
	}
	stranded_free(&all);
	return found;
}

/* The count of blocks in each zone is left out: the blocks tell. */
static void put_our_files(const struct dax_dev *dev,
			  const struct block_set *set, const char *state)
{
	const char *name = dev->name;
	char text[32];

	put(state, DEV "/state", name);
	put(NULL, DEV "/kmem/zones", name);
	snprintf(text, sizeof(text), "%llu", set->total);
	put(text, DEV "/kmem/total_blocks", name);
	snprintf(text, sizeof(text), "%llu", set->lost);
	put(text, DEV "/kmem/lost_bytes", name);
	put("0", DEV "/kmem/exclusive", name);
	if (path_read(text, sizeof(text), DEV "/memmap_on_memory", name))
		strcpy(text, "0");
	put(text, DEV "/kmem/memmap_on_memory", name);
}

static void remove_files(const char *name)
{
	static const char * const files[] = {
		"state", "kmem/total_blocks", "kmem/lost_bytes",
		"kmem/exclusive", "kmem/memmap_on_memory", "kmem/memmap_bytes",
		"kmem/online_blocks", "kmem/zones",
	};
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(*files); i++)
		put(NULL, DEV "/%s", name, files[i]);
}

static int probe_kmem(const struct dax_dev *dev, const struct block_set *set)
{
	bool ours = dax_kmem_loaded();
	char word[32] = "policy";

	if (set->nr && (!ours || !on_record(dev)))
		return -EBUSY;
	if (ours)
		path_read(word, sizeof(word), BIND_STATE);
	if (!strcmp(word, "policy"))
		path_read(word, sizeof(word), MEMORY "/auto_online_blocks");
	if (set->nr)
		strcpy(word, "online");
	else if (strcmp(word, "unplugged"))
		add_memory(dev, set, word);
	if (ours)
		put_our_files(dev, set, word);
	return 0;
}

static int bind_to(const struct dax_dev *dev, const char *driver)
{
	struct block_set set;
	int rc;

	rc = blocks_read(&set, dev) ? -EIO : 0;
	if (!rc && !strcmp(driver, KMEM_DRIVER))
		rc = probe_kmem(dev, &set);
	else if (!rc && set.nr)
		rc = -EBUSY;
	if (!rc)
		put(driver, DEV "/driver", dev->name);
	blocks_free(&set);
	return rc;
}

/* What is online stays. */
static int unbind(const struct dax_dev *dev, const char *driver)
{
	struct block_set set;
	int rc;

	if (strcmp(dev->driver, driver))
		return -ENODEV;
	put(NULL, DEV "/driver", dev->name);
	if (strcmp(driver, KMEM_DRIVER))
		return 0;
	rc = blocks_read(&set, dev) ? -EIO : 0;
	if (!rc && !blocks_online(&set))
		remove_memory(dev, &set);
	remove_files(dev->name);
	blocks_free(&set);
	return rc;
}

/*
 * From Linux 6.3 on devices of reserved memory and of volatile CXL memory are
 * kmem's without being named to it; the driver that makes the former came with
 * that. Whose they are tells the device right above.
 */
static bool is_for_kmem(const struct dax_dev *dev)
{
	char path[PATH_MAX], bus[32], idle[8];
	char *slash;

	if (path_real(path, sizeof(path), DEV, dev->name))
		return false;
	slash = strrchr(path, '/');
	*slash = '\0';
	if (path_link(bus, sizeof(bus), "%s/subsystem", path))
		return false;
	if (strcmp(bus, "platform"))
		return !strcmp(bus, "cxl");
	return path_exists("/sys/bus/platform/drivers/hmem_platform") &&
	       (path_read(idle, sizeof(idle),
			   "/sys/module/dax_hmem/parameters/region_idle") ||
		*idle != 'Y');
}

/* Names that a driver knows are kept as files, so that they are taken back. */
static bool matches(const struct dax_dev *dev, const char *driver)
{
	if (path_exists(DRV "/ids/%s", driver, dev->name))
		return true;
	return !strcmp(driver, is_for_kmem(dev) ? KMEM_DRIVER : DEVDAX_DRIVER);
}

static int write_driver(const char *driver, const char *file, const char *name)
{
	struct dax_dev dev;
	int rc = 0;

	if (!strcmp(file, "remove_id")) {
		put(NULL, DRV "/ids/%s", driver, name);
		return 0;
	}
	if (dax_read(&dev, name))
		rc = -ENODEV;
	else if (!strcmp(file, "unbind"))
		rc = unbind(&dev, driver);
	else if (!strcmp(file, "new_id"))
		put("", DRV "/ids/%s", driver, name);
	else if (!matches(&dev, driver))
		rc = -ENODEV;
	else if (*dev.driver)
		rc = -EBUSY;
	else
		rc = bind_to(&dev, driver);
	/* a new name is tried at once, and what comes of it is not told */
	if (!rc && !strcmp(file, "new_id") && !*dev.driver)
		bind_to(&dev, driver);
	dax_free(&dev);
	return rc;
}

/* Our driver refuses what would take all RAM. */
static int plug(const struct dax_dev *dev, const struct block_set *set,
		const char *word)
{
	__u64 cost = memmap_cost(set->total * set->block_size);

	if (set->nr)
		return -EBUSY;
	if (dax_kmem_loaded() && !memmap_on_device(dev->name) &&
	    mem_available() && cost > simulated_available())
		return -ENOMEM;
	add_memory(dev, set, word);
	return 0;
}

static int write_state(const char *name, const char *word)
{
	struct block_set set = { 0 };
	struct dax_dev dev;
	char now[32];
	int rc;

	if (!path_read(now, sizeof(now), DEV "/state", name) &&
	    !strcmp(now, word))
		return 0;
	rc = dax_read(&dev, name) || blocks_read(&set, &dev) ? -EIO : 0;
	if (!rc && is_online(word))
		rc = plug(&dev, &set, word);
	else if (!rc)
		remove_memory(&dev, &set);
	if (!rc) {
		put(word, DEV "/state", name);
		put(NULL, DEV "/kmem/zones", name);
	}
	blocks_free(&set);
	dax_free(&dev);
	return rc;
}

static int hide_zones(const char *name, void *arg)
{
	put(NULL, DEV "/kmem/zones", name);
	return 0;
}

static int write_block(__u64 id, const char *word)
{
	struct block block = { .id = id };

	if (block_read(&block))
		return -EIO;
	if (is_online(word) ? block.zone != ZONE_OFFLINE :
			      block.zone == ZONE_OFFLINE)
		return -EINVAL;
	put_block(id, word);
	path_each("/sys/bus/dax/devices", hide_zones, NULL);
	return 0;
}

static int write_nothing(const char *path, const char *value)
{
	char name[64], file[64];
	unsigned long long id;
	int end = 0;

	note(WRITE_AS, value, path);
	if (sscanf(path, "/sys/bus/dax/drivers/%63[^/]/%63s", name, file) == 2)
		return write_driver(name, file, value);
	if (sscanf(path, "/sys/bus/dax/devices/%63[^/]/state%n", name,
		   &end) == 1 && end && !path[end])
		return write_state(name, value);
	if (sscanf(path, MEMORY "/memory%llu/state", &id) == 1)
		return write_block(id, value);
	put(value, "%s", path);
	return 0;
}

static void simulate_load(const char *driver, bool ours)
{
	static const char * const files[] = {
		"", "/bind", "/unbind", "/new_id", "/remove_id",
	};
	struct dax_dev dev;
	char **names;
	size_t i, nr;

	note("modprobe %s", driver);
	for (i = 0; i < sizeof(files) / sizeof(*files); i++)
		put("", DRV "%s", driver, files[i]);
	if (ours)
		put("policy", BIND_STATE);
	if (dax_names(&names, &nr))
		return;
	/* it takes what has no driver and is for it */
	for (i = 0; i < nr; i++) {
		if (!dax_read(&dev, names[i]) && dev.size && !*dev.driver &&
		    matches(&dev, driver))
			bind_to(&dev, driver);
		dax_free(&dev);
		free(names[i]);
	}
	free(names);
}

void simulate_start(void)
{
	static const struct dry_run hooks = {
		.write = write_nothing,
		.load = simulate_load,
	};

	dry_run = &hooks;
}

void simulate_begin(void)
{
	while (nr_lines)
		free(lines[--nr_lines]);
	mark = pending_mark();
	taken_before = taken;
}

void simulate_fail(void)
{
	pending_back_to(mark);
	taken = taken_before;
}

__u64 simulated_available(void)
{
	long long available = (long long)mem_available() - taken;

	return available > 0 ? available : 0;
}

char *const *simulated_writes(size_t *nr)
{
	*nr = nr_lines;
	return lines;
}
