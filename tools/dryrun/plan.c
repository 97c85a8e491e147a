// SPDX-License-Identifier: GPL-2.0-only
/*
 * --dry-run: a command runs in rehearsal, and what the device would be then is
 * compared with what it is. Devices count on what those before them would do.
 */
#include "dryrun/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/memmap.h"
#include "device/zoneinfo.h"
#include "dryrun/simulate.h"
#include "lib/path.h"
#include "lib/table.h"

#define HOTPLUG "/sys/module/memory_hotplug/parameters"

static struct table *table;

/* What there would be, with all devices so far. */
static struct {
	long long movable;
	long long others;
} totals;

static void read_totals(void)
{
	struct zone_span *zones;
	size_t i, nr;

	if (zones_read(&zones, &nr))
		return;
	for (i = 0; i < nr; i++)
		if (!strcmp(zones[i].name, "Movable"))
			totals.movable += zones[i].present;
		else
			totals.others += zones[i].present;
	free(zones);
}

void plan_begin(const struct output *out)
{
	read_totals();
	simulate_start();
	talk_set(TALK_QUIET);
	table = out->json ? plan_table(out) : NULL;
}

void plan_end(const struct output *out)
{
	if (!table)
		return;
	tables_begin(out);
	table_print(table);
	tables_end(out);
}

/* Add the device's blocks, or take them away. */
static void count_zones(const struct block_set *set, int sign)
{
	size_t i;

	for (i = 0; i < set->nr; i++)
		if (set->blocks[i].zone == ZONE_MOVABLE)
			totals.movable += sign * (long long)set->block_size;
		else if (set->blocks[i].zone != ZONE_OFFLINE)
			totals.others += sign * (long long)set->block_size;
}

static void read_ratio(struct plan *plan)
{
	count_zones(&plan->before.blocks, -1);
	count_zones(&plan->after.blocks, 1);
	if (totals.others > 0)
		plan->movable_ratio = totals.movable * 100 / totals.others;
	if (path_read_int(&plan->movable_limit, HOTPLUG "/auto_movable_ratio"))
		plan->movable_limit = 0;
}

static void read_memmap(struct plan *plan)
{
	const struct block_set *before = &plan->before.blocks;
	const struct block_set *after = &plan->after.blocks;

	plan->memmap = (long long)memmap_cost(after->nr * after->block_size) -
		       (long long)memmap_cost(before->nr * before->block_size);
	plan->memmap_on_device = plan->memmap < 0 ? plan->held_memmap :
				 memmap_on_device(plan->name);
}

static void read_node(struct plan *plan)
{
	int node = plan->after.dev.target_node;

	plan->distance = numa_distance(node);
	plan->tier = numa_tier(node);
	numa_performance(node, &plan->performance);
}

static void read_conflicts(struct plan *plan)
{
	struct findings found = { 0 };

	doctor_conflicts(&found);
	if (plan->memmap > 0 && !plan->memmap_on_device && plan->available &&
	    (__u64)plan->memmap > plan->available)
		finding_add(&found, "memmap", SEVERITY_WARN,
			   memmap_allowed() ?
			   "place it on the device: --memmap-on-memory" :
			   "boot with memory_hotplug.memmap_on_memory=1, then use --memmap-on-memory",
			   "it does not fit into RAM");
	plan->conflicts = found;
}

static void tell(struct plan *plan, const struct output *out)
{
	read_ratio(plan);
	read_memmap(plan);
	read_node(plan);
	read_conflicts(plan);
	plan_print(plan, out, table);
}

static void free_plan(struct plan *plan)
{
	free(plan->conflicts.list);
	snapshot_free(&plan->before);
	snapshot_free(&plan->after);
}

int plan_device_begin(struct plan *plan, const char *name)
{
	__u64 bytes;
	int rc;

	memset(plan, 0, sizeof(*plan));
	plan->name = name;
	simulate_begin();
	plan->held_memmap = memmap_held(name, &bytes) && bytes;
	plan->available = simulated_available();
	say_forget();
	rc = snapshot_take(&plan->before, name);
	if (rc)
		fail_print(name, "nothing was changed");
	return rc;
}

int plan_device_end(struct plan *plan, int rc, const struct output *out)
{
	if (!rc && snapshot_take(&plan->after, plan->name)) {
		rc = EX_FAILED;
		fail_print(plan->name, "nothing was changed");
	}
	plan->writes = simulated_writes(&plan->nr_writes);
	if (rc)
		simulate_fail();
	else if (plan->nr_writes || out->json)
		tell(plan, out);
	else
		fputs(said(), stdout);
	free_plan(plan);
	return rc;
}
