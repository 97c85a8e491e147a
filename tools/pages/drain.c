// SPDX-License-Identifier: GPL-2.0-only
/*
 * "offline --drain": empties a device's node before its memory goes offline. It
 * drops caches, gives up unused huge pages, and moves each process's pages to
 * the nearest node with room, or to the nodes that were named.
 */
#include "pages/drain.h"

#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "device/numa.h"
#include "lib/path.h"
#include "lib/progress.h"
#include "lib/signals.h"
#include "pages/analysis.h"

#define NODE "/sys/devices/system/node/node%d"
#define POOL_SIZE NODE "/hugepages/%s/nr_hugepages"
#define SHARED_NODE \
	"node %d has other memory as well: moving is left to the kernel"
#define LONG_BITS (8 * sizeof(long))

/* The nodes that were named, or all others; nearest first. */
static int choose_targets(struct numa_nodes *targets, int node,
			  const char *list)
{
	int ids[MAX_NODES], rc;
	size_t i, k, nr, kept = 0;

	rc = numa_others(targets, node);
	if (rc || !list)
		return rc;
	nr = numa_parse(list, ids);
	for (i = 0; i < targets->nr; i++) {
		for (k = 0; k < nr && ids[k] != targets->nodes[i].id; k++)
			;
		if (k < nr)
			targets->nodes[kept++] = targets->nodes[i];
	}
	targets->nr = kept;
	if (!nr || kept != nr)
		return fail(EX_USE, "'numactl -H' lists the nodes",
			    "--to %s: not a list of other nodes with memory",
			    list);
	return 0;
}

static int check_room(const struct analysis *found,
		      const struct numa_nodes *targets, bool named)
{
	__u64 room = 0;
	size_t i;

	for (i = 0; i < targets->nr; i++)
		room += targets->nodes[i].room;
	if (named && found->to_move > room)
		return room_refuse(found->to_move, "the nodes named have",
				   room);
	return !found->lacks_room ? 0 :
	       room_refuse(found->to_move, "all other nodes have",
			   found->room);
}

/*
 * Pages are moved off a node, not off a device, so only if the node has no
 * other memory.
 */
static bool is_alone(const struct analysis *found)
{
	__u64 online = blocks_online(&found->blocks) * found->blocks.block_size;
	struct numa_node node;

	return found->node != NO_NODE && !numa_try_node(found->node, &node) &&
	       node.total <= online;
}

static __u64 read_cache(int node)
{
	struct numa_node now;

	return numa_try_node(node, &now) ? 0 : now.cache;
}

/*
 * Since Linux 7.0 one node can be told to; before, all nodes drop their caches,
 * and slab too if it is in the way. A failure is no error: what is left moves.
 */
static void drop_caches(const struct analysis *found)
{
	__u64 before = read_cache(found->node), now;
	bool slab = found->offlinable == OFFLINABLE_NO &&
		    found->bytes[PAGE_SLAB];
	char text[64];

	if (before && path_exists(NODE "/reclaim", found->node)) {
		snprintf(text, sizeof(text), "%llu swappiness=0", before);
		path_write(text, NODE "/reclaim", found->node);
	} else if (before || slab) {
		path_write(slab ? "3" : "1", "/proc/sys/vm/drop_caches");
	}
	now = read_cache(found->node);
	if (now >= before)
		return;
	size_to_human(text, sizeof(text), before - now);
	say("%s: dropped %s of caches\n", found->name, text);
}

/* False: it is not known how many huge pages the pool has then. */
static bool resize_pool(int node, const struct hugepage_pool *pool, __u64 nr,
			__u64 *now)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", nr);
	path_write(text, POOL_SIZE, node, pool->name);
	*now = 0;
	return !path_read_u64(now, 10, POOL_SIZE, node, pool->name);
}

/* Huge pages in use are moved; only unused ones can be given up. */
static void shrink_pools(struct drain *drain, const char *name)
{
	struct hugepage_pool *pool = drain->pools;
	char text[32];
	__u64 now;

	for (; pool < drain->pools + drain->nr_pools; pool++) {
		if (!pool->unused)
			continue;
		size_to_human(text, sizeof(text), pool->size);
		if (resize_pool(drain->node, pool, pool->total - pool->unused,
				&now) && now < pool->total)
			say("%s: gave up %llu unused huge pages of %s\n", name,
			    pool->total - now, text);
	}
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

/* Returns the bytes moved, or a negative errno. */
static long long move_process(const struct holder *process, int from,
			      struct numa_nodes *targets)
{
	unsigned long old[MAX_NODES / LONG_BITS] = { 0 };
	unsigned long new[MAX_NODES / LONG_BITS] = { 0 };
	struct numa_node *to = choose_node(targets, process->total);
	__u64 left;
	long rc;

	/* with --sysroot the number is that of a process of another system */
	if (!to || *path_root())
		return -EPERM;
	old[from / LONG_BITS] = 1UL << (from % LONG_BITS);
	new[to->id / LONG_BITS] = 1UL << (to->id % LONG_BITS);
	rc = syscall(SYS_migrate_pages, process->pid, MAX_NODES + 1, old, new);
	if (rc < 0)
		return -errno;
	left = rc * sysconf(_SC_PAGESIZE);
	if (left > process->total)
		left = process->total;
	to->room -= to->room < process->total - left ? to->room :
						       process->total - left;
	return process->total - left;
}

static struct numa_node at_start;	/* of the move, for the progress bar */

static __u64 read_moved(void)
{
	struct numa_node now;

	return !numa_try_node(at_start.id, &now) && now.anon < at_start.anon ?
	       at_start.anon - now.anon : 0;
}

/* Returns 0, or an exit code when a signal or the time limit stops it. */
static int move_processes(struct drain *drain, const struct analysis *found,
			  struct numa_nodes *targets)
{
	const struct holders *holders = &found->holders;
	size_t i, moved = 0, refused = 0;
	char size[32];
	long long bytes;
	int rc = 0;

	if (!numa_try_node(drain->node, &at_start))
		progress_begin_move(found->name, found->to_move, read_moved);
	for (i = 0; !rc && i < holders->processes.nr; i++) {
		bytes = move_process(&holders->processes.list[i], drain->node,
				     targets);
		moved += bytes >= 0;
		drain->moved += bytes >= 0 ? bytes : 0;
		/* ESRCH: it has exited and holds nothing any more */
		refused += bytes < 0 && bytes != -ESRCH;
		rc = stop_check();
	}
	progress_end();
	size_to_human(size, sizeof(size), drain->moved);
	if (moved)
		say("%s: moved %s of %zu processes\n", found->name, size,
		    moved);
	if (refused)
		say("%s: pages of %zu processes cannot be moved: left to the kernel\n",
		    found->name, refused);
	return rc;
}

/* What a dry run would move, and whose it is. */
static void print_plan(const struct drain *drain, const struct analysis *found,
		       const struct numa_nodes *targets, bool alone,
		       const struct output *out)
{
	const struct hugepage_pool *pool = drain->pools;
	char size[32];
	size_t i;

	size_to_human(size, sizeof(size), found->to_move);
	printf("%s: %s would move to node", found->name, size);
	for (i = 0; i < targets->nr; i++)
		printf("%s%d", i ? ", " : " ", targets->nodes[i].id);
	putchar('\n');
	analysis_print_processes(found, out);
	if (!alone) {
		printf("%s: " SHARED_NODE "\n", found->name, found->node);
		return;
	}
	size_to_human(size, sizeof(size), read_cache(drain->node));
	printf("%s: up to %s of caches would be dropped\n", found->name,
	       size);
	for (i = 0; i < drain->nr_pools; i++, pool++) {
		size_to_human(size, sizeof(size), pool->size);
		if (pool->unused)
			printf("%s: %llu unused huge pages of %s would be given up\n",
			       found->name, pool->unused, size);
	}
}

static int empty_node(struct drain *drain, const struct analysis *found,
		      struct numa_nodes *targets, const struct output *out)
{
	bool alone = is_alone(found);

	if (alone)
		drain->nr_pools = hugepage_pools(drain->pools, drain->node);
	if (dry_run && !out->json)
		print_plan(drain, found, targets, alone, out);
	if (!alone) {
		say("%s: " SHARED_NODE "\n", found->name, found->node);
		return 0;
	}
	drop_caches(found);
	shrink_pools(drain, found->name);
	return dry_run ? 0 : move_processes(drain, found, targets);
}

/* The kernel would try for ever to move what is still in the way now. */
static int check_rest(struct drain *drain, const char *name)
{
	struct analysis found;
	char reason[256];
	int rc;

	rc = analyze(&found, name);
	drain->unread = rc;
	analysis_reason(&found, reason, sizeof(reason));
	if (!rc && found.lacks_room)
		rc = fail(EX_REFUSED,
			  "stop programs that 'kmemctl why DEV' names",
			  "room ran out on the other nodes: %s", reason);
	else if (!rc && found.offlinable == OFFLINABLE_UNLIKELY)
		rc = fail(EX_REFUSED,
			  "stop the programs with pinned pages, then try again",
			  "pages are pinned, which nothing can move");
	else if (!rc && found.offlinable == OFFLINABLE_NO)
		rc = fail(EX_REFUSED,
			  "memory onlined with --movable can go offline again",
			  "it cannot go offline: %s", reason);
	analysis_free(&found);
	return rc;
}

int drain_device(struct drain *drain, const struct dax_dev *dev,
		 const struct block_set *blocks, const char *to,
		 const struct output *out)
{
	struct numa_nodes targets = { 0 };
	struct analysis found = { 0 };
	int rc;

	drain->node = blocks_node(blocks);
	if (drain->node == NO_NODE)
		drain->node = dev->target_node;
	rc = choose_targets(&targets, drain->node, to);
	if (!rc && blocks_online(blocks)) {
		rc = analyze(&found, dev->name);
		drain->unread = rc;
		if (!rc)
			rc = check_room(&found, &targets, to);
		if (!rc)
			rc = empty_node(drain, &found, &targets, out);
		if (!rc)
			rc = check_rest(drain, dev->name);
	}
	fflush(stdout);
	numa_free(&targets);
	analysis_free(&found);
	return rc;
}

static void restore_pool(const struct drain *drain,
			 const struct hugepage_pool *pool, const char *name)
{
	__u64 now;

	if (resize_pool(drain->node, pool, pool->total, &now) &&
	    now == pool->total)
		return;
	fail(EX_PARTLY, "write to nr_hugepages again when there is room",
	     "node%d has %llu of %llu huge pages of its pool back",
	     drain->node, now, pool->total);
	fail_print(name, NULL);
}

static void report(const char *name)
{
	struct output out = { 0 };
	struct analysis found;

	if (analyze(&found, name))
		fail_print(name, NULL);
	else
		analysis_print(&found, &out);
	analysis_free(&found);
}

void drain_rollback(const struct drain *drain, const char *name)
{
	bool stopped = stop_requested();
	char outcome[96] = "nothing was changed", size[32];
	size_t i;

	if (drain->moved) {
		size_to_human(size, sizeof(size), drain->moved);
		snprintf(outcome, sizeof(outcome),
			 "%s that --drain moved stays on other nodes", size);
	}
	if (fail_pending())
		fail_print(name, outcome);
	else if (drain->moved)
		fprintf(stderr, "kmemctl: %s: %s\n", name, outcome);
	signals_hold();
	for (i = 0; i < drain->nr_pools; i++)
		if (drain->pools[i].unused)
			restore_pool(drain, &drain->pools[i], name);
	/* the stop that ended the command does not end the report as well */
	if (!stopped)
		signals_release();
	/* quiet: --quiet, and a dry run, which may print JSON */
	if (!drain->unread && talk != TALK_QUIET)
		report(name);
	if (stopped)
		signals_release();
}
