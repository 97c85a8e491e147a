#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What dax-kmem promises of a device's memory, a claim each, in words and by
# means that every kmem driver has: the kernel's own is held to the same. Needs
# soft reserved memory of 4G as dax0.0. The claims that break the kernel with
# another driver come last.

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh
# shellcheck source=selftests/compare/guest/driver.sh
. compare/guest/driver.sh

DEV=dax0.0
SECOND=dax0.1
VETO=/sys/module/memory_veto/parameters
TMP=$(mktemp -d)
GB=$((1 << 30))

# add_range DEV START SIZE: bytes from the start of the region
add_range() {
	local start=$((BASE + $2))

	printf '%x-%x' "$start" $((start + $3 - 1)) >"$DAX/$1/mapping"
}

has_state_attribute() {
	bind_kmem "$DEV" || return
	has_state "$DEV" && return
	echo "no attribute 'state'"
	return 1
}

all_or_nothing() {
	local rc=0 error

	rest "$DEV" || return
	snapshot "$TMP/before"
	echo 3 >"$VETO/online"
	error=$(plug "$DEV") || rc=1
	echo 0 >"$VETO/online"
	echo "third of $(blocks "$DEV" | wc -l) blocks fails: plug returns ${error:-success}, state '$(
		cat "$DAX/$DEV/state" 2>/dev/null)', $(count_online "$DEV") blocks online"
	[ "$rc" -ne 0 ] && same "$TMP/before"
}

# wants_own_memmap: asks for it in whatever way there is
wants_own_memmap() {
	if [ -e "$DAX/$DEV/memmap_on_memory" ]; then
		unbind "$DEV"
		echo 1 >"$DAX/$DEV/memmap_on_memory"
	elif [ -e "$DAX/$DEV/kmem/memmap_on_memory" ]; then
		echo 1 >"$DAX/$DEV/kmem/memmap_on_memory"
	else
		echo "no attribute 'memmap_on_memory'"
	fi
}

own_memmap() {
	local before taken plain=$((2 * GB / 64 / 1024))

	rest "$DEV" && wants_own_memmap || return
	[ -e "$DAX/$DEV/kmem/memmap_on_memory" ] || rest "$DEV" || return
	before=$(dram_settled)
	plug "$DEV" || return
	taken=$((before - $(dram_free)))
	echo "takes $taken kB of DRAM, a plain memmap has $plain"
	[ $((taken * 4)) -lt "$plain" ]
}

rebind() {
	local error

	rest "$SECOND" || return
	snapshot "$TMP/before"
	plug "$SECOND" || return
	unbind "$SECOND"
	error=$(bind_kmem "$SECOND") || {
		echo "bind after an unbind with memory online: $error"
		return 1
	}
	unplug "$SECOND" && same "$TMP/before"
}

snapshot_of_ranges() {
	local i

	rest "$DEV" || return
	snapshot "$TMP/before"
	plug "$DEV" || return
	for i in 0 1 2 3 4 5 6 7; do
		add_range "$DEV" $((3 * GB + i * GB / 8)) $((GB / 8)) || return
	done
	echo "promise 5: unplug with ranges added meanwhile" >/dev/kmsg
	unplug "$DEV" || return
	same "$TMP/before"
}

set_policy offline
modprobe -a kmem memory_veto || exit 1
unbind "$DEV"
BASE=$(($(cat "$DAX/$DEV/resource")))
echo 0 >"$DAX/$DEV/size"
add_range "$DEV" 0 $GB
add_range "$DEV" $((2 * GB)) $GB
echo 1 >"$DAX/$DEV/../dax_region/create"
unbind "$SECOND"
add_range "$SECOND" $((GB + GB / 2)) $((GB / 4))

ktap_check "promise 1: a device has the attribute 'state'" has_state_attribute
ktap_check "promise 2: a plug of which one block fails leaves nothing" \
	all_or_nothing
ktap_check "promise 6: the memmap of a device can be on the device" own_memmap
ktap_check "promise 3: memory left by an unbind can be had back by a bind" \
	rebind
ktap_check "promise 5: ranges added while bound change nothing for an unplug" \
	snapshot_of_ranges
ktap_done
