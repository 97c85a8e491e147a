// SPDX-License-Identifier: GPL-2.0-only
/*
 * Simulates what the kmem driver and the memory core do: adding, onlining and
 * removing memory blocks. Memory that cannot be offlined is not foreseen.
 */
#include "dryrun/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change/change.h"
#include "device/numa.h"
#include "lib/path.h"

#define DEV "/sys/bus/dax/devices/%s"
#define MEMORY "/sys/devices/system/memory"

long long memmap_taken;
/* read before /proc/zoneinfo is hidden; 0: not known */
static __u64 available_before;

static bool is_online(const char *word)
{
	return !strncmp(word, "online", strlen("online"));
}

static void put_block(__u64 id, const char *word)
{
	bool online = is_online(word);

	put_file("", MEMORY "/memory%llu", id);
	put_file(online ? "online" : "offline", MEMORY "/memory%llu/state", id);
	if (online)
		put_file(!strcmp(word, "online_movable") ? "Movable" : "Normal",
			 MEMORY "/memory%llu/valid_zones", id);
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
		put_file(text, DEV "/kmem/memmap_bytes", dev->name);
	memmap_taken += on_device ? 0 : cost;
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
		memmap_taken -= memmap_cost(set->nr * set->block_size);
	for (i = 0; i < set->nr; i++) {
		put_file(NULL, MEMORY "/memory%llu", set->blocks[i].id);
		put_file(NULL, MEMORY "/memory%llu/state", set->blocks[i].id);
	}
}

void note_available(void)
{
	available_before = kernel_available();
}

__u64 simulated_available(void)
{
	long long available = (long long)available_before - memmap_taken;

	return available > 0 ? available : !!available_before;
}

/* Memory that an unbind of dax-kmem left behind is in its record. */
static bool is_on_record(const struct dax_dev *dev)
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

/*
 * dax-kmem manages both again: memory on its record, and what an unbind of the
 * kernel's own kmem left below a reservation.
 */
static bool is_adopted(const struct dax_dev *dev, __u64 block_size)
{
	return dax_kmem_loaded() &&
	       (is_on_record(dev) || iomem_reserves(dev, block_size));
}

static void put_attributes(const struct dax_dev *dev,
			   const struct block_set *set, const char *state)
{
	const char *name = dev->name;
	char text[32];

	put_file(state, DEV "/state", name);
	snprintf(text, sizeof(text), "%llu", set->total);
	put_file(text, DEV "/kmem/total_blocks", name);
	put_file("0", DEV "/kmem/exclusive", name);
	if (path_read(text, sizeof(text), DEV "/memmap_on_memory", name))
		strcpy(text, "0");
	put_file(text, DEV "/kmem/memmap_on_memory", name);
}

int kmem_probe(const struct dax_dev *dev, const struct block_set *set)
{
	char word[32] = "policy";

	if (set->nr && !is_adopted(dev, set->block_size))
		return -EBUSY;
	if (dax_kmem_loaded())
		path_read(word, sizeof(word),
			  "/sys/module/kmem/parameters/bind_state");
	if (!strcmp(word, "policy"))
		path_read(word, sizeof(word), MEMORY "/auto_online_blocks");
	if (set->nr)
		strcpy(word, "online");
	else if (strcmp(word, "unplugged"))
		add_memory(dev, set, word);
	if (dax_kmem_loaded())
		put_attributes(dev, set, word);
	return 0;
}

/* Memory that is online stays. */
void kmem_remove(const struct dax_dev *dev, const struct block_set *set)
{
	static const char * const files[] = {
		"state", "kmem/total_blocks", "kmem/exclusive",
		"kmem/memmap_on_memory", "kmem/memmap_bytes",
		"kmem/last_error",
	};
	size_t i;

	if (!blocks_online(set))
		remove_memory(dev, set);
	for (i = 0; i < sizeof(files) / sizeof(*files); i++)
		put_file(NULL, DEV "/%s", dev->name, files[i]);
}

/* dax-kmem refuses a memmap that does not fit into RAM. */
static int plug(const struct dax_dev *dev, const struct block_set *set,
		const char *word)
{
	__u64 cost = memmap_cost(set->total * set->block_size);

	if (set->nr)
		return -EBUSY;
	put_file("", DEV "/kmem/last_error", dev->name);
	if (dax_kmem_loaded() && !memmap_on_device(dev->name) &&
	    available_before && cost > simulated_available()) {
		put_file("memmap all -12", DEV "/kmem/last_error", dev->name);
		return -ENOMEM;
	}
	add_memory(dev, set, word);
	return 0;
}

int write_device_state(const char *name, const char *word)
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
	if (!rc)
		put_file(word, DEV "/state", name);
	blocks_free(&set);
	dax_free(&dev);
	return rc;
}

int write_block_state(__u64 id, const char *word)
{
	struct block block = { .id = id };
	bool online;

	if (block_read(&block))
		return -EIO;
	online = block.zone != ZONE_OFFLINE;
	if (online == is_online(word))
		return -EINVAL;
	put_block(id, word);
	return 0;
}
