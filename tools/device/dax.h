/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * device/ reads what the kernel shows of dax devices, memory blocks, zones and
 * nodes: dax.c the devices, identity.c their origin, chardev.c /dev/daxX.Y,
 * memblock.c their blocks, iomem.c the reservations. Everything here only reads,
 * and calls only lib/.
 */
#ifndef KMEMCTL_DAX_H
#define KMEMCTL_DAX_H

#include "lib/util.h"

#define KMEM_DRIVER "kmem"
#define DEVDAX_DRIVER "device_dax"

/* The kernel hides the attribute of a device without a node. */
#define NO_NODE (-1)

struct range {
	__u64 start;
	__u64 end;		/* inclusive */
};

struct dax_dev {
	char name[32];
	char driver[64];	/* empty: none */
	__u64 size;
	__u64 align;
	int target_node;
	int numa_node;
	struct range *ranges;	/* ascending, no overlap */
	size_t nr_ranges;
	bool no_permission;	/* only root can read the ranges */
};

/* All return 0 or an exit code, with the failure remembered. */
int dax_bus_check(void);
int dax_check_name(const char *name);
int dax_read(struct dax_dev *dev, const char *name);
/* All devices by name, ascending; one piece of memory, to be freed. */
int dax_names(char ***names, size_t *nr);

bool dax_exists(const char *name);
void dax_free(struct dax_dev *dev);
/* Its driver, empty if it has none. Returns 0 or a negative errno. */
int dax_driver(const char *name, char *driver, size_t size);

/* Memory that an unbind left in use; its device may or may not exist. */
struct stranded {
	struct dax_dev *records;	/* name, node and ranges of each device */
	size_t nr;
	bool hidden;			/* only root can read them */
};

/* None if the driver is not dax-kmem. Returns 0 or a negative errno. */
int stranded_read(struct stranded *all);
/* Empties the records of memory that belongs to a device that exists. */
void stranded_drop(struct stranded *all, const struct dax_dev *dev);
void stranded_free(struct stranded *all);

/*
 * In iomem.c: calls it with each range; all addresses are 0 to others than root.
 * Returns 0 or a negative errno.
 */
int iomem_each(void (*found)(const struct range *range, const char *name,
			     void *arg), void *arg);
/* Whether some kmem has reserved exactly the blocks of one of the ranges. */
bool iomem_reserves(const struct dax_dev *dev, __u64 block_size);

/* In identity.c: a section of kmemctl.conf names a device by this. */

#define UUID_SIZE 37
#define MAX_SERIALS 16
#define IDENTITY_TEXT (16 + 19 * MAX_SERIALS)

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
/* Such as "nvdimm UUID"; empty without an identity. Returns buf. */
char *identity_text(const struct identity *id, char *buf, size_t size);
/* Lower case, 8-4-4-4-12, and not all zeroes. */
bool uuid_parse(char uuid[UUID_SIZE], const char *text);

/* In chardev.c: the character device /dev/daxX.Y. */

struct chardev_user {
	int pid;
	char command[32];
	bool mapped;		/* else open */
};

/* Finds a process that has the character device open or mapped. */
bool chardev_find_user(struct chardev_user *user, const char *name);

struct chardev_content {
	char signature[32];	/* "ext4", "PMEMOBJ"; empty: none known */
	__u64 hash;		/* of the pages, if there is a signature */
};

/*
 * Reads the first 2 MiB of a device that device_dax holds. Returns 0 or a
 * negative errno.
 */
int chardev_read(struct chardev_content *content, const struct dax_dev *dev);

#endif
