#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs tests one after the other as kselftest's runner does: each within the
# time of ../settings, its output indented as diagnostics, one claim for it.
#
# usage: KMEM_TEST_DEV=daxX.Y run-tests.sh TEST...
#
# Exit code: 0 all passed or some were skipped, 1 one failed, 4 all skipped.

set -u

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh

[ -n "${KMEM_TEST_DEV-}" ] ||
	ktap_skip_all "changes the memory of this machine; name a dax device to use in KMEM_TEST_DEV"

# Tests find kmemctl and their own programs as built in this tree.
PATH=$PWD/programs:$PWD/../tools:$PATH
timeout=$(sed -n 's/^timeout=//p' settings)
rc_file=$(mktemp)
trap 'rm -f "$rc_file"' EXIT
trap 'exit 130' INT TERM HUP

run() {
	timeout -k 30 "$timeout" "./$1" </dev/null 2>&1
	echo $? >"$rc_file"
}

ktap_plan "$#"
for test; do
	ktap_diag "selftests: dax-kmem: $test"
	# The second expression ends a last line that was not ended.
	# shellcheck disable=SC1003 # no quote is meant
	run "$test" | sed -u -e 's/^/# /' -e '$a\'
	rc=$(cat "$rc_file")
	case "$rc" in
	0) ktap_pass "selftests: dax-kmem: $test" ;;
	4) ktap_skip "selftests: dax-kmem: $test" "exit code 4" ;;
	124) ktap_fail "selftests: dax-kmem: $test" "more than $timeout seconds" ;;
	*) ktap_fail "selftests: dax-kmem: $test" "exit code $rc" ;;
	esac
done
ktap_done
