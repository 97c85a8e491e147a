#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests the programs that run the tests: a runner that cannot report a failure
# proves nothing. Each part causes the failures that the runner must report.
#
# usage: selftest.sh PART...
#   verdict   KTAP helpers, judge.awk, check.sh: no root, no network
#   splat     the kernel log's scanner
#   fetch     setup.sh and kernels.sh with an apt that fails; needs root
#   home      kernels.sh and kernels of each Debian, likewise
#   source    kernels.sh and a kernel from source, likewise
#   guest     vm.sh: exit codes, options, shell; boots guests

# shellcheck disable=SC2317 # functions are called through ktap_check

set -u

QEMU=$(cd "$(dirname "$0")" && pwd)
SELFTESTS=${QEMU%/*}
export QEMU SELFTESTS

# shellcheck source=selftests/lib/ktap.sh
. "$SELFTESTS/lib/ktap.sh"

WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
trap 'exit 130' INT TERM HUP

# equal EXPECTED GOT
equal() {
	[ "$1" = "$2" ] || { printf 'expected:\n%s\ngot:\n%s\n' "$1" "$2"; return 1; }
}

# has TEXT PATTERN: an extended regular expression that one line matches.
has() {
	grep -qE -e "$2" <<<"$1" || { printf 'no "%s" in:\n%s\n' "$2" "$1"; return 1; }
}

[ $# -gt 0 ] || { sed -n '/^# usage:/,/^$/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
for part; do
	# shellcheck source=/dev/null
	. "$QEMU/selftest/$part.sh"
done
ktap_done
