// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check of "doctor": whether the files of the configuration can be used.
 */
#include "config/config.h"
#include "doctor/findings.h"

void doctor_config(struct findings *findings)
{
	struct config config = { .quiet = true };

	int rc = config_load(&config);

	if (config.denied)
		finding_add(findings, "config", SEVERITY_UNKNOWN, NULL, "%s",
			   config.first_error);
	else if (rc)
		finding_add(findings, "config", SEVERITY_FAIL,
			   "'kmemctl check-config' shows all errors",
			   "%s", config.first_error);
	else
		finding_add(findings, "config", SEVERITY_OK, NULL,
			   "%zu section%s in %zu file%s", config.nr,
			   config.nr == 1 ? "" : "s", config.nr_files,
			   config.nr_files == 1 ? "" : "s");
	config_free(&config);
}
