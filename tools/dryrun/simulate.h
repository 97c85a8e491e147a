/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A simulation of the kernel: commands run as always, but their writes are only
 * recorded, and reading a file gives what it would hold after them.
 */
#ifndef KMEMCTL_SIMULATE_H
#define KMEMCTL_SIMULATE_H

#include "device/memblock.h"
#include "lib/util.h"

/* From here to the end of the program nothing is changed. */
void simulate_start(void);

/*
 * Around one device. simulate_end() returns its writes as lines of a shell
 * script, to be freed; NULL: none. If the command failed they are undone.
 */
void simulate_begin(void);
char *simulate_end(bool failed);

/* Bytes of RAM that would be available; 0: none, or not known. */
__u64 simulated_available(void);

/* In memory.c, for simulate.c: all return 0 or a negative errno. */

/* The file would hold this text, or, with NULL, would not exist. */
void put_file(const char *text, const char *fmt, ...) PRINTF(2, 3);
/* The probe and the removal of the kmem driver. */
int kmem_probe(const struct dax_dev *dev, const struct block_set *set);
void kmem_remove(const struct dax_dev *dev, const struct block_set *set);
/* A write to the "state" of a device, or of a memory block. */
int write_device_state(const char *name, const char *word);
int write_block_state(__u64 id, const char *word);
/* Bytes of RAM that the memmap of added memory takes. */
extern long long memmap_taken;

#endif
