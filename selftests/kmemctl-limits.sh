#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kmemctl on a real kernel: its time limit against a page that never lets go,
# its bar on a terminal, and whether daxctl, lsmem and numactl say what its list
# says. Changes the memory of the machine: KMEM_TEST_DEV=daxX.Y.

# shellcheck disable=SC2154

cd "$(dirname "$0")" || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh
# shellcheck source=selftests/lib/kmemctl.sh
. lib/kmemctl.sh

kmemctl_require
N=$(total_blocks "$DEV")

cell() {
	kmemctl list -n -b -o "$1" "$DEV"
}

daxctl_agrees() {
	daxctl list -d "$DEV" | tr -d ' ,' >"$TMP/daxctl"
	cat "$TMP/daxctl"
	grep -qx "\"size\":$(cell SIZE)" "$TMP/daxctl" &&
		grep -qx "\"target_node\":$(cell NODE)" "$TMP/daxctl" &&
		grep -qx "\"online_memblocks\":$(cell ONLINE)" "$TMP/daxctl" &&
		grep -qx "\"total_memblocks\":$(cell TOTAL)" "$TMP/daxctl"
}

lsmem_agrees() {
	lsmem -a -b -n -r -o SIZE,NODE,ZONES,STATE |
		awk -v node="$NODE" '$2 == node && $3 == "Movable" &&
				     $4 == "online" { sum += $1 }
				     END { printf "%.0f\n", sum }' >"$TMP/lsmem"
	equals "$(cat "$TMP/lsmem")" "$(cell USABLE)" &&
		equals "$(cell ZONES)" Movable
}

numactl_agrees() {
	numactl -H >"$TMP/numactl"
	cat "$TMP/numactl"
	# its table of distances: the row of the node, the column of node 0
	equals "$(awk -v row="$NODE:" '$1 == row { print $2 }' "$TMP/numactl")" \
	       "$(cell DISTANCE)"
}

in_a_tier() {
	local tier

	tier=$(cell TIER)
	grep -qw "$NODE" \
		"/sys/devices/virtual/memory_tiering/memory_tier$tier/nodelist"
}

script -qec "kmemctl online $DEV" /dev/null >"$TMP/tty" </dev/null
tr '\r' '\n' <"$TMP/tty" >"$TMP/lines"
bar_counts() {
	cat -v "$TMP/lines"
	grep -q "$DEV: onlining \[#* *\] [1-9][0-9]*/$N blocks, .*/s, [0-9]* s left" \
		"$TMP/lines"
}
ktap_check "on a terminal a bar shows blocks, rate and time left" bar_counts
ktap_check "online at a terminal succeeds" \
	grep -q "^$DEV: online: $N blocks" <(tail -n 1 "$TMP/lines" | sed 's/^.*\[K//')
ktap_check "daxctl counts the blocks that list counts" daxctl_agrees
ktap_check "lsmem finds the bytes and the zone that list shows" lsmem_agrees
ktap_check "numactl has the distance that list shows" numactl_agrees
if [ -d /sys/devices/virtual/memory_tiering ]; then
	ktap_check "list shows the tier the node is in" in_a_tier
fi

snapshot "$TMP/online"
command -v node_pin >/dev/null || ktap_skip_all "no node_pin"
node_pin "$NODE" >"$TMP/pin" &
pinner=$!
for _ in $(seq 100); do
	! grep -q pinned "$TMP/pin" || break
	sleep 0.1
done
k offline --timeout 3 "$DEV"
expect_error "offline: the time limit ends the wait for a pinned page" 5 \
	"kmemctl: $DEV: the time limit of 3 s is over; all was put back as before; *" \
	"$TMP/online"
kill "$pinner"
wait "$pinner" 2>/dev/null
k offline --timeout 600 "$DEV"
expect "offline: in time it succeeds" 0 "$DEV: offline: driver device_dax" ""
ktap_check "after these all is as it was" same "$TMP/before"
ktap_done
