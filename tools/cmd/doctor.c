// SPDX-License-Identifier: GPL-2.0-only
/*
 * "doctor": checks what keeps dax devices from becoming memory, or memory from
 * being given back, and names the next step. Changes nothing and needs no
 * root; a check that needs root says so.
 */
#include "doctor/findings.h"

#include "cmd/cmd.h"

int cmd_doctor(const struct options *opts, char **devices, int nr)
{
	doctor_modules();
	doctor_system();
	doctor_devices();
	doctor_config();
	return findings_print(&opts->out);
}
