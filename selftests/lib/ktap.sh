# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# KTAP for shell tests: one line per claim, the claim written as a sentence.
# Works in bash, dash and busybox ash; source it, make claims, end with
# ktap_done. Exit codes are kselftest's: 0 pass, 1 fail, 4 all skipped.

KTAP_COUNT=0
KTAP_FAILED=0
KTAP_SKIPPED=0
KTAP_PLAN=

echo "TAP version 13"

# ktap_plan N: announce N claims. Without it ktap_done prints the plan last.
ktap_plan() {
	KTAP_PLAN=$1
	echo "1..$KTAP_PLAN"
}

# ktap_diag TEXT: each line of TEXT becomes a diagnostic.
ktap_diag() {
	printf '%s\n' "$1" | sed 's/^/# /'
}

# ktap_pass SENTENCE
ktap_pass() {
	KTAP_COUNT=$((KTAP_COUNT + 1))
	echo "ok $KTAP_COUNT - $1"
}

# ktap_fail SENTENCE [DIAGNOSTIC]
ktap_fail() {
	KTAP_COUNT=$((KTAP_COUNT + 1))
	KTAP_FAILED=$((KTAP_FAILED + 1))
	echo "not ok $KTAP_COUNT - $1"
	[ -z "${2-}" ] || ktap_diag "$2"
}

# ktap_skip SENTENCE WHY
ktap_skip() {
	KTAP_COUNT=$((KTAP_COUNT + 1))
	KTAP_SKIPPED=$((KTAP_SKIPPED + 1))
	echo "ok $KTAP_COUNT - $1 # SKIP $2"
}

# ktap_check SENTENCE COMMAND [ARG...]: passes when COMMAND returns 0, shows
# what it printed when it does not. COMMAND runs in a subshell.
ktap_check() {
	ktap_claim=$1
	shift
	if ktap_out=$("$@" 2>&1 </dev/null); then
		ktap_pass "$ktap_claim"
	else
		ktap_fail "$ktap_claim" "$* returned $?${ktap_out:+
$ktap_out}"
	fi
}

# ktap_skip_all WHY: nothing here can be tested; say so and leave.
ktap_skip_all() {
	echo "1..0 # SKIP $1"
	exit 4
}

# ktap_done: print the plan if that is still to do, and leave with the result.
ktap_done() {
	if [ -z "$KTAP_PLAN" ]; then
		echo "1..$KTAP_COUNT"
	elif [ "$KTAP_PLAN" -ne "$KTAP_COUNT" ]; then
		echo "# planned $KTAP_PLAN claims, made $KTAP_COUNT"
		exit 1
	fi
	if [ "$KTAP_COUNT" -eq 0 ]; then
		echo "# no claim was made"
		exit 1
	fi
	[ "$KTAP_FAILED" -eq 0 ] || exit 1
	[ "$KTAP_SKIPPED" -ne "$KTAP_COUNT" ] || exit 4
	exit 0
}
