#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kmemctl on a real kernel with devices no emulated hardware shows: several
# ranges with a neighbour's between them, a range in mid-block, a node that
# does not exist, a device that vanishes. Needs the test module dax_fake and 2G
# of RAM at 4G that the kernel was told to leave alone (memmap=2G$4G). Changes
# the memory of the machine: KMEM_TEST_DEV=daxX.Y.

# shellcheck disable=SC2154,SC2034,SC2086

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/kmemctl.sh
. lib/kmemctl.sh

kmemctl_require
grep -q -- '-17fffffff : Reserved' /proc/iomem ||
	ktap_skip_all "no spare RAM at 4G, boot with memmap=2G\$4G"

readonly G4=$((4 << 30)) MB=$((1 << 20))
NODE=$(target_node "$DEV")
# TWO has 2 blocks at 4G and 1 block at 4G+512M; BETWEEN has one block between.
# ODD starts in mid-block; NOWHERE has a node the kernel cannot have.
TWO=dax100.0 BETWEEN=dax101.0 ODD=dax102.0 NOWHERE=dax103.0
START=$G4,$((G4 + 256 * MB)),$((G4 + 770 * MB)),$((G4 + 1280 * MB))
SIZE=$((768 * MB)),$((256 * MB)),$((300 * MB)),$((256 * MB))
USED=$((256 * MB)),$((128 * MB)),0,0

load_fake() {
	modprobe dax_fake "start=$START" "size=$SIZE" "used=$USED" \
		"node=$NODE,$NODE,$NODE,1000" || return
	unbind $TWO
	printf '%x-%x' $((G4 + 512 * MB)) $((G4 + 640 * MB - 1)) \
		>"$DAX/$TWO/mapping"
}

cleanup() {
	for dev in $TWO $BETWEEN $ODD; do
		[ ! -e "$DAX/$dev" ] || kmemctl offline "$dev" >/dev/null
	done
	rmmod dax_fake 2>/dev/null
	kmemctl_restore
}
trap cleanup EXIT

# blocks_of FIRST COUNT: states of memory blocks from an address on
blocks_of() {
	local first=$(($1 / $(block_size))) i

	for ((i = first; i < first + $2; i++)); do
		if [ -e "$MEMORY/memory$i" ]; then
			echo "$(cat "$MEMORY/memory$i/state")" \
			     "$(cut -d ' ' -f 1 "$MEMORY/memory$i/valid_zones")"
		else
			echo absent
		fi
	done | uniq -c | awk '{ $1 = $1; print }' | paste -sd ,
}

load_fake || ktap_skip_all "no test module dax_fake"
for dev in $TWO $BETWEEN $ODD $NOWHERE; do
	k offline $dev
done
snapshot "$TMP/before"
k list -n -o DEVICE,TOTAL,LOST "$TWO" "$BETWEEN" "$ODD"
out=$(tr -s ' ' <"$TMP/out")
expect "list: blocks and loss follow the ranges" 0 \
	"$TWO 3 0B
$BETWEEN 1 0B
$ODD 1 172M" ""

k online $TWO
expect "online: both ranges" 0 \
	"$TWO: online: 3 blocks, 384M, Movable, node $NODE" ""
ktap_check "online: what lies between its ranges is left alone" \
	equals "$(blocks_of $G4 5)" \
	"2 online Movable,2 absent,1 online Movable"
k online $BETWEEN
expect "online: a neighbour between the ranges" 0 \
	"$BETWEEN: online: 1 blocks, 128M, Movable, node $NODE" ""
k list -n -o DEVICE,BLOCKS,ZONES $TWO $BETWEEN
out=$(tr -s ' ' <"$TMP/out")
expect "list: each device has its own blocks" 0 \
	"$TWO 3/3 Movable
$BETWEEN 1/1 Movable" ""
k offline $TWO
expect "offline: both ranges" 0 "$TWO: offline: *" ""
ktap_check "offline: the neighbour stays online" \
	equals "$(blocks_of $G4 5)" "2 absent,1 online Movable,2 absent"
k offline $BETWEEN
expect "offline: the neighbour" 0 "$BETWEEN: offline: *" ""
ktap_check "offline: all is as it was" same "$TMP/before"

k online $ODD
expect "online: a range in mid-block, the whole block of it" 0 \
	"$ODD: online: 1 blocks, 128M, Movable, node $NODE" ""
k offline $ODD
ktap_check "offline: a range in mid-block leaves nothing" same "$TMP/before"

if ! ours; then
	# A node that does not exist is a warning with the kernel's own kmem,
	# and memory it let go of is lost to it.
	ktap_done
fi

for command in online bind; do
	k $command $NOWHERE
	expect_error "$command: a bind that fails goes back to device_dax" \
		1 "kmemctl: $NOWHERE: cannot bind to kmem: Invalid argument; $PUT_BACK; see 'dmesg' *" \
		"$TMP/before"
	ktap_check "$command: a bind that fails leaves no id" no_id $NOWHERE
done

# The device goes at some moment of an online; what is claimed must be true.
# vanish: prints what is wrong
vanish() {
	local child states

	kmemctl online $TWO >"$TMP/out" 2>"$TMP/err" </dev/null &
	child=$!
	# a different moment each time, without any clock
	for ((i = 0; i < $1; i++)); do
		[ -e "$MEMORY/memory32" ] && break
	done
	rmmod dax_fake
	rc=0
	wait $child || rc=$?
	states=$(blocks_of $G4 5)
	echo "# round $1: exit $rc, $(cat "$TMP/out" "$TMP/err"): $states"
	case $rc in
	0) [ "$states" = "2 online Movable,2 absent,1 online Movable" ] ;;
	64) [[ $states == *online* && $(cat "$TMP/err") == *"NOT be put back"* ]] ;;
	1 | 3) [[ $states != *online* ]] && [ "$(wc -l <"$TMP/err")" -eq 1 ] ;;
	*) false ;;
	esac || echo "round $1: exit $rc, $(cat "$TMP/out" "$TMP/err"): $states"
	load_fake
	# 6.1's device_dax cannot bind a device it once failed to bind
	kmemctl offline $TWO >/dev/null 2>&1
	equals "$(blocks_of $G4 5)" "5 absent" >"$TMP/blocks" ||
		cat "$TMP/blocks"
	rmmod dax_fake
	load_fake
	for dev in $TWO $BETWEEN $ODD $NOWHERE; do
		kmemctl offline $dev >/dev/null
	done
	same "$TMP/before"
}

for round in 1 3 10 30 1000; do
	vanish $round >"$TMP/vanish"
	grep '^#' "$TMP/vanish"
	ktap_check "online: a device that vanishes, moment $round: what it says is true, the memory comes back with the device" \
		equals "$(grep -v '^#' "$TMP/vanish")" ""
done
ktap_done
