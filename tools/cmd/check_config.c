// SPDX-License-Identifier: GPL-2.0-only
/*
 * "check-config": prints the errors in the configuration with file and line,
 * and warns about sections that match no device. Changes nothing.
 */
#include <stdio.h>

#include "cmd/cmd.h"
#include "config/config.h"

int cmd_check_config(const struct options *opts, char **devices, int nr)
{
	struct config config = { 0 };
	int rc = config_load(&config);

	if (!rc && !config.nr_files)
		puts("no configuration: see kmemctl.conf(5)");
	else if (!rc)
		printf("no error: %zu section%s in %zu file%s\n", config.nr,
		       config.nr == 1 ? "" : "s", config.nr_files,
		       config.nr_files == 1 ? "" : "s");
	if (!rc)
		config_warn_unmatched(&config);
	config_free(&config);
	return rc;
}
