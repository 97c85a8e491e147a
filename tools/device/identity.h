/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The identity of a dax device: its name may change at each boot, but the source
 * of its memory does not. A section of kmemctl.conf names a device by it.
 */
#ifndef KMEMCTL_IDENTITY_H
#define KMEMCTL_IDENTITY_H

#include "device/dax.h"

#define UUID_SIZE 37
#define MAX_SERIALS 16
#define IDENTITY_TEXT 64

enum source {
	SOURCE_UNKNOWN,
	SOURCE_NVDIMM,
	SOURCE_CXL,
	SOURCE_SOFT_RESERVED,
};

struct identity {
	enum source source;
	char uuid[UUID_SIZE];		/* of its namespace; empty: none */
	char region[UUID_SIZE];		/* of its CXL region; empty: none */
	__u64 serials[MAX_SERIALS];	/* of the CXL memory devices */
	size_t nr_serials;
	struct range range;		/* lowest and highest address */
	bool has_range;
};

/* Fields that cannot be read stay empty; that is no error. */
void identity_read(struct identity *id, const struct dax_dev *dev);
/* Such as "nvdimm UUID"; empty without an identity. */
void identity_text(const struct identity *id, char *buf, size_t size);
/* Lower case, 8-4-4-4-12, and not all zeroes. */
bool uuid_parse(char uuid[UUID_SIZE], const char *text);

#endif
