#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A device of several ranges: all or nothing over all of them, whatever is
# written to its mapping and size meanwhile. Needs a device of a region that can
# be divided, 2G at least (soft reserved memory), and the test modules dax_fake
# and memory_veto. Changes the memory of the machine: KMEM_TEST_DEV=daxX.Y.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh

# From Linux 6.3 on such a device binds to kmem as soon as that is loaded.
POLICY=$(cat "$MEMORY/auto_online_blocks")
set_policy offline
kmem_require
set_policy "$POLICY"
DEV=$KMEM_TEST_DEV
unbind "$DEV"
[ -w "$DAX/$DEV/mapping" ] || ktap_skip_all "the region of $DEV cannot be divided"
modprobe memory_veto || ktap_skip_all "no test module memory_veto"
STATE=$DAX/$DEV/state
KMEM=$DAX/$DEV/kmem
VETO=/sys/module/memory_veto/parameters
BIND_STATE=/sys/module/kmem/parameters/bind_state
TMP=$(mktemp -d)
BASE=$(($(cat "$DAX/$DEV/resource")))
SIZE=$(cat "$DAX/$DEV/size")
MB=$((1 << 20))

restore() {
	rmmod memory_veto
	rmmod dax_fake 2>/dev/null
	unbind "$DEV"
	echo 0 >"$DAX/$DEV/size"
	echo "$SIZE" >"$DAX/$DEV/size"
	echo policy >"$BIND_STATE"
	echo "$DEV" >"$DRIVERS/kmem/remove_id"
	rm -rf "$TMP"
}
trap restore EXIT

# add_range START SIZE: in MiB from the start of the region
add_range() {
	local start=$((BASE + $1 * MB))

	printf '%x-%x' "$start" $((start + $2 * MB - 1)) >"$DAX/$DEV/mapping"
}

# set_ranges "START SIZE" ...: in the order in which they are given
set_ranges() {
	local range

	unbind "$DEV"
	echo 0 >"$DAX/$DEV/size" || return
	for range; do
		# shellcheck disable=SC2086 # two words
		add_range $range || return
	done
}

total_is() {
	equals "$(cat "$KMEM/total_blocks")" "$1"
}

[ "$(block_size)" -eq $((128 * MB)) ] ||
	ktap_skip_all "memory blocks are not of 128 MiB"
[ "$SIZE" -ge $((2048 * MB)) ] || ktap_skip_all "$DEV is smaller than 2G"

# --- two ranges of four blocks each, the higher one first

echo unplugged >"$BIND_STATE"
set_ranges "1024 512" "0 512"
snapshot "$TMP/unbound"
bind_kmem "$DEV"
snapshot "$TMP/unplugged"
ktap_check "the blocks of both ranges are counted" total_is 8

for nth in $(seq 8); do
	echo "$nth" >"$VETO/online"
	ktap_check "plug that fails at block $nth of 8 returns its errno" \
		refused online_movable "Input/output error"
	ktap_check "plug that fails at block $nth of 8 leaves nothing" \
		same "$TMP/unplugged"
done

ktap_check "both ranges go online" attempt online_movable "$STATE"
ktap_check "all blocks are online" equals "$(cat "$KMEM/online_blocks")" 8
snapshot "$TMP/online"
for nth in $(seq 8); do
	echo "$nth" >"$VETO/offline"
	ktap_check "unplug that fails at block $nth of 8 returns its errno" \
		refused unplugged "Input/output error"
	ktap_check "unplug that fails at block $nth of 8 puts every block back" \
		same "$TMP/online"
done
ktap_check "both ranges go away" attempt unplugged "$STATE"
ktap_check "and nothing is left" same "$TMP/unplugged"

# --- a page that will not move

# online_from MIB: number of the device's blocks that are online from there on
online_from() {
	local block first n=0

	first=$(((BASE + $1 * MB) / $(block_size)))
	for block in $(blocks "$DEV"); do
		[ "$block" -lt "$first" ] ||
			[ "$(cat "$MEMORY/memory$block/state")" != online ] ||
			n=$((n + 1))
	done
	echo "$n"
}

# A plug that fails at its last block. The highest block goes online first, and
# each takes long until the page is pinned: the page is in the upper range.
pinned_plug() {
	local rc

	echo 8 >"$VETO/online"
	echo 1000 >"$VETO/delay"
	{
		pin_when "-gt 0"
		echo 0 >"$VETO/delay"
	} &
	refused online_movable "Input/output error"
	rc=$?
	wait
	return "$rc"
}

ktap_check "plug that fails with a page pinned returns the errno" pinned_plug
ktap_check "one block stays online" equals "$(cat "$KMEM/online_blocks")" 1
ktap_check "that block is in the upper range" equals "$(online_from 1024)" 1
ktap_check "all blocks of both ranges stay added" \
	equals "$(cat "$KMEM/present_blocks")" 8
ktap_check "the state is what the blocks are" equals "$(cat "$STATE")" online
unpin
ktap_check "when the page is free, unplugged can be written" \
	attempt unplugged "$STATE"
ktap_check "and nothing is left" same "$TMP/unplugged"

# --- a range that somebody else holds

PARTIAL=/sys/module/kmem/parameters/partial

hold() {
	modprobe dax_fake hold=$((BASE + $1 * MB)),$(($2 * MB)) ||
		ktap_fail "the test module dax_fake holds $2 MiB at $1 MiB"
}

# refuses_held WHICH MAPPING: with that range held, by the number of its mapping
refuses_held() {
	snapshot "$TMP/held"
	log_mark
	ktap_check "plug with the $1 range held by another returns busy" \
		refused online_movable "Device or resource busy"
	ktap_check "the message names the $1 range and where to look" \
		logged "mapping$2: .* could not be reserved.*/proc/iomem"
	ktap_check "last_error names the $1 range" \
		error_like "reserve 0x[0-9a-f]+-0x[0-9a-f]+ -16"
	ktap_check "plug with the $1 range held leaves nothing" \
		same "$TMP/held"
	ktap_check "and the state is unplugged" equals "$(cat "$STATE")" unplugged
	unbind "$DEV"
	snapshot "$TMP/held"
	echo online_movable >"$BIND_STATE"
	ktap_check "bind with the $1 range held returns busy" \
		equals "$(bind_kmem "$DEV")" "Device or resource busy"
	ktap_check "bind with the $1 range held leaves nothing" \
		same "$TMP/held"
}

# binds_partly WHICH MAPPING FROM: the other range begins FROM MiB from BASE
binds_partly() {
	echo 1 >"$PARTIAL"
	log_mark
	ktap_check "with partial a device binds without its $1 range, held by another" \
		bind_kmem "$DEV"
	echo 0 >"$PARTIAL"
	ktap_check "partial names the $1 range and its size" \
		logged "mapping$2: .* left out, 512 MiB lost: /proc/iomem"
	ktap_check "lost_bytes counts the $1 range" \
		equals "$(cat "$KMEM/lost_bytes")" $((512 * MB))
	ktap_check "without the $1 range there are 4 blocks" total_is 4
	ktap_check "without the $1 range all blocks are online" \
		equals "$(cat "$KMEM/online_blocks")" 4
	ktap_check "without the $1 range only the other is reserved" \
		equals "$(ranges "$DEV")" "$(printf '%x %x' \
		$((BASE + $3 * MB)) $((BASE + ($3 + 512) * MB - 1)))"
	unbind "$DEV"
	ktap_check "memory bound without the $1 range is adopted again" \
		bind_kmem "$DEV"
	ktap_check "with its 4 blocks" total_is 4
	ktap_check "unplug without the $1 range" attempt unplugged "$STATE"
	ktap_check "plug without the $1 range" attempt online_movable "$STATE"
	echo unplugged >"$STATE"
	unbind "$DEV"
	ktap_check "and nothing is left" same "$TMP/held"
	echo unplugged >"$BIND_STATE"
}

# A range that is reserved before the one that is held must be released again:
# the driver reserves the lower range first.
hold 1024 512
refuses_held upper 0
binds_partly upper 0 0
rmmod dax_fake
bind_kmem "$DEV"
hold 0 512
refuses_held lower 1
binds_partly lower 1 1024
rmmod dax_fake

hold 0 2048
echo 1 >"$PARTIAL"
echo online_movable >"$BIND_STATE"
ktap_check "with partial a device with every range held is refused" \
	equals "$(bind_kmem "$DEV")" "Device or resource busy"
rmmod dax_fake
bind_kmem "$DEV"
ktap_check "with partial a device with no range held is bound whole" total_is 8
unbind "$DEV"
ktap_check "with partial memory that is left is adopted" bind_kmem "$DEV"
ktap_check "all of it" total_is 8
ktap_check "adopted says so" equals "$(cat "$KMEM/adopted")" 1
ktap_check "lost_bytes counts nothing" equals "$(cat "$KMEM/lost_bytes")" 0
echo unplugged >"$STATE"
unbind "$DEV"
echo 0 >"$PARTIAL"
echo unplugged >"$BIND_STATE"
ktap_check "and nothing is left" same "$TMP/unbound"
bind_kmem "$DEV"

# --- what the bus lets be written while the device is bound

ktap_check "size cannot be written while bound" \
	refused 0 "Device or resource busy" "$DAX/$DEV/size"
ktap_check "align cannot be written while bound" \
	refused 4096 "Device or resource busy" "$DAX/$DEV/align"
echo online_movable >"$STATE"
for start in 1536 1664 1792 1920; do
	add_range $start 128
done
ktap_check "mapping written while online changes nothing" total_is 8
ktap_check "unplug after that removes what was plugged" \
	attempt unplugged "$STATE"
ktap_check "and nothing is left" same "$TMP/unplugged"
ktap_check "plug after that takes the ranges of the bind" \
	attempt online_movable "$STATE"
ktap_check "and they are online as before" same "$TMP/online"
echo unplugged >"$STATE"
unbind "$DEV"
ktap_check "unbind after that leaves nothing" same "$TMP/unbound"
bind_kmem "$DEV"
ktap_check "the next bind counts the new ranges" total_is 12

# --- memory left by an unbind

set_ranges "1024 512" "0 512"
bind_kmem "$DEV"
echo online_movable >"$STATE"
log_mark
modprobe dax_fake start=$BASE size=$((2048 * MB)) node="$(target_node "$DEV")"
if [ -e "$DAX/dax100.0" ]; then
	ktap_check "a device cannot have the memory of one that is bound" \
		equals "$(bind_kmem dax100.0)" "Device or resource busy"
	forget dax100.0
else
	# Linux 7.3
	ktap_check "the core makes no device on the memory of another" \
		grep -q "dax_region resource conflict" <(log_since)
fi
rmmod dax_fake
# the lower range would be removed first
for block in $(blocks "$DEV" | head -n 4); do
	echo offline >"$MEMORY/memory$block/state"
done
unbind "$DEV"
bind_kmem "$DEV"
ktap_check "an unbind with all of one range offline removes nothing" \
	equals "$(cat "$KMEM/present_blocks")" 8
each_block "$DEV" online_movable
unbind "$DEV"
snapshot "$TMP/stranded"
echo 0 >"$DAX/$DEV/size"
add_range 0 256
log_mark
ktap_check "a device with a part of the ranges cannot have memory that is left" \
	equals "$(bind_kmem "$DEV")" "Device or resource busy"
ktap_check "the message says that they reach beyond it" \
	logged 'overlap in-use memory of .*, whose ranges reach beyond'
ktap_check "and the memory is as it was" same "$TMP/stranded"
set_ranges "1024 512" "1536 128" "0 512" "1856 64"
ktap_check "a device with all of the ranges and one more adopts it" \
	bind_kmem "$DEV"
ktap_check "adopted says so" equals "$(cat "$KMEM/adopted")" 1
ktap_check "the new range does not count yet" total_is 8
ktap_check "lost_bytes is that of this device" \
	equals "$(cat "$KMEM/lost_bytes")" $((64 * MB))
ktap_check "the state is what the blocks are" \
	equals "$(cat "$STATE")" online_movable
add_range 1664 128
unbind "$DEV"
ktap_check "a device that has grown while bound adopts it again" \
	bind_kmem "$DEV"
ktap_check "unplugged gives all of it back" attempt unplugged "$STATE"
unbind "$DEV"
ktap_check "and nothing is left" same "$TMP/unbound"
bind_kmem "$DEV"
ktap_check "the next bind counts all ranges" total_is 10

# --- ranges that do not fit memory blocks

set_ranges "1312 320" "960 64" "64 512"
snapshot "$TMP/unbound"
log_mark
bind_kmem "$DEV"
ktap_check "of three ranges, one is too small and named" \
	logged 'mapping1: .* holds no whole memory block of 128 MiB'
ktap_check "the others are truncated, with the bytes lost" \
	logged 'mapping0: .* truncated to .*, 201326592 bytes lost'
ktap_check "lost_bytes adds them up" \
	equals "$(cat "$KMEM/lost_bytes")" $(((192 + 64 + 128) * MB))
ktap_check "the whole blocks are counted" total_is 4
ktap_check "they go online" attempt online_movable "$STATE"
ktap_check "all of them" equals "$(cat "$KMEM/online_blocks")" 4
ktap_check "and away" attempt unplugged "$STATE"
unbind "$DEV"
ktap_check "and nothing is left" same "$TMP/unbound"
ktap_check "rmmod succeeds" rmmod kmem
modprobe kmem
ktap_done
