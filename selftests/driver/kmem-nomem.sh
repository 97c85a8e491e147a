#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Memory whose memmap does not fit in the RAM there is: bind and plug refuse it
# before any RAM is taken, and leave all as it was. For three devices of one
# node, of different sizes: 1/64 of the largest is more than the RAM, 1/64 of each
# other fits, but not of both. Needs the test module memory_veto. Changes the
# memory of the machine: KMEM_TEST_DEV=daxX.Y, KMEM_TEST_DEV2, KMEM_TEST_DEV3.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh

kmem_require
modprobe memory_veto || ktap_skip_all "no test module memory_veto"

# by_size: the devices of one node, the smallest first
by_size() {
	local dev

	for dev in "$KMEM_TEST_DEV" "${KMEM_TEST_DEV2-}" "${KMEM_TEST_DEV3-}"; do
		[ "$(target_node "$dev")" != "$(target_node "$KMEM_TEST_DEV")" ] ||
			echo "$(cat "$DAX/$dev/size") $dev"
	done | sort -n | cut -d ' ' -f 2 | tr '\n' ' '
}

read -r SMALL LARGE DEV < <(by_size)
[ -n "$DEV" ] || ktap_skip_all "KMEM_TEST_DEV, KMEM_TEST_DEV2 and KMEM_TEST_DEV3 do not name three devices of one node"
VETO=/sys/module/memory_veto/parameters
STATE=$DAX/$DEV/state
KMEM=$DAX/$DEV/kmem
BIND_STATE=/sys/module/kmem/parameters/bind_state
TMP=$(mktemp -d)
POLICY=$(cat $MEMORY/auto_online_blocks)
DRIVER=$(driver_of "$DEV")

restore() {
	echo policy >"$BIND_STATE"
	set_policy "$POLICY"
	rmmod memory_veto
	for dev in "$SMALL" "$LARGE"; do
		echo unplugged >"$DAX/$dev/state"
		forget "$dev"
		[ "$DRIVER" = none ] || echo "$dev" >"$DRIVERS/$DRIVER/bind"
	done
	forget "$DEV"
	[ "$DRIVER" = none ] || echo "$DEV" >"$DRIVERS/$DRIVER/bind"
	rm -rf "$TMP"
}
trap restore EXIT

[ $(($(cat "$DAX/$DEV/size") / 64 / 1024)) -gt "$(memtotal)" ] ||
	ktap_skip_all "the memmap of $DEV may fit in the RAM of this machine"

no_room_at_bind() {
	equals "$(bind_kmem "$DEV")" "Cannot allocate memory"
}

set_policy offline
unbind "$DEV"
snapshot "$TMP/unbound"
log_mark
ktap_check "a bind fails with ENOMEM when the memmap does not fit in RAM" \
	no_room_at_bind
ktap_check "and says how much it takes, how much there is and what to do" \
	logged 'needs [0-9]+ MiB of RAM, [0-9]+ MiB are available \(-12\).*memmap_on_memory'
ktap_check "and leaves all as it was" same "$TMP/unbound"

echo unplugged >"$BIND_STATE"
bind_kmem "$DEV"
snapshot "$TMP/unplugged"
for word in online_movable online_kernel online; do
	ktap_check "$word fails with ENOMEM when the memmap does not fit in RAM" \
		refused "$word" "Cannot allocate memory"
	ktap_check "last_error says that the memmap does not fit, after $word" \
		error_is "memmap all -12"
	ktap_check "and state is unplugged after $word" \
		equals "$(cat "$STATE")" unplugged
	ktap_check "and all is as it was before $word" same "$TMP/unplugged"
done

# --- RAM that no memmap can have: other devices' memory in zone Movable

bind_kmem "$SMALL"
bind_kmem "$LARGE"
snapshot "$TMP/both"
ktap_check "a memmap that fits is accepted" \
	attempt online_movable "$DAX/$SMALL/state"
ktap_check "its memory is in Movable" equals "$(zones "$SMALL")" Movable
snapshot "$TMP/small"
STATE=$DAX/$LARGE/state KMEM=$DAX/$LARGE/kmem
log_mark
ktap_check "memory in Movable on the same node is no room for a memmap" \
	refused online_movable "Cannot allocate memory"
ktap_check "last_error says that the memmap does not fit" \
	error_is "memmap all -12"
ktap_check "the RAM available that the message names is less than the need" \
	logged "$LARGE: its memmap needs [67][0-9]+ MiB of RAM, [3-5][0-9]+ MiB are"
ktap_check "and all is as it was" same "$TMP/small"
echo unplugged >"$DAX/$SMALL/state"

# --- two plugs at once

# The first is delayed between the check and the allocation of its memmap.
two_at_once() {
	local first error

	echo 3000 >"$VETO/add_delay"
	echo online_movable >"$STATE" &
	first=$!
	until [ "$(<"$VETO/add_delay")" -eq 0 ]; do
		kill -0 "$first" || return
	done
	error=$(attempt online_movable "$DAX/$SMALL/state")
	cat "$DAX/$SMALL/kmem/last_error"
	equals "$(<"$KMEM/present_blocks")" 0 || return
	kill -TERM "$first"
	wait "$first"
	equals "$error" "Cannot allocate memory"
}
ktap_check "what was promised to one plug is no room for another" two_at_once
for dev in "$SMALL" "$LARGE"; do
	echo unplugged >"$DAX/$dev/state"
done
ktap_check "and nothing is left of both" same "$TMP/both"

# Each end of an add must give back what it was promised and did not take.
echo 1 >"$VETO/add"
ktap_check "an add that fails returns the errno" \
	refused online_movable "Input/output error"
unbind "$LARGE"
echo offline >"$BIND_STATE"
ktap_check "after one that was ended and one that failed, there is room again" \
	bind_kmem "$LARGE"
ktap_check "all of its memory is added" equals "$(cat "$KMEM/present_blocks")" \
	"$(cat "$KMEM/total_blocks")"
ktap_check "and goes away" attempt unplugged "$STATE"
unbind "$LARGE"
ktap_check "after one that succeeded, there is room again" bind_kmem "$LARGE"
echo unplugged >"$STATE"
ktap_check "and nothing is left" same "$TMP/both"
ktap_done
