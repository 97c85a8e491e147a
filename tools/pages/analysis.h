/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Analysis of what keeps a device's memory, or one memory block, online.
 */
#ifndef KMEMCTL_ANALYSIS_H
#define KMEMCTL_ANALYSIS_H

#include "lib/table.h"
#include "pages/holders.h"
#include "pages/kernel_log.h"

/* Ascending: the higher, the worse. */
enum offlinable {
	OFFLINABLE_YES,
	OFFLINABLE_ALREADY,	/* it is offline */
	OFFLINABLE_MAYBE,	/* depends on what cannot be seen */
	OFFLINABLE_UNLIKELY,	/* not while a page is pinned */
	OFFLINABLE_NO,
};

struct block_analysis {
	enum offlinable offlinable;
	char reason[160];
	__u64 bytes[NR_PAGE_KINDS];
};

struct analysis {
	char name[32];		/* of the device or block */
	bool is_device;
	bool exclusive;		/* kmem/exclusive is 1 */
	int node;
	struct dax_dev dev;
	struct block_set blocks;
	struct pages pages;
	struct holders holders;
	struct kernel_log log;
	struct block_analysis *per_block;
	size_t nr_offlinable;	/* blocks: OFFLINABLE_YES */
	__u64 bytes[NR_PAGE_KINDS];
	__u64 to_move;
	__u64 room;		/* on all other nodes */
	bool lacks_room;
	enum offlinable offlinable;	/* the worst of the blocks and of the room */
};

/* Returns 0 or an exit code, with the failure remembered. */
int analyze(struct analysis *found, const char *name);
void analysis_free(struct analysis *found);

/* Why, in a few words; empty for what can go offline. */
void analysis_reason(const struct analysis *found, char *buf, size_t size);

/*
 * Scans one block, without its processes, the kernel log and the room: within a
 * second. The reason is empty when nothing is found, or it cannot be read.
 */
void analyze_block(__u64 id, char *reason, size_t size);

/*
 * Whether the kernel would offline a block, by the bytes of each kind of page.
 * The reason is empty for a block that is offline or can go offline.
 */
enum offlinable block_offlinable(const struct block *block,
				 const __u64 bytes[NR_PAGE_KINDS],
				 char *reason, size_t size);

/* Prints as text and tables, or as JSON; columns are those of the blocks. */
void analysis_print(const struct analysis *found, const struct output *out);
/* The table of processes alone. */
void analysis_print_processes(const struct analysis *found,
			      const struct output *out);
/* Returns 0 or an exit code, with the failure remembered. */
int analysis_check_columns(const struct output *out);

#endif
