// SPDX-License-Identifier: GPL-2.0-only
/*
 * --dry-run: what one device would be after a command. Each device is planned
 * on top of what those before it would change.
 */
#include "dryrun/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/numa.h"
#include "doctor/findings.h"
#include "dryrun/memory.h"
#include "dryrun/simulate.h"
#include "lib/path.h"
#include "lib/table.h"

#define HOTPLUG "/sys/module/memory_hotplug/parameters"

/* For JSON a table, else the writes of all devices, printed last. */
static struct table *table;
static FILE *script;
static char *script_text;
static size_t script_len;

/* Bytes in zone Movable and in the others, with all devices so far. */
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
	talk = TALK_QUIET;
	if (out->json)
		table = plan_table(out);
	else
		script = need_memory(open_memstream(&script_text, &script_len));
}

void plan_end(const struct output *out)
{
	if (table) {
		tables_begin(out);
		table_print(table);
		tables_end(out);
	} else {
		fclose(script);
		fputs(script_text, stdout);
		free(script_text);
	}
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
	long long movable = totals.movable;
	char policy[32];

	count_zones(&plan->before.blocks, -1);
	count_zones(&plan->after.blocks, 1);
	plan->grows_movable = totals.movable > movable;
	if (totals.others > 0)
		plan->movable_ratio = totals.movable * 100 / totals.others;
	if (path_read_int(&plan->movable_limit, HOTPLUG "/auto_movable_ratio"))
		plan->movable_limit = 0;
	plan->auto_movable = !path_read(policy, sizeof(policy),
					HOTPLUG "/online_policy") &&
			     !strcmp(policy, "auto-movable");
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

/* Other programs that online memory, and a memmap that is too large. */
static void read_conflicts(struct plan *plan)
{
	doctor_conflicts(&plan->conflicts);
	if (plan->memmap > 0 && !plan->memmap_on_device && plan->available &&
	    (__u64)plan->memmap > plan->available)
		append_line(&plan->conflicts,
			    "memmap: it does not fit into RAM; %s",
			    memmap_advice());
}

static void print(struct plan *plan, const struct output *out)
{
	read_ratio(plan);
	read_memmap(plan);
	read_conflicts(plan);
	if (table) {
		plan_table_line(table, plan, out);
		return;
	}
	plan_print_text(plan);
	fprintf(script, "# would write for %s:\n%s\n", plan->name,
		plan->writes);
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
	plan->writes = simulate_end(rc);
	if (!rc && (plan->writes || out->json))
		print(plan, out);
	else if (!rc)
		fputs(said(), stdout);
	free(plan->conflicts);
	free(plan->writes);
	snapshot_free(&plan->before);
	snapshot_free(&plan->after);
	return rc;
}
