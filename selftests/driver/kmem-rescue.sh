#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Memory that the kernel's own kmem left in use is taken over by a bind, if it is
# of exactly the device's ranges and its node, and comes back without a reboot.
# Needs the test modules dax_fake and memory_veto, a node 1 without dax devices,
# and 2G of RAM at 4G that the kernel was told to leave alone (memmap=2G$4G).
# Changes the memory of the machine: KMEM_TEST_DEV=dax100.0. In guests alone: what
# goes wrong is lost until a reboot.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh

[ "${KMEM_TEST_DEV-}/${KMEM_GUEST-}" = dax100.0/1 ] ||
	ktap_skip_all "would lose memory until a reboot; set KMEM_TEST_DEV=dax100.0 in a guest"
grep -q -- '-17fffffff : Reserved' /proc/iomem ||
	ktap_skip_all "no spare RAM at 4G, boot with memmap=2G\$4G"
OWN=$(find "/lib/modules/$(uname -r)/kernel" -name 'kmem.ko*')
[ -n "$OWN" ] || ktap_skip_all "the kernel has no kmem of its own"
modprobe memory_veto || ktap_skip_all "no test module memory_veto"
DEV=$KMEM_TEST_DEV
STATE=$DAX/$DEV/state
KMEM=$DAX/$DEV/kmem
VETO=/sys/module/memory_veto/parameters
TMP=$(mktemp -d)
readonly BASE=$((4 << 30)) MB=$((1 << 20))
trap 'rm -rf "$TMP"' EXIT

# fake NODE [OPTION]: the device, of 512 MiB at the start of its region of 2 GiB
fake() {
	rmmod dax_fake 2>/dev/null
	modprobe dax_fake start=$BASE size=$((2048 * MB)) used=$((512 * MB)) \
		node="$1" "${@:2}"
}

# set_ranges DEV "START SIZE" ...: in MiB from the start of the region
set_ranges() {
	local dev=$1 range start size

	unbind "$dev"
	echo 0 >"$DAX/$dev/size" || return
	for range in "${@:2}"; do
		read -r start size <<<"$range"
		start=$((BASE + start * MB))
		printf '%x-%x' "$start" $((start + size * MB - 1)) \
			>"$DAX/$dev/mapping" || return
	done
}

# own_kmem POLICY DEV...: binds them, and onlines their memory so
own_kmem() {
	local dev

	rmmod kmem 2>/dev/null
	set_policy "$1"
	insmod "$OWN" || return
	for dev in "${@:2}"; do
		bind_kmem "$dev" || return
	done
}

# leave DEV...: the kernel's own kmem leaves what is online in use
leave() {
	local dev

	for dev; do
		echo "$dev" >$DRIVERS/kmem/unbind
	done
	rmmod kmem || return
	cat /proc/iomem >"$TMP/iomem"
}

# ours DEV: this driver binds the device, without plugging it
ours() {
	[ -e /sys/module/kmem ] || modprobe kmem bind_state=unplugged || return
	bind_kmem "$1"
}

# taken_over STATE BLOCKS TOTAL: all that was left, and nothing but that
taken_over() {
	grep . "$STATE" "$KMEM"/*
	[ "$(<"$KMEM/adopted")" = 1 ] && [ "$(<"$STATE")" = "$1" ] &&
		[ "$(<"$KMEM/present_blocks")" -eq "$2" ] &&
		[ "$(<"$KMEM/total_blocks")" -eq "$3" ]
}

# nothing_taken: the device is bound, and manages nothing
nothing_taken() {
	grep . "$STATE" "$KMEM"/*
	[ "$(<"$KMEM/adopted")" = 0 ] && [ "$(<"$STATE")" = unplugged ]
}

# no_kmem: no memory of any device is left
no_kmem() {
	! grep "(kmem)" /proc/iomem
}

iomem_same() {
	diff "$TMP/iomem" /proc/iomem
}

# gone: nothing of the memory is left, and it can be had again and given back
gone() {
	attempt unplugged "$STATE" && same "$TMP/unplugged" &&
		attempt online_movable "$STATE" &&
		[ "$(<"$KMEM/adopted")" = 0 ] &&
		attempt unplugged "$STATE" && same "$TMP/unplugged"
}

# start "START SIZE" ...: as without any memory left
start() {
	set_ranges "$DEV" "$@" && ours "$DEV" && snapshot "$TMP/unplugged" &&
		unbind "$DEV" && rmmod kmem
}

[ "$(block_size)" -eq $((128 * MB)) ] ||
	ktap_skip_all "memory blocks are not of 128 MiB"
fake 1
[ -e "$DAX/$DEV" ] || ktap_skip_all "no test module dax_fake"

# --- one range

start "0 512" && own_kmem online_movable "$DEV" && leave "$DEV"
ktap_check "the kernel's own kmem leaves memory in use" grep "$DEV" /proc/iomem
log_mark
ktap_check "a bind to this driver succeeds" ours "$DEV"
ktap_check "it has taken over all of the memory" taken_over online_movable 4 4
ktap_check "the log says so" logged "takes over memory and reservations"
ktap_check "memmap_on_memory says where its memmap is" equals \
	"$(<"$KMEM/memmap_on_memory")" "$(($(<"$KMEM/memmap_bytes") > 0))"
ktap_check "the reservation is the one that was left" iomem_same
ktap_check "unplugged gives back all of it, and it can be plugged again" gone

# --- two ranges, of which a part is offline

start "1024 512" "0 512" && own_kmem online_movable "$DEV" && leave "$DEV"
echo offline >"$MEMORY/memory$(blocks "$DEV" | head -n 1)/state"
ktap_check "two ranges: a bind succeeds" ours "$DEV"
ktap_check "two ranges: all of both is taken over, with its one block offline" \
	taken_over online 8 8
ktap_check "two ranges: seven are online" equals "$(<"$KMEM/online_blocks")" 7
ktap_check "two ranges: unplugged gives back both" gone

# An unbind removes a range whose blocks are all offline.
start "1024 512" "0 512" && own_kmem online_movable "$DEV" &&
	for block in $(blocks "$DEV" | head -n 4); do
		echo offline >"$MEMORY/memory$block/state"
	done && leave "$DEV"
ktap_check "one range of two is left: a bind succeeds" ours "$DEV"
ktap_check "one range of two is left: it is taken over" \
	taken_over online_movable 4 8
ktap_check "one range of two is left: the other one is reserved" \
	equals "$(grep -c ": $DEV\$" /proc/iomem)" 2
ktap_check "one range of two is left: unplugged gives it back, and both can be plugged" \
	gone

# --- what fails

start "1024 512" "0 512" && own_kmem online_movable "$DEV" &&
	for block in $(blocks "$DEV" | head -n 4); do
		echo offline >"$MEMORY/memory$block/state"
	done && leave "$DEV"
fake 1 hold="$BASE,$((128 * MB))"
set_ranges "$DEV" "1024 512" "0 512"
cat /proc/iomem >"$TMP/iomem"
modprobe kmem bind_state=unplugged
ktap_check "a range that somebody holds: the bind fails" \
	equals "$(bind_kmem "$DEV")" "Device or resource busy"
ktap_check "a range that somebody holds: nothing is changed" iomem_same
fake 1
set_ranges "$DEV" "1024 512" "0 512"
cat /proc/iomem >"$TMP/iomem"
echo 1 >"$VETO/group"
ktap_check "no memory group: the bind fails" \
	equals "$(bind_kmem "$DEV")" "Input/output error"
ktap_check "no memory group: nothing is changed" iomem_same
ktap_check "nothing is noted as stranded" test -z "$(<$DRIVERS/kmem/stranded)"
ktap_check "then a bind takes all over" ours "$DEV"
ktap_check "it is what was left" taken_over online_movable 4 8
ktap_check "unplugged gives it back after all" gone

# --- what is not of exactly this device

for other in "0 1024" "0 384" "128 512"; do
	start "0 512" && own_kmem online_movable "$DEV" && leave "$DEV" &&
		set_ranges "$DEV" "$other"
	log_mark
	ours "$DEV"
	ktap_check "device of $other: memory of 0 512 is not taken over" \
		nothing_taken
	ktap_check "device of $other: the log says why" \
		logged "a driver added, not of exactly this range"
	ktap_check "device of $other: a plug is refused" \
		refused online_movable "Device or resource busy"
	ktap_check "device of $other: nothing is changed" iomem_same
	set_ranges "$DEV" "0 512"
	ktap_check "with the ranges that it had it is taken over" ours "$DEV"
	ktap_check "and given back" gone
	unbind "$DEV"
	rmmod kmem
done

rmmod kmem 2>/dev/null
fake 0 && own_kmem online_movable "$DEV" && leave "$DEV"
fake 1
log_mark
ours "$DEV"
ktap_check "device of another node: the memory is not taken over" nothing_taken
ktap_check "device of another node: the log says why" \
	logged "left in use is not all on node 1"
ktap_check "device of another node: a plug is refused" \
	refused online_movable "Device or resource busy"
ktap_check "device of another node: nothing is changed" iomem_same
fake 0
ktap_check "a device of its node takes it over" ours "$DEV"
ktap_check "it is given back" attempt unplugged "$STATE"
unbind "$DEV"
rmmod kmem
fake 1

# --- two devices side by side

SECOND=${DEV%.*}.1
set_ranges "$DEV" "0 512" &&
	echo 1 >"$(realpath "$DAX/$DEV")/../dax_region/create"
ktap_check "there is a second device" test -e "$DAX/$SECOND"
set_ranges "$SECOND" "512 512"
own_kmem online_movable "$DEV" "$SECOND" && leave "$DEV" "$SECOND"
ktap_check "of two devices one is bound" ours "$DEV"
ktap_check "its memory alone is taken over" taken_over online_movable 4 4
ktap_check "it is given back" attempt unplugged "$STATE"
ktap_check "the other one's is online" equals "$(count_online "$SECOND")" 4
ktap_check "the other one is bound" ours "$SECOND"
ktap_check "its memory is given back" attempt unplugged "$DAX/$SECOND/state"
ktap_check "nothing of it is left" no_kmem
unbind "$SECOND"
unbind "$DEV"
rmmod kmem
echo 0 >"$DAX/$SECOND/size"

# --- a wrong zone, from which it may not come back

own_kmem online_kernel "$DEV" && leave "$DEV"
ktap_check "memory in zone Normal: a bind succeeds" ours "$DEV"
ktap_check "memory in zone Normal: it is taken over" taken_over online_kernel 4 4
ktap_done
