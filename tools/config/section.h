/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a section of kmemctl.conf says: which devices it is for and what shall
 * become of them.
 */
#ifndef KMEMCTL_SECTION_H
#define KMEMCTL_SECTION_H

#include "device/identity.h"

enum match {
	MATCH_ALL,
	MATCH_NVDIMM,
	MATCH_CXL_REGION,
	MATCH_CXL_MEMDEV,
	MATCH_SOFT_RESERVED,
};

enum key {
	KEY_MODE,
	KEY_ZONE,
	KEY_MEMMAP,
	KEY_EXCLUSIVE,
	KEY_TIMEOUT,
	/* of daxctl's sections only */
	KEY_DAXCTL_UUID,
	KEY_DAXCTL_ONLINE,
	KEY_DAXCTL_MOVABLE,
	NR_KEYS
};

enum mode { MODE_SYSTEM_RAM, MODE_DEVDAX };
enum policy_zone { POLICY_MOVABLE, POLICY_NORMAL };
enum policy_memmap { POLICY_DEVICE, POLICY_RAM };

struct section {
	const char *file;	/* of the configuration */
	unsigned int line;	/* of its [section] */
	enum match match;
	bool daxctl;		/* one of daxctl's sections */
	char uuid[UUID_SIZE];
	__u64 serial;
	struct range range;
	/* values by key; a line of 0: not said */
	int value[NR_KEYS];
	unsigned int key_line[NR_KEYS];
};

/*
 * All return 0 or an exit code, with the failure remembered: what is wrong,
 * without file and line.
 */
int section_begin(struct section *policy, const char *section);
int section_begin_daxctl(struct section *policy);
int section_key(struct section *policy, const char *key, const char *value,
	       unsigned int line);
/* When its last key was read. */
int section_complete(struct section *policy);

/* Two sections that could be for one device. */
bool sections_collide(const struct section *a, const struct section *b);
bool section_matches(const struct section *policy, const struct identity *id);

#endif
