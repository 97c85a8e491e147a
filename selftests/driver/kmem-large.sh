#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Memory blocks of 2 GiB: the device's share in them, bind, state, a failing
# block at each place, adoption. Needs a machine with such blocks and the test
# module memory_veto. Changes the memory of the machine: KMEM_TEST_DEV=daxX.Y.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh

# shellcheck source=selftests/lib/state.sh
. lib/state.sh

SIZE=$(block_size)
[ "$SIZE" -eq $((2 << 30)) ] || ktap_skip_all "memory blocks are of $SIZE bytes"

online_is() {
	equals "$(cat "$KMEM/online_blocks")" "$1"
}

FIRST_BYTE=$(($(cat "$DAX/$DEV/resource")))
BYTES=$(cat "$DAX/$DEV/size")
TOTAL=$(((FIRST_BYTE + BYTES) / SIZE - (FIRST_BYTE + SIZE - 1) / SIZE))
[ "$TOTAL" -ge 3 ] || ktap_skip_all "$DEV has but $TOTAL whole blocks"

unbind "$DEV"
snapshot "$TMP/unbound"
BEFORE=$(memtotal)
echo online_movable >"$BIND_STATE"
ktap_check "bind with bind_state=online_movable" bind_kmem "$DEV"
ktap_check "total_blocks counts the whole blocks" \
	equals "$(cat "$KMEM/total_blocks")" "$TOTAL"
ktap_check "lost_bytes are the rest" \
	equals "$(cat "$KMEM/lost_bytes")" $((BYTES - TOTAL * SIZE))
ktap_check "all of them are online" online_is "$TOTAL"
ktap_check "in Movable" equals "$(zones "$DEV")" Movable
ktap_check "MemTotal has grown by them" \
	equals $(($(memtotal) - BEFORE)) $((TOTAL * SIZE / 1024))
ktap_check "unplugged" attempt unplugged "$STATE"
unbind "$DEV"
ktap_check "and unbind leave nothing" same "$TMP/unbound"

echo unplugged >"$BIND_STATE"
bind_kmem "$DEV"
snapshot "$TMP/unplugged"
for nth in $(seq "$TOTAL"); do
	echo "$nth" >"$VETO/online"
	ktap_check "plug that fails at block $nth of $TOTAL returns its errno" \
		refused online_movable "Input/output error"
	ktap_check "plug that fails at block $nth of $TOTAL leaves nothing" \
		same "$TMP/unplugged"
done
ktap_check "online_movable works after these" attempt online_movable "$STATE"
snapshot "$TMP/online"
for nth in $(seq "$TOTAL"); do
	echo "$nth" >"$VETO/offline"
	ktap_check "unplug that fails at block $nth of $TOTAL returns its errno" \
		refused unplugged "Input/output error"
	ktap_check "unplug that fails at block $nth of $TOTAL puts every block back" \
		same "$TMP/online"
done

LAST=$(blocks "$DEV" | tail -n 1)
unbind "$DEV"
echo offline >"$MEMORY/memory$LAST/state"
ktap_check "bind adopts what an unbind left" bind_kmem "$DEV"
ktap_check "adopted says so" equals "$(cat "$KMEM/adopted")" 1
ktap_check "the state of blocks that differ is online" state_is online
ktap_check "unplugged gives all of it back" attempt unplugged "$STATE"
unbind "$DEV"
ktap_check "and nothing is left" same "$TMP/unbound"
ktap_done
