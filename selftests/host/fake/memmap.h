/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the memmap of a device is, in the fake kernel.
 */
#ifndef FAKE_MEMMAP_H
#define FAKE_MEMMAP_H

/* The files of our driver, which was just bound to the device. */
void add_memmap_files(const char *dev);
void remove_memmap_files(const char *dev);

/* What the memmap of that many blocks takes of the device. */
void put_memmap(const char *dev, unsigned long long blocks);

/* A write to the bus's attribute or to our driver's: 0 or an errno. */
int write_memmap(const char *dev, const char *file, const char *value);

#endif
