/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * --help of the program and of each command.
 */
#ifndef KMEMCTL_HELP_H
#define KMEMCTL_HELP_H

/* NULL or a command there is not: that of the program. */
void help_print(const char *command);

#endif
