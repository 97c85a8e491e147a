/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A write by the program to a file of the fake kernel.
 */
#ifndef FAKE_WRITES_H
#define FAKE_WRITES_H

/* path is below sys/; 0 or an errno. */
int write_file(const char *path, const char *value);

#endif
