#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Memory whose memmap does not fit in the RAM there is: bind and plug refuse it
# before any RAM is taken, and leave all as it was. For a device of which 1/64
# is more than the RAM. Changes the memory of the machine:
# KMEM_TEST_DEV=daxX.Y.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh

kmem_require
DEV=$KMEM_TEST_DEV
STATE=$DAX/$DEV/state
KMEM=$DAX/$DEV/kmem
BIND_STATE=/sys/module/kmem/parameters/bind_state
TMP=$(mktemp -d)
POLICY=$(cat $MEMORY/auto_online_blocks)
DRIVER=$(driver_of "$DEV")

restore() {
	echo policy >"$BIND_STATE"
	set_policy "$POLICY"
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
ktap_done
