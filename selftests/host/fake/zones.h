/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What files tell of zones, by the state of the blocks at that moment.
 */
#ifndef FAKE_ZONES_H
#define FAKE_ZONES_H

/* As /proc/zoneinfo, of what kmemctl may look at. */
void write_zoneinfo(int fd);

/* As our driver's kmem/zones. */
void write_zones(int fd, const char *dev);

#endif
