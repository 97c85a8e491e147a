// SPDX-License-Identifier: GPL-2.0-only
/*
 * "why": what keeps a device's memory, or one memory block, from going offline,
 * and who holds it. Reads only; the exit code is the verdict.
 */
#include "cmd/cmd.h"
#include "pages/analysis.h"

int cmd_why(const struct options *opts, char **names, int nr)
{
	struct analysis found = { 0 };
	int rc;

	rc = analysis_check_columns(&opts->out);
	if (rc) {
		fail_print(NULL, NULL);
		return rc;
	}
	rc = analyze(&found, names[0]);
	if (rc) {
		fail_print(names[0], NULL);
	} else {
		analysis_print(&found, &opts->out);
		rc = found.offlinable <= OFFLINABLE_ALREADY ? EX_DONE : EX_REFUSED;
	}
	analysis_free(&found);
	return rc;
}
