#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# In a guest whose time counts instructions: what plug and unplug cost for each
# GiB does not grow with size, by `state` and by kmemctl, and is less than by
# the kernel's own ways. The first device is the small one, the second four
# times as large.

set -u
cd "$(dirname "$0")/../.." || exit

# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/times.sh
. lib/times.sh

SMALL=${KMEM_TEST_DEV-}
LARGE=${KMEM_TEST_DEV2-}
if [ -z "${KMEM_GUEST-}" ] || [ -z "$LARGE" ]; then
	ktap_skip_all "times a guest of its own, with two devices"
fi
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT

measure() {
	KMEM_TEST_DEV=$1 bash bench/guest/peers.sh 1 "${@:3}" >"$2"
}

# cost FILE PEER OP: microseconds for each GiB; nothing when it was not measured
cost() {
	awk -v peer="$2" -v op="$3" '$1 == "time" && $2 == peer && $3 == op {
		printf "%.0f\n", $5 * 1e6 / ($6 * $7 / 1073741824) }' "$1"
}

flat() {
	local op what=$2

	for op in plug unplug; do
		ktap_check "what $op costs for each GiB does not grow with size, by $what" \
			at_most 1.05 "$(cost "$TMP/large" "$1" $op)" \
			"$(cost "$TMP/small" "$1" $op)"
	done
}

# less OP LIMIT PEER NAME [OURS]
less() {
	ktap_check "$1 by ${5-state} takes at most $2 times what it takes by $4" \
		at_most "$2" "$(cost "$TMP/large" "${5-state}" "$1")" \
		"$(cost "$TMP/large" "$3" "$1")"
}

OURS=(state kmemctl intree-kmemctl kmemctl-bound)
ktap_check "plug and unplug of the small device could be measured" \
	measure "$SMALL" "$TMP/small" "${OURS[@]}"
ktap_check "plug and unplug of the large device could be measured" \
	measure "$LARGE" "$TMP/large" daxctl auto intree-state "${OURS[@]}"
sed 's/^/# /' "$TMP/small" "$TMP/large"

flat state "state"
flat kmemctl "kmemctl on our driver"
flat intree-kmemctl "kmemctl on the kernel's own driver"
less plug 0.75 auto "the kernel's auto-online"
less plug 0.90 daxctl "daxctl on the kernel's own driver"
# The smaller the core's own share of an unplug, the more do others add to it.
case $(uname -r) in
6.1.*) limit=0.60 ;;
6.* | 7.[0-2].*) limit=0.63 ;;
*) limit=0.60 ;;
esac
less unplug $limit daxctl "daxctl on the kernel's own driver"
if grep -q 'intree-state plug' "$TMP/large"; then
	less plug 0.75 intree-state "the kernel's own state"
	less unplug 0.68 intree-state "the kernel's own state"
fi
less plug 1.02 state "a bare write to state" kmemctl-bound
ktap_done
