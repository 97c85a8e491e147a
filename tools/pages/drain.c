// SPDX-License-Identifier: GPL-2.0-only
/*
 * "offline --drain": empty a device's memory before it goes offline. Caches are
 * dropped, unused huge pages given up, and each process's pages moved to the
 * nearest node with room, or to nodes that were named.
 */
#include "pages/drain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "device/numa.h"
#include "lib/path.h"
#include "lib/pending.h"
#include "lib/signals.h"
#include "pages/analysis.h"
#include "pages/analysis_print.h"

#define NODE "/sys/devices/system/node/node%d"
#define LONG_BITS (8 * sizeof(long))

struct target_nodes {
	struct numa_nodes nodes;
	__u64 moved;
	size_t processes;
	size_t refused;		/* processes that may not move there */
};

static void set_bit(unsigned long *mask, int node)
{
	mask[node / LONG_BITS] |= 1UL << (node % LONG_BITS);
}

/* The nearest with room, or else the one with most. */
static struct numa_node *choose_node(struct numa_nodes *nodes, __u64 bytes)
{
	struct numa_node *most = NULL;
	size_t i;

	for (i = 0; i < nodes->nr; i++) {
		if (nodes->nodes[i].room >= bytes)
			return &nodes->nodes[i];
		if (!most || nodes->nodes[i].room > most->room)
			most = &nodes->nodes[i];
	}
	return most;
}

static void move_process(const struct process *process, int from,
			 struct target_nodes *targets)
{
	unsigned long old[MAX_NODES / LONG_BITS] = { 0 };
	unsigned long new[MAX_NODES / LONG_BITS] = { 0 };
	struct numa_node *to = choose_node(&targets->nodes, process->total);
	long left;

	if (!to || dry_run)
		return;
	/* its number is that of a process on another system */
	if (*path_root()) {
		targets->refused++;
		return;
	}
	set_bit(old, from);
	set_bit(new, to->id);
	left = syscall(SYS_migrate_pages, process->pid, MAX_NODES + 1, old,
		       new);
	/* one that ended meanwhile holds nothing any more */
	if (left < 0 && errno != ESRCH)
		targets->refused++;
	if (left < 0)
		return;
	targets->processes++;
	left *= sysconf(_SC_PAGESIZE);
	if ((__u64)left < process->total)
		left = process->total - left;
	targets->moved += left;
	to->room -= to->room < (__u64)left ? to->room : (__u64)left;
}

/* Returns 0 or, when a signal asked us to stop, an exit code. */
static int move_processes(const struct analysis *found,
			  struct target_nodes *targets)
{
	const struct holders *holders = &found->holders;
	char size[32];
	size_t i;
	int rc = 0;

	for (i = 0; !rc && i < holders->nr_processes; i++) {
		move_process(&holders->processes[i], found->node, targets);
		rc = stop_check();
	}
	size_to_human(size, sizeof(size), targets->moved);
	if (targets->processes)
		say("%s: moved %s of %zu processes\n", found->name, size,
		    targets->processes);
	if (targets->refused)
		say("%s: %zu processes may not move: left to the kernel\n",
		    found->name, targets->refused);
	return rc;
}

static __u64 caches_of(int node)
{
	struct numa_node now;

	if (numa_read_node(node, &now)) {
		fail_forget();
		return 0;
	}
	return now.cache;
}

/*
 * From 7.0 on a node can be asked; before, all caches go, slab as well when it
 * is in the way. What is left is moved, so an error is none.
 */
static void drop_caches(const struct analysis *found)
{
	__u64 before = caches_of(found->node), now;
	bool slab = found->offlinable == OFFLINABLE_NO && found->bytes[PAGE_SLAB];
	char text[64];

	if (before && path_exists(NODE "/reclaim", found->node)) {
		snprintf(text, sizeof(text), "%llu swappiness=0", before);
		path_write(text, NODE "/reclaim", found->node);
	} else if (before || slab) {
		path_write(slab ? "3" : "1", "/proc/sys/vm/drop_caches");
	}
	now = caches_of(found->node);
	if (now >= before)
		return;
	size_to_human(text, sizeof(text), before - now);
	say("%s: dropped %s of caches\n", found->name, text);
}

/* Huge pages in use are moved; those that are not are what can be given up. */
static int each_pool(const char *name, void *arg)
{
	struct drain *drain = arg;
	struct pool *pool = &drain->pools[drain->nr_pools];
	__u64 unused, kib;
	char text[32];

	if (sscanf(name, "hugepages-%llukB", &kib) != 1 ||
	    drain->nr_pools == MAX_POOLS || strlen(name) >= sizeof(pool->name))
		return 0;
	if (path_read_u64(&pool->before, 10, NODE "/hugepages/%s/nr_hugepages",
			   drain->node, name) ||
	    path_read_u64(&unused, 10, NODE "/hugepages/%s/free_hugepages",
			   drain->node, name) ||
	    !unused || unused > pool->before)
		return 0;
	snprintf(pool->name, sizeof(pool->name), "%s", name);
	pool->size = kib * 1024;
	drain->nr_pools++;
	snprintf(text, sizeof(text), "%llu", pool->before - unused);
	path_write(text, NODE "/hugepages/%s/nr_hugepages", drain->node, name);
	return 0;
}

static void shrink_pools(struct drain *drain, const char *name)
{
	char dir[64], size[32];
	struct pool *pool;
	__u64 now;
	size_t i;

	snprintf(dir, sizeof(dir), NODE "/hugepages", drain->node);
	path_each(dir, each_pool, drain);
	for (i = 0; i < drain->nr_pools; i++) {
		pool = &drain->pools[i];
		if (path_read_u64(&now, 10, NODE "/hugepages/%s/nr_hugepages",
				   drain->node, pool->name) ||
		    now >= pool->before)
			continue;
		size_to_human(size, sizeof(size), pool->size);
		say("%s: gave up %llu unused huge pages of %s\n", name,
		    pool->before - now, size);
	}
}

/* The nodes named, nearest first; or all others. */
static int choose_targets(struct target_nodes *targets,
			  const struct analysis *found, const char *list)
{
	int ids[MAX_NODES], rc;
	size_t i, k, nr, kept = 0;
	struct numa_nodes *nodes = &targets->nodes;

	rc = numa_others(nodes, found->node);
	if (rc || !list)
		return rc;
	nr = numa_parse(list, ids);
	for (i = 0; i < nodes->nr; i++) {
		for (k = 0; k < nr && ids[k] != nodes->nodes[i].id; k++)
			;
		if (k < nr)
			nodes->nodes[kept++] = nodes->nodes[i];
	}
	nodes->nr = kept;
	if (!nr || kept != nr)
		return fail(EX_USE, "'numactl -H' lists the nodes",
			    "--to %s: not a list of other nodes with memory",
			    list);
	return 0;
}

static int check_room(const struct analysis *found,
		      const struct target_nodes *targets, bool chosen)
{
	/* caches need not be kept */
	__u64 room = 0, to_move = found->to_move - found->bytes[PAGE_FILE];
	char need[32], have[32];
	size_t i;

	for (i = 0; i < targets->nodes.nr; i++)
		room += targets->nodes.nodes[i].room;
	if (!chosen)
		room = found->room;
	if (to_move <= room || found->to_move < found->bytes[PAGE_FILE])
		return 0;
	size_to_human(need, sizeof(need), to_move);
	size_to_human(have, sizeof(have), room);
	return fail(EX_REFUSED, "stop programs that 'kmemctl why DEV' names",
		    "%s would have to move, but %s room for %s", need,
		    chosen ? "the nodes named have" : "all other nodes have",
		    have);
}

/*
 * Processes are moved off a node, not off a device: only where the device is
 * all there is on its node.
 */
static bool has_node_alone(const struct analysis *found)
{
	struct numa_node node;
	__u64 online = blocks_online(&found->blocks) * found->blocks.block_size;

	if (found->node == NO_NODE || numa_read_node(found->node, &node)) {
		fail_forget();
		return false;
	}
	return node.total <= online;
}

static int empty_node(struct drain *drain, const struct analysis *found,
		      struct target_nodes *targets)
{
	if (!has_node_alone(found)) {
		say("%s: node %d has other memory as well: moving is left to the kernel\n",
		    found->name, found->node);
		return 0;
	}
	drain->node = found->node;
	drop_caches(found);
	shrink_pools(drain, found->name);
	return move_processes(found, targets);
}

/* What is still in the way now would keep the kernel trying for ever. */
static int check_rest(const char *name)
{
	struct analysis found = { 0 };
	int rc;

	rc = analyze(&found, name);
	if (!rc && found.offlinable == OFFLINABLE_UNLIKELY)
		rc = fail(EX_REFUSED,
			  "stop the programs with pinned pages, then try again",
			  "pages are pinned, which nothing can move");
	else if (!rc && found.offlinable == OFFLINABLE_NO)
		rc = fail(EX_REFUSED,
			  "see below; memory onlined with --movable can be taken back",
			  "the kernel's own memory is in the way, which nothing can move");
	analysis_free(&found);
	return rc;
}

int drain_device(struct drain *drain, const char *name, const char *to)
{
	struct target_nodes targets = { 0 };
	struct analysis found = { 0 };
	int rc;

	memset(drain, 0, sizeof(*drain));
	drain->node = NO_NODE;
	rc = analyze(&found, name);
	if (!rc && blocks_online(&found.blocks)) {
		rc = choose_targets(&targets, &found, to);
		if (!rc)
			rc = check_room(&found, &targets, to);
		if (!rc)
			rc = empty_node(drain, &found, &targets);
		if (!rc)
			rc = check_rest(name);
	}
	fflush(stdout);
	numa_free(&targets.nodes);
	analysis_free(&found);
	return rc;
}

static void restore_pool(const struct drain *drain, const struct pool *pool,
			 const char *name)
{
	char text[32];
	__u64 now = 0;

	snprintf(text, sizeof(text), "%llu", pool->before);
	path_write(text, NODE "/hugepages/%s/nr_hugepages", drain->node,
		    pool->name);
	if (!path_read_u64(&now, 10, NODE "/hugepages/%s/nr_hugepages",
			    drain->node, pool->name) && now == pool->before)
		return;
	fail(EX_PARTLY, "write to nr_hugepages again when there is room",
	     "node%d has %llu of %llu huge pages of its pool back",
	     drain->node, now, pool->before);
	fail_print(name, NULL);
}

void drain_failed(const struct drain *drain, const char *name)
{
	struct output out = { 0 };
	struct analysis found = { 0 };
	size_t i;

	for (i = 0; i < drain->nr_pools; i++)
		restore_pool(drain, &drain->pools[i], name);
	if (analyze(&found, name))
		fail_print(name, NULL);
	else
		analysis_print(&found, &out);
	analysis_free(&found);
}
