# SPDX-License-Identifier: GPL-2.0-only
#
# Judges one job's KTAP output: awk -v rc=EXITCODE -f judge.awk FILE prints
# "PASSED FAILED SKIPPED", then what was wrong, a line each. Silence, a plan
# that does not match and an exit code that says otherwise are failures.

function wrong(text) {
	failed++
	complaints = complaints text "\n"
}

/^1\.\.[0-9]+/ {
	plans++
	plan = substr($1, 4) + 0
	if (plan == 0 && /# *[Ss][Kk][Ii][Pp]/) {
		skipped++
		complaints = complaints $0 "\n"
	}
}

/^(not )?ok( |$)/ {
	claims++
	number = $1 == "not" ? $3 : $2
	if (number != claims && !misnumbered++)
		wrong("claim " claims " has the number '" number "'")
}

/^not ok( |$)/ { wrong($0) }

# what the failed claim saw, a few lines of it
/^(not )?ok( |$)/ { shown = $1 == "not" ? 0 : 9 }
/^# / && claims && shown++ < 8 { complaints = complaints "  " $0 "\n" }

/^ok( |$)/ {
	if (/# *[Ss][Kk][Ii][Pp]/) {
		skipped++
		complaints = complaints $0 "\n"
	} else {
		passed++
	}
}

/^Bail out!/ { wrong($0) }

END {
	said = failed
	if (plans != 1)
		wrong(plans + 0 " plans instead of one")
	else if (plan != claims + 0)
		wrong("planned " plan " claims, made " claims + 0)
	if (!claims && !skipped)
		wrong("no claim was made")
	if (rc == 1 ? !said : rc == 4 ? !skipped : rc != 0)
		wrong("exit code " rc ", which its claims do not explain")
	print passed + 0, failed + 0, skipped + 0
	printf "%s", complaints
}
