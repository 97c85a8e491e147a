/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that is known of what keeps a device's memory, or one block, online.
 */
#ifndef KMEMCTL_ANALYSIS_H
#define KMEMCTL_ANALYSIS_H

#include "pages/holders.h"
#include "pages/kmsg.h"
#include "pages/offlinable.h"

struct block_analysis {
	enum offlinable offlinable;
	char reason[160];
	__u64 bytes[NR_PAGE_KINDS];
};

struct analysis {
	char name[32];		/* of the device or block */
	bool is_device;
	bool exclusive;		/* the driver refuses all but itself */
	int node;
	struct dax_dev dev;
	struct block_set blocks;
	struct pages pages;
	struct holders holders;
	struct kernel_log log;
	struct block_analysis *per_block;
	__u64 bytes[NR_PAGE_KINDS];
	__u64 to_move;
	__u64 room;		/* on all other nodes */
	enum offlinable offlinable;	/* the worst of the blocks and of the room */
};

/* Return 0 or an exit code, with the failure remembered. */
int analyze(struct analysis *found, const char *name);
void analysis_free(struct analysis *found);

/* Everything but the room is fine. */
bool analysis_lacks_room(const struct analysis *found);

#endif
