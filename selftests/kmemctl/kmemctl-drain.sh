#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# "kmemctl offline --drain" on a real kernel: programs on the device's node move
# to the nearest node, or to the one that was named, and live on; what cannot
# move is refused, and all is as before. Changes the memory of the machine:
# KMEM_TEST_DEV=daxX.Y, and KMEM_TEST_DEV2, by default dax1.0.

# shellcheck disable=SC2153,SC2154

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/kmemctl.sh
. lib/kmemctl.sh

kmemctl_require
DEV2=${KMEM_TEST_DEV2-dax1.0}
[ -e "$DAX/$DEV2" ] || ktap_skip_all "needs a second dax device, such as $DEV2"
NODE2=$(target_node "$DEV2")
HUGEPAGES=/sys/devices/system/node/node%d/hugepages/hugepages-2048kB

# pool NODE [COUNT]: its huge pages, after setting them
pool() {
	local file

	# shellcheck disable=SC2059
	file=$(printf "$HUGEPAGES" "$1")/nr_hugepages
	[ $# -eq 1 ] || echo "$2" >"$file"
	cat "$file"
}

# moved_to NODE LEAST: all held processes live, and are there
moved_to() {
	kill -0 "${PIDS[@]}" || return
	echo "node $NODE: $(pages_on "$NODE") KiB, node $1: $(pages_on "$1")"
	[ "$(pages_on "$NODE")" -eq 0 ] && [ "$(pages_on "$1")" -ge "$2" ]
}

free_on_node_0() {
	awk '$3 == "MemFree:" { print $4 }' /sys/devices/system/node/node0/meminfo
}

# fill_node_0 KIB: leave no more of its memory free. Huge pages take it quickly;
# where it is too fragmented for them, small ones take the rest.
fill_node_0() {
	local rest

	pool 0 $((($(free_on_node_0) - $1) / 2048)) >/dev/null
	rest=$(($(free_on_node_0) - $1))
	[ "$rest" -lt 4096 ] || hold node_hold anon 0 "$rest"
}

hold_all() {
	hold node_hold anon "$NODE" 65536
	hold node_hold shmem "$NODE" 8192
	pool "$NODE" 4 >/dev/null
	hold node_hold hugetlb "$NODE" 4096
}

kmemctl online "$DEV" >/dev/null
hold_all
k offline --drain "$DEV"
expect "drain: says what it moved, and succeeds" 0 \
	"*$DEV: gave up 2 unused huge pages of 2M*$DEV: moved 7* of 3 processes*$DEV: offline: driver device_dax" ""
ktap_check "drain: the processes live on node 0" moved_to 0 77824
ktap_check "drain: the device is as it was" \
	equals "$(driver_of "$DEV") $(node_memtotal "$NODE")" "device_dax 0"
let_go
echo 0 >/proc/sys/vm/nr_hugepages
ktap_check "drain: all is as it was" same "$TMP/before"

kmemctl online "$DEV" "$DEV2" >/dev/null
hold node_hold anon "$NODE" 16384
k offline --drain --to "$NODE2" "$DEV"
expect "drain --to: succeeds" 0 "*$DEV: moved 1*M of 1 processes*" ""
ktap_check "drain --to: the process lives on that node" moved_to "$NODE2" 16384
let_go
k offline --drain "$DEV2"
expect "drain: of what nobody uses" 0 "*$DEV2: offline: driver device_dax" ""
ktap_check "drain: all is as it was again" same "$TMP/before"

kmemctl online "$DEV" >/dev/null
hold_all
# 40 MiB over what the kernel keeps for itself: too little for the memory that is
# held, enough for the kernel not to run short
fill_node_0 $((40960 + $(cat /proc/sys/vm/min_free_kbytes)))
snapshot "$TMP/online"
k offline --drain "$DEV"
expect "drain: refused when the rest of the machine cannot hold it" 4 \
	"$DEV: offlinable: no*would have to move*" \
	"kmemctl: $DEV: *M would have to move, but all other nodes have room for *; nothing was changed; *"
ktap_check "drain: refused, nothing has changed" same "$TMP/online"
ktap_check "drain: refused, the pool is as it was" \
	equals "$(pool "$NODE")" 4
ktap_check "drain: refused, nothing has moved" \
	test "$(pages_on "$NODE")" -ge 77824
k offline "$DEV"
expect "offline: without --drain it is refused as well" 4 "" \
	"kmemctl: $DEV: *M would have to move, but all other nodes have room for *; nothing was changed; *why $DEV*"
ktap_check "offline: refused, nothing has changed" same "$TMP/online"
pool 0 0 >/dev/null

k offline --drain --dry-run "$DEV"
expect "drain: a dry run says what would move and whose it is" 0 \
	"$DEV: *M would move to node 0*node_hold *anon 64M*$DEV: 2 unused huge pages of 2M would be given up*$DEV: would be offline*" ""
ktap_check "drain: a dry run moves nothing" \
	test "$(pages_on "$NODE")" -ge 77824
k offline --drain --to 9 "$DEV"
expect "drain: to a node that is not there" 2 "" \
	"kmemctl: $DEV: --to 9: not a list of other nodes with memory; *"
hold node_pin "$NODE"
k offline --drain "$DEV"
expect "drain: a pinned page is refused, and why says whose it is" 4 \
	"*$DEV: moved *$DEV: offlinable: unlikely*pinned 4K*$HELD node_pin *" \
	"kmemctl: $DEV: pages are pinned, which nothing can move; *M that --drain moved stays on other nodes; *"
ktap_check "drain: pinned, all blocks are as before" same "$TMP/online"
ktap_check "drain: pinned, the pool is as it was" equals "$(pool "$NODE")" 4
let_go
echo 0 >/proc/sys/vm/nr_hugepages
k offline --drain "$DEV"
expect "drain: released, it goes" 0 "*$DEV: offline: driver device_dax" ""
ktap_check "drain: all is as it was at last" same "$TMP/before"
ktap_done
