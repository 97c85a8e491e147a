/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * device/ reads what the kernel shows of dax devices, memory blocks, zones and
 * nodes: dax.c is the devices, memblock.c their blocks. Everything here only
 * reads, and calls only lib/.
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

#endif
