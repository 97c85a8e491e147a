/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dax bus of the fake kernel: which driver holds which device.
 */
#ifndef FAKE_BUS_H
#define FAKE_BUS_H

/* 0 or an errno. */
int bus_unbind(const char *driver, const char *dev);

/* A write to new_id, remove_id, bind or unbind: 0 or an errno. */
int write_driver(const char *driver, const char *file, const char *dev);

#endif
