// SPDX-License-Identifier: GPL-2.0-only
/*
 * "why": what keeps a device's memory, or one memory block, from going offline,
 * and who holds it. Reads only; the exit code is the verdict.
 */
#include "cmd/cmd.h"
#include "pages/analysis.h"
#include "pages/analysis_print.h"

int cmd_why(const struct options *opts, char **names, int nr)
{
	struct diagnosis diag = { 0 };
	int rc;

	rc = report_check(&opts->out);
	if (rc) {
		fail_print(NULL, NULL);
		return rc;
	}
	rc = diagnose(&diag, names[0]);
	if (rc) {
		fail_print(names[0], NULL);
	} else {
		report_print(&diag, &opts->out);
		rc = diag.verdict <= IS_OFFLINE ? EX_DONE : EX_REFUSED;
	}
	diagnosis_free(&diag);
	return rc;
}
