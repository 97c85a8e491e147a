// SPDX-License-Identifier: GPL-2.0-only
/*
 * "doctor": checks what keeps dax devices from becoming memory, or memory from
 * being given back, and names the next step. Changes nothing and needs no
 * root; a check that needs root says so.
 */
#include "doctor/findings.h"

#include <stdlib.h>

#include "cmd/cmd.h"

int cmd_doctor(const struct options *opts, char **devices, int nr)
{
	struct findings findings = { 0 };
	int rc;

	doctor_modules(&findings);
	doctor_system(&findings);
	doctor_devices(&findings);
	doctor_config(&findings);
	rc = findings_print(&findings, &opts->out);
	free(findings.list);
	return rc;
}
