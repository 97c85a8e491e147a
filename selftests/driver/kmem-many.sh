#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# 512 devices at once, of one memory block each: binding the last ones takes no
# longer than binding the first, and all of them are found again when their memory
# was left in use. Needs the test module dax_fake, a guest whose time counts
# instructions, and an NVDIMM of more than 64G on node 1, which is used up.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh
# shellcheck source=selftests/lib/times.sh
. lib/times.sh

[ -n "${KMEM_GUEST-}" ] || ktap_skip_all "takes all persistent memory of a guest"
readonly DEVICES=512 STEP=64
STRANDED=$DRIVERS/kmem/stranded
START=$(($(cat /sys/bus/nd/devices/region0/resource)))
SIZE=$((DEVICES * $(block_size)))
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT

# name N: of a device; the first has the highest addresses, because the core searches
# a zone from its start for each block that comes online at its end
name() {
	echo "dax100.$((DEVICES - 1 - $1))"
}

# each COMMAND FROM TO: it gets the name of each device
each() {
	local i

	for ((i = $2; i < $3; i++)); do
		"$1" "$(name "$i")" || return
	done
}

give_block() {
	block_size >"$DAX/$1/size"
}

# The bus compares each device with each name that a driver still knows.
bind_one() {
	echo "$1" >"$DRIVERS/kmem/new_id" &&
		echo "$1" >"$DRIVERS/kmem/remove_id"
}

unbind_one() {
	echo "$1" >"$DRIVERS/kmem/unbind"
}

# each_upward COMMAND: by address
each_upward() {
	local i

	for ((i = DEVICES - 1; i >= 0; i--)); do
		"$1" "$(name "$i")" || return
	done
}

# all ATTRIBUTE VALUE: every device has that
all() {
	local n

	n=$(cat "$DAX"/dax100.*/"$1" | grep -cx "$2")
	[ "$n" = "$DEVICES" ] || { echo "$n devices"; return 1; }
}

# listed: all of them, as stranded
listed() {
	local n

	n=$(kmemctl list -nr -o DEVICE,STATE | grep -c '^dax100\.[0-9]* stranded$')
	[ "$n" = "$DEVICES" ] || { echo "$n devices"; return 1; }
}

offline_all() {
	local block first=$((START / $(block_size)))

	for ((block = first; block < first + DEVICES; block++)); do
		echo offline >"$MEMORY/memory$block/state" || return
	done
}

# reclaim_all: what stranded shows, until it shows nothing; says how many that were
reclaim_all() {
	local range n=0

	while read -r _ _ range _ <"$STRANDED" && [ -n "$range" ]; do
		echo "${range%-*}" >"$STRANDED" || return
		n=$((n + 1))
	done
	[ "$n" = "$DEVICES" ] || { echo "$n devices"; return 1; }
}

gone() {
	rmmod kmem && [ "$(memtotal)" = "$BEFORE" ] &&
		! grep -q 'kmem' /proc/iomem
}

set_policy offline
BEFORE=$(memtotal)
modprobe -r device_dax dax_pmem nd_pmem
modprobe dax_fake start="$START" size="$SIZE" pieces=$DEVICES node=1
ktap_check "there are $DEVICES devices" each_upward give_block
modprobe kmem bind_state=online_movable

first=$(taken each bind_one 0 $STEP)
each bind_one $STEP $((DEVICES - STEP))
last=$(taken each bind_one $((DEVICES - STEP)) $DEVICES)
ktap_check "each is bound, and its memory online" all state online_movable
ktap_check "in zone Movable" all kmem/zones Movable:1
ktap_check "to bind the last $STEP takes at most 1.5 times what the first take" \
	at_most 1.5 "$last" "$first"

ONLINE=$(memtotal)
first=$(taken each unbind_one 0 $STEP)
each unbind_one $STEP $((DEVICES - STEP))
last=$(taken each unbind_one $((DEVICES - STEP)) $DEVICES)
ktap_check "unbound, their memory stays in use" test "$(memtotal)" = "$ONLINE"
ktap_check "to unbind the last $STEP takes at most 1.5 times what the first take" \
	at_most 1.5 "$last" "$first"
ktap_check "kmemctl lists each as stranded" listed
ktap_check "each can be bound again" each bind_one 0 $DEVICES
ktap_check "and has its memory" all kmem/adopted 1

each unbind_one 0 $DEVICES
ktap_check "the blocks of all go offline" offline_all
ktap_check "stranded shows one after the other, and gives each back" reclaim_all
ktap_check "nothing is left of all of them" gone
ktap_done
