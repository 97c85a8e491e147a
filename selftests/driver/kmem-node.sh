#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The node of a device: in which memory tier it is and for how long, and what
# its memory group lets the kernel choose for it. Needs a device, a second one
# on another node (KMEM_TEST_DEV2), 1G of RAM at 4G that the kernel was told to
# leave alone (memmap=1G$4G), and the test modules dax_fake and memory_veto.
# Changes the memory of the machine: KMEM_TEST_DEV=daxX.Y.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh

kmem_require
DEV=$KMEM_TEST_DEV
OTHER=${KMEM_TEST_DEV2-}
[ -e "$DAX/${OTHER:-none}" ] || ktap_skip_all "no second device in KMEM_TEST_DEV2"
grep -q -- '-13fffffff : Reserved' /proc/iomem ||
	ktap_skip_all "no spare RAM at 4G, boot with memmap=1G\$4G"
NODE=$(target_node "$DEV")
OTHER_NODE=$(target_node "$OTHER")
TMP=$(mktemp -d)
PARAMETERS=/sys/module/kmem/parameters
ADISTANCE=$PARAMETERS/adistance
HOTPLUG=/sys/module/memory_hotplug/parameters
VETO=/sys/module/memory_veto/parameters
STRANDED=$DRIVERS/kmem/stranded
TIERS=/sys/devices/virtual/memory_tiering
readonly G4=$((4 << 30)) HALF=$((512 << 20))
# include/linux/memory-tiers.h: bytes are not meant, the unit is its own
readonly CHUNK=128 DRAM=$((4 * 128 + 128 / 2))

# What a kernel before commit 3718c02dbd4c (in v6.7) does not have.
HMAT_COUNTS=$(grep -m 1 ' mt_calc_adistance$' /proc/kallsyms)

# dax_fake on the same node as DEV, on the node of the CPUs, and in ordinary RAM
modprobe dax_fake "start=$G4,$((G4 + HALF)),$((1 << 30))" \
	"size=$HALF,$HALF,$HALF" "node=$NODE,0,$NODE" ||
	ktap_skip_all "no test module dax_fake"
modprobe memory_veto || ktap_skip_all "no test module memory_veto"
SAME=dax100.0
CPU=dax101.0
BUSY=dax102.0

restore() {
	local dev

	echo 0 >"$VETO"/online
	for dev in $DEV $OTHER $SAME $CPU; do
		bind_kmem "$dev"
		echo unplugged >"$DAX/$dev/state"
		forget "$dev"
	done
	echo 0 >"$ADISTANCE"
	echo policy >"$PARAMETERS/bind_state"
	rmmod dax_fake memory_veto
	rm -rf "$TMP"
}
trap restore EXIT

# put WORD [DEV]: to its state
put() {
	echo "$1" >"$DAX/${2-$DEV}/state"
}

# tier NODE: the number of the one it is in, "none" when in none
tier() {
	local file list part parts found=

	for file in "$TIERS"/memory_tier*/nodelist; do
		read -r list <"$file"
		IFS=, read -ra parts <<<"$list"
		for part in "${parts[@]}"; do
			[ "$1" -lt "${part%-*}" ] || [ "$1" -gt "${part#*-}" ] ||
				found+=${file//[!0-9]}
		done
	done
	echo "${found:-none}"
}

tier_is() {
	equals "$(tier "${2-$NODE}")" "$1"
}

# tier_of_distance ADISTANCE
tier_of_distance() {
	echo $(($1 / CHUNK))
}

# coordinate NODE NAME: what HMAT says of the way to it from the nearest CPU,
# reading and writing together
coordinate() {
	local from=/sys/devices/system/node/node$1/access1/initiators

	[ -r "$from/read_$2" ] || return
	echo $(($(cat "$from/read_$2") + $(cat "$from/write_$2")))
}

# from_hmat NODE: its abstract distance, in the core's order of rounding
from_hmat() {
	local latency bandwidth

	latency=$(coordinate "$1" latency) &&
		bandwidth=$(coordinate "$1" bandwidth) || return
	# shellcheck disable=SC2017 # that is how it rounds
	echo $((DRAM * latency / $(coordinate 0 latency) * \
		$(coordinate 0 bandwidth) / bandwidth))
}

# expected NODE: its tier without the parameter
expected() {
	if [ -n "$HMAT_COUNTS" ]; then
		tier_of_distance "$(from_hmat "$1")"
	else
		tier_of_distance $((DRAM * 5))
	fi
}

echo unplugged >"$PARAMETERS/bind_state"
for dev in $DEV $OTHER $SAME $CPU; do
	bind_kmem "$dev" || ktap_fail "bind of $dev"
done
snapshot "$TMP/unplugged"
FIRST_TIER=$(tier 0)

# --- which tier

ktap_check "node 0 is where DRAM belongs" \
	tier_is "$(tier_of_distance "$DRAM")" 0
ktap_check "a node without memory is in no tier" tier_is none
for dev in $DEV $OTHER; do
	node=$(target_node "$dev")
	put online_movable "$dev"
	ktap_check "HMAT says how far node $node is" from_hmat "$node"
	ktap_check "without a parameter, the tier of node $node is the kernel's own" \
		tier_is "$(expected "$node")" "$node"
	echo "# node $node: adistance $(from_hmat "$node") by HMAT, tier $(tier "$node")"
	put unplugged "$dev"
done
ktap_check "a tier goes with its last node" same "$TMP/unplugged"

for distance in 1 127 128 "$DRAM" 1000 2147483647; do
	echo "$distance" >"$ADISTANCE"
	put online_movable
	ktap_check "adistance=$distance is tier $(tier_of_distance "$distance")" \
		tier_is "$(tier_of_distance "$distance")"
	put unplugged
done
ktap_check "and all these tiers are gone" same "$TMP/unplugged"
for distance in -1 2147483648 nonsense 1x; do
	ktap_check "adistance=$distance is refused" \
		refused "$distance" "Invalid argument" "$ADISTANCE"
done
ktap_check "and the old value stays" equals "$(cat "$ADISTANCE")" 2147483647

# --- several devices

near=1000 far=3000
NEAR=$(tier_of_distance $near)
FAR=$(tier_of_distance $far)

# Each plug of one test is at one distance and the next at another: what of the
# first was not cleared would show in the tier of the second.
plug_at() {
	echo "$1" >"$ADISTANCE"
	put online_movable "${2-$DEV}"
}

# next_is_far SENTENCE: a plug from here on gives the node a tier of its own
next_is_far() {
	plug_at $far
	ktap_check "$1" tier_is "$FAR"
	put unplugged
}

plug_at $near
plug_at $far "$OTHER"
ktap_check "each of two nodes is in its own tier" \
	equals "$(tier "$NODE") $(tier "$OTHER_NODE")" "$NEAR $FAR"
put unplugged
ktap_check "a node that goes leaves the other where it is" \
	equals "$(tier "$NODE") $(tier "$OTHER_NODE")" "none $FAR"
put unplugged "$OTHER"

plug_at $near
plug_at $far $SAME
ktap_check "the second device of a node does not move it" tier_is "$NEAR"
put unplugged
ktap_check "the node stays where it is while any of its devices is plugged" \
	tier_is "$NEAR"
put unplugged $SAME
ktap_check "and is in no tier after the last" tier_is none
plug_at $near $SAME
put unplugged $SAME
next_is_far "a node starts anew once all its devices are unplugged"

plug_at $far $CPU
ktap_check "a device of node 0 does not move it" tier_is "$FIRST_TIER" 0
put unplugged $CPU
ktap_check "nor when it goes" tier_is "$FIRST_TIER" 0
ktap_check "nothing is left of several devices" same "$TMP/unplugged"

# --- for how long

plug_at $near
each_block "$DEV" offline
ktap_check "a node with no block online is in no tier" tier_is none
echo $far >"$ADISTANCE"
each_block "$DEV" online_movable
ktap_check "as long as its memory is added the node comes back to its tier" \
	tier_is "$NEAR"
put unplugged
next_is_far "and unplugged ends that"

for nth in 1 3; do
	echo $nth >"$VETO/online"
	plug_at $near 2>/dev/null
	ktap_check "after a plug that failed at block $nth the node is in no tier" \
		tier_is none
	next_is_far "nor has the node kept a type of that plug"
done
bind_kmem $BUSY
plug_at $near $BUSY 2>/dev/null
next_is_far "nor of a plug whose range is not free"
forget $BUSY

plug_at $near
unbind "$DEV"
ktap_check "memory that an unbind left keeps its tier" tier_is "$NEAR"
echo $far >"$ADISTANCE"
bind_kmem "$DEV"
each_block "$DEV" offline
each_block "$DEV" online_movable
ktap_check "so it does when a bind has adopted it" tier_is "$NEAR"
put unplugged
next_is_far "unplugged after an adoption ends it"

plug_at $near
unbind "$DEV"
start=0x$(ranges "$DEV" | cut -d ' ' -f 1)
attempt "$start" "$STRANDED" >/dev/null
ktap_check "memory that could not be reclaimed keeps its tier" tier_is "$NEAR"
each_block "$DEV" offline
ktap_check "it is reclaimed" attempt "$start" "$STRANDED"
bind_kmem "$DEV"
next_is_far "which ends it as well"
ktap_check "nothing is left of all that" same "$TMP/unplugged"

# --- what the module is loaded with

for dev in $DEV $OTHER $SAME $CPU; do
	forget "$dev"
done
rmmod kmem
ktap_check "the module is not loaded with a bad adistance" \
	equals "$(modprobe kmem adistance=-1 2>&1 | sed 's/.*: //')" \
	"Invalid argument"
modprobe kmem adistance=$near bind_state=unplugged
bind_kmem "$DEV"
put online_movable
ktap_check "adistance of the module's load counts" tier_is "$NEAR"
put unplugged
echo 0 >"$ADISTANCE"

# --- the memory group: Movable when all of the device fits into the ratio. With
# a group of another size that would change elsewhere. Normal comes last: what
# the kernel allocates there may stay.

# kernel_pages: of boot memory in zones for the kernel
kernel_pages() {
	awk '$1 == "Node" { movable = $4 == "Movable" }
		$1 == "present" && !movable { n += $2 }
		$1 == "nr_free_cma" && $2 { exit 1 }
		END { print n }' /proc/zoneinfo
}

PAGES=$(($(cat "$DAX/$DEV/kmem/total_blocks") * $(block_size) / $(page_size)))
KERNEL=$(kernel_pages)
RATIO=1
while [ $((RATIO * KERNEL / 100)) -lt "$PAGES" ]; do
	RATIO=$((RATIO + 1))
done
echo "# $PAGES pages of device, $KERNEL of the kernel: from ratio $RATIO on Movable"
ktap_check "the ratio tells the size of the group by less than a memory block" \
	test $((KERNEL * $(page_size) / 100)) -lt "$(block_size)"
echo N >"$HOTPLUG/auto_movable_numa_aware"
echo auto-movable >"$HOTPLUG/online_policy"
echo "$RATIO" >"$HOTPLUG/auto_movable_ratio"
put online
ktap_check "auto-movable: when all of the device fits the ratio, it is Movable" \
	equals "$(zones "$DEV")" Movable
put unplugged
echo $((RATIO - 1)) >"$HOTPLUG/auto_movable_ratio"
put online
ktap_check "auto-movable: one per cent less, and no block of it is" \
	equals "$(zones "$DEV")" Normal
ktap_check "all of it is online" equals "$(count_online "$DEV")" \
	"$(cat "$DAX/$DEV/kmem/total_blocks")"
put unplugged
ktap_done
