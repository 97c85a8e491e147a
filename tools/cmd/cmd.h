/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the command line asks for, and the commands.
 */
#ifndef KMEMCTL_CMD_H
#define KMEMCTL_CMD_H

#include "device/memblock.h"
#include "device/memmap.h"
#include "lib/table.h"

struct options {
	struct output out;
	unsigned int timeout;	/* seconds; 0: none */
	bool dry_run;
	bool zone_chosen;
	enum zone zone;
	enum memmap_request memmap;
	bool exclusive;
	bool force;		/* overwrite what has data or is in use */
	bool drain;
	const char *to;		/* nodes; NULL: any */
	const char *width;	/* NULL: that of the terminal */
};

/* Each takes the devices named, and returns the exit code of the program. */
int cmd_list(const struct options *opts, char **devices, int nr);
int cmd_online(const struct options *opts, char **devices, int nr);
int cmd_offline(const struct options *opts, char **devices, int nr);
int cmd_bind(const struct options *opts, char **devices, int nr);
int cmd_map(const struct options *opts, char **devices, int nr);
int cmd_why(const struct options *opts, char **names, int nr);
int cmd_unbind(const struct options *opts, char **devices, int nr);
int cmd_apply(const struct options *opts, char **devices, int nr);
int cmd_doctor(const struct options *opts, char **devices, int nr);
int cmd_check_config(const struct options *opts, char **devices, int nr);

/* One device of "online" and "offline". */
int online_device(const char *name, const struct options *opts);
int offline_device(const char *name, const struct options *opts);
/* Sets kmem/exclusive; prints why if it cannot and returns EX_PARTLY. */
int set_exclusive(const char *name, bool exclusive);

/* For --help. */
void list_print_columns(void);

#endif
