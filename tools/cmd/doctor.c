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
	struct doctor doctor = { 0 };
	int rc;

	doctor_kernel(&doctor);
	doctor_modules(&doctor);
	doctor_policy(&doctor);
	doctor_udev(&doctor);
	doctor_devices(&doctor);
	doctor_config(&doctor);
	rc = findings_print(&doctor, &opts->out);
	free(doctor.findings);
	return rc;
}
