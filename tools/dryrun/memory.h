/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory of the simulated kernel: blocks that the kmem driver adds and
 * removes, their states, and the RAM that their memmap takes.
 */
#ifndef KMEMCTL_MEMORY_H
#define KMEMCTL_MEMORY_H

#include <string.h>

#include "device/memblock.h"
#include "lib/path.h"

/* The file would hold this text, or, with NULL, would not exist. */
#define put_file(text, ...) \
	pending_put(path_of(__VA_ARGS__) + strlen(path_root()), text)

/* Notes the RAM that is available now, before any file is simulated. */
void note_available(void);
/* Bytes of RAM that would be available; 0: not known, 1: none. */
__u64 simulated_available(void);
/* Bytes of RAM that the memmap of added memory takes. */
extern long long memmap_taken;

/* The probe and the removal of the kmem driver; 0 or a negative errno. */
int kmem_probe(const struct dax_dev *dev, const struct block_set *set);
void kmem_remove(const struct dax_dev *dev, const struct block_set *set);
/* A write to "state" of a device, or of a memory block; as the probe. */
int write_device_state(const char *name, const char *word);
int write_block_state(__u64 id, const char *word);

#endif
