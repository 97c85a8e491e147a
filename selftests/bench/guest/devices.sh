#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# In a guest with two devices on one node, that is in one zone: what both take
# together, in the order of "kmemctl online all" and "offline all", and in the
# opposite one.
#
# usage: devices.sh DEV DEV

set -u
cd "$(dirname "$0")/../.." || exit

# shellcheck source=selftests/bench/guest/lib.sh
. bench/guest/lib.sh

# both WHAT COMMAND DEV...: the command with each of the devices, one by one
both() {
	local what=$1 device from

	shift
	sleep 0.2
	from=${EPOCHREALTIME/./}
	for device in "${@:2}"; do
		kmemctl "$1" "$device" >"$TMP/out" 2>&1 ||
			die "kmemctl $1 $device: $(cat "$TMP/out")"
	done
	awk -v us=$((${EPOCHREALTIME/./} - from)) -v what="$what" \
		-v bytes=$((2 * BLOCKS * BLOCK_SIZE)) 'BEGIN { printf \
			"value kmemctl %s %.6f %s\n", what, us / 1e6,
			bytes / 1073741824 }'
}

bench_begin
load ours
low=$1 high=$2
[ $(($(cat "$DAX/$low/mapping0/start"))) -lt \
	$(($(cat "$DAX/$high/mapping0/start"))) ] || low=$2 high=$1
both online-all online all
both offline-all offline all
both online-lowest-first online "$low" "$high"
both offline-highest-first offline "$high" "$low"
both online-highest-first online "$high" "$low"
both offline-lowest-first offline "$low" "$high"
echo "done"
