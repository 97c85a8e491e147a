// SPDX-License-Identifier: GPL-2.0-only
/*
 * "doctor": one line for each thing that keeps dax devices from becoming memory
 * or memory from being given back, with a verdict and the next step. It changes
 * nothing and needs no root, but says what root would see.
 */
#include "doctor/findings.h"

#include <stdlib.h>

#include "cmd/cmd.h"

int cmd_doctor(const struct options *opts, char **devices, int nr)
{
	struct findings findings = { 0 };
	int rc;

	doctor_kernel(&findings);
	doctor_modules(&findings);
	doctor_policy(&findings);
	doctor_udev(&findings);
	doctor_devices(&findings);
	doctor_config(&findings);
	rc = findings_print(&findings, &opts->out);
	free(findings.list);
	return rc;
}
