# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317
#
# Verdicts: the KTAP helpers' output and exit codes, judge.awk's counting,
# check.sh's last line. Sourced by selftest.sh.

# verdict RC LINE...: what judge.awk says of a job, its counts only.
verdict() {
	local rc=$1

	shift
	printf '%s\n' "$@" | awk -v rc="$rc" -f "$SELFTESTS/lib/judge.awk" | head -n 1
}

judges() {
	local expected=$1

	shift
	equal "$expected" "$(verdict "$@")"
}

ktap_check "judge: two passes" judges "2 0 0" 0 "1..2" "ok 1 - a" "ok 2 - b"
ktap_check "judge: the plan may come last" judges "1 0 0" 0 "ok 1 - a" "1..1"
ktap_check "judge: a failure counts" judges "1 1 0" 1 "1..2" "ok 1 - a" "not ok 2 - b"
ktap_check "judge: a failure counts when the exit code is 0" \
	judges "1 1 0" 0 "1..2" "ok 1 - a" "not ok 2 - b"
ktap_check "judge: a skip is not a pass" \
	judges "1 0 1" 0 "1..2" "ok 1 - a" "ok 2 - b # SKIP no such thing"
ktap_check "judge: a job that skips all is a skip" judges "0 0 1" 4 "1..0 # SKIP no device"
ktap_check "judge: silence is a failure, no plan another" judges "0 2 0" 0 ""
ktap_check "judge: a plan and no claim is a failure" judges "0 2 0" 0 "1..2"
ktap_check "judge: an empty plan without a reason is a failure" judges "0 1 0" 0 "1..0"
ktap_check "judge: no plan is a failure" judges "1 1 0" 0 "ok 1 - a"
ktap_check "judge: two plans are a failure" judges "1 1 0" 0 "1..1" "ok 1 - a" "1..1"
ktap_check "judge: fewer claims than planned is a failure" judges "1 1 0" 0 "1..2" "ok 1 - a"
ktap_check "judge: more claims than planned is a failure" \
	judges "2 1 0" 0 "1..1" "ok 1 - a" "ok 2 - b"
ktap_check "judge: claims out of order are a failure" \
	judges "2 1 0" 0 "1..2" "ok 2 - b" "ok 1 - a"
ktap_check "judge: an exit code without a failed claim is a failure" \
	judges "1 1 0" 1 "1..1" "ok 1 - a"
ktap_check "judge: a killed job is a failure" judges "1 1 0" 137 "1..1" "ok 1 - a"
ktap_check "judge: an unclean kernel log is a failure" judges "1 1 0" 126 "1..1" "ok 1 - a"
ktap_check "judge: a failed claim does not explain a kill" \
	judges "0 2 0" 137 "1..1" "not ok 1 - a"
ktap_check "judge: exit code 4 needs a skip" judges "1 1 0" 4 "1..1" "ok 1 - a"
ktap_check "judge: bailing out is a failure" \
	judges "1 1 0" 1 "1..1" "ok 1 - a" "Bail out! no memory"
ktap_check "judge: an indented claim is somebody else's" \
	judges "1 0 0" 0 "1..1" "ok 1 - a" "    not ok 1 - inner" "# not ok"

# ktap_script BODY: run it with the helpers, in busybox's shell and in ours.
ktap_script() {
	local shell rc=0

	for shell in sh bash; do
		$shell -c ". '$SELFTESTS/lib/ktap.sh'; $1" >"$WORK/$shell.out" 2>&1
		echo $? >>"$WORK/$shell.out"
	done
	cat "$WORK/sh.out"
	diff "$WORK/sh.out" "$WORK/bash.out" || rc=1
	return "$rc"
}

ktap_prints() {
	local expected=$1

	equal "TAP version 13
$expected" "$(ktap_script "$2")"
}

ktap_check "ktap: passes and plan last, exit code 0" \
	ktap_prints "ok 1 - a
1..1
0" 'ktap_pass a; ktap_done'
ktap_check "ktap: a failure shows why, exit code 1" \
	ktap_prints "not ok 1 - a
# why
# and how
1..1
1" 'ktap_fail a "why
and how"; ktap_done'
ktap_check "ktap: a failed check shows command, code and output" \
	ktap_prints "not ok 1 - a
# eval echo out; exit 3 returned 3
# out
1..1
1" 'ktap_check a eval "echo out; exit 3"; ktap_done'
ktap_check "ktap: a skip among passes, exit code 0" \
	ktap_prints "1..2
ok 1 - a
ok 2 - b # SKIP c
0" 'ktap_plan 2; ktap_pass a; ktap_skip b c; ktap_done'
ktap_check "ktap: only skips, exit code 4" \
	ktap_prints "ok 1 - a # SKIP b
1..1
4" 'ktap_skip a b; ktap_done'
ktap_check "ktap: skipping all, exit code 4" \
	ktap_prints "1..0 # SKIP b
4" 'ktap_skip_all b; ktap_pass a'
ktap_check "ktap: a plan that is not kept, exit code 1" \
	ktap_prints "1..2
ok 1 - a
# planned 2 claims, made 1
1" 'ktap_plan 2; ktap_pass a; ktap_done'
ktap_check "ktap: no claim at all, exit code 1" \
	ktap_prints "1..0
# no claim was made
1" 'ktap_done'

# check_sh TABLE...: run check.sh on a table of its own; all of its output, and
# its exit code as one more line.
check_sh() {
	printf '%s\n' "$@" >"$WORK/jobs"
	KMEM_JOBS=$WORK/jobs KMEM_RESULTS=$WORK/results \
		sh "$SELFTESTS/check.sh" 2>&1
	echo "exit $?"
}

check_ends() {
	local expected=$1

	shift
	equal "$expected" "$(check_sh "$@" | tail -n 2)"
}

mkdir "$WORK/bin"
job() {
	printf '#!/bin/sh\n%s\n' "$2" >"$WORK/bin/$1"
	chmod +x "$WORK/bin/$1"
}
job good 'echo 1..2; echo "ok 1 - a"; echo "ok 2 - b"'
job bad 'echo 1..2; echo "ok 1 - a"; echo "not ok 2 - went wrong"; echo "# saw 3"; exit 1'
job tells 'echo 1..2; echo "not ok 1 - a"; echo "ok 2 - b"; echo "# fine"; exit 1'
job skips 'echo "1..0 # SKIP no device"; exit 4'
job silent ''
job dies 'echo 1..1; echo "ok 1 - a"; kill -9 $$'
# shellcheck disable=SC2016 # the job's
job where 'echo 1..1; [ -e dkms.conf ] && echo "ok 1 - $1" || echo "not ok 1"'
good="host|good|-||$WORK/bin/good"

ktap_check "check: all passed, exit code 0" check_ends "2 passed, 0 failed, 0 skipped
exit 0" "$good"
ktap_check "check: several jobs add up" check_ends "4 passed, 0 failed, 0 skipped
exit 0" "$good" "host|more|-||$WORK/bin/good"
ktap_check "check: a failed claim, exit code 1" check_ends "3 passed, 1 failed, 0 skipped
exit 1" "$good" "host|bad|-||$WORK/bin/bad"
ktap_check "check: a skip, exit code 1" check_ends "2 passed, 0 failed, 1 skipped
exit 1" "$good" "host|skips|-||$WORK/bin/skips"
ktap_check "check: a job that says nothing, exit code 1" check_ends "2 passed, 2 failed, 0 skipped
exit 1" "$good" "host|silent|-||$WORK/bin/silent"
ktap_check "check: a job that is killed, exit code 1" check_ends "3 passed, 1 failed, 0 skipped
exit 1" "$good" "host|dies|-||$WORK/bin/dies"
ktap_check "check: a job that is not there, exit code 1" check_ends "0 passed, 3 failed, 0 skipped
exit 1" "host|none|-||$WORK/bin/none"
ktap_check "check: jobs run in the top directory, with arguments" \
	check_ends "1 passed, 0 failed, 0 skipped
exit 0" "host | where | - |  | $WORK/bin/where there"
ktap_check "check: what claims that pass say is not" \
	equal "" "$(check_sh "host|tells|-||$WORK/bin/tells" | grep -e '# fine')"
ktap_check "check: failing lines are shown" \
	has "$(check_sh "host|bad|-||$WORK/bin/bad")" '^ +not ok 2 - went wrong$'
ktap_check "check: what they saw is shown below them" \
	has "$(check_sh "host|bad|-||$WORK/bin/bad")" '^ +# saw 3$'
ktap_check "check: the output is kept" \
	has "$(cat "$WORK/results/bad.-.out")" '^not ok 2 - went wrong$'
ktap_check "check: an empty table is an error" \
	has "$(check_sh "# nothing")" '^exit 2$'
ktap_check "check: every job of the real table is there" \
	equal "" "$(sh "$SELFTESTS/check.sh" --list | awk '$1 != "host" && $1 != "guest"')"
