#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Bind, unbind, new_id and remove_id by echo: memory appears on the right node
# in the right zone and goes away without a trace, and what happens when it is
# still in use. Changes the memory of the machine: KMEM_TEST_DEV=daxX.Y.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh

kmem_require
DEV=$KMEM_TEST_DEV
NODE=$(target_node "$DEV")
TMP=$(mktemp -d)
POLICY=$(cat $MEMORY/auto_online_blocks)
DRIVER=$(driver_of "$DEV")

restore() {
	set_policy "$POLICY"
	each_block "$DEV" offline 2>/dev/null
	forget "$DEV"
	[ "$DRIVER" = none ] || echo "$DEV" >"$DRIVERS/$DRIVER/bind"
	rm -rf "$TMP"
}
trap restore EXIT

# same_as_modinfo NAME: what the module that is loaded says of itself
same_as_modinfo() {
	equals "$(cat "/sys/module/kmem/parameters/$1")" "$(modinfo -F "$1" kmem)"
}

loads_only_without() {
	rmmod kmem || return
	! modprobe kmem "$1" || return
	modprobe kmem
}

# whole_blocks: kB of the device in whole memory blocks
whole_blocks() {
	local start end size

	size=$(block_size)
	start=$(($(cat "$DAX/$DEV/resource")))
	end=$((start + $(cat "$DAX/$DEV/size")))
	start=$(((start + size - 1) / size * size))
	echo $(((end / size * size - start) / 1024))
}

stays_offline() {
	bind_kmem "$DEV" && [ "$(count_online "$DEV")" -eq 0 ]
}

grows() {
	local before now

	before=$1
	now=$(memtotal)
	echo "MemTotal $before, now $now, device $(whole_blocks)"
	[ $((now - before)) -eq "$(whole_blocks)" ]
}

node_holds() {
	echo "node$NODE: $(node_memtotal "$NODE"), device $(whole_blocks)"
	[ "$(node_memtotal "$NODE")" -eq $((NODE_BEFORE + $(whole_blocks))) ]
}

in_zone() {
	echo "zones: $(zones "$DEV")"
	[ "$(zones "$DEV")" = "$1" ]
}

unbind "$DEV"
set_policy offline
snapshot "$TMP/before"
BEFORE=$(memtotal)
NODE_BEFORE=$(node_memtotal "$NODE")

for fact in layout tested; do
	ktap_check "the module that is loaded has the $fact that modinfo shows" \
		same_as_modinfo "$fact"
done
for fact in layout tested; do
	ktap_check "$fact cannot be set" refused yes "Permission denied" \
		"/sys/module/kmem/parameters/$fact"
	ktap_check "nor can it when the module is loaded" \
		loads_only_without "$fact=yes"
done
ktap_check "bind before new_id is refused" \
	equals "$(attempt "$DEV" $DRIVERS/kmem/bind)" "No such device"
ktap_check "new_id binds the device, and with policy offline no block goes online" \
	stays_offline
ktap_check "/proc/iomem names the reservation after the device" \
	test -n "$(ranges "$DEV")"
ktap_check "/proc/iomem names the memory System RAM (kmem), over the same ranges" \
	equals "$(ranges "System RAM (kmem)")" "$(ranges "$DEV")"
ktap_check "every memory block of the device lies on its target node" \
	test "$(find "/sys/devices/system/node/node$NODE" -name 'memory[0-9]*' | wc -l)" \
	-ge "$(blocks "$DEV" | wc -l)"
ktap_check "offline blocks do not count in MemTotal" \
	equals "$(memtotal)" "$BEFORE"

each_block "$DEV" online_movable
ktap_check "online_movable grows MemTotal by the device's whole memory blocks" \
	grows "$BEFORE"
ktap_check "the memory is on the device's target node" node_holds
ktap_check "online_movable puts every block in Movable" in_zone Movable
ktap_check "the node is in a slower memory tier than node 0" \
	test "$(grep -lx "$NODE" /sys/devices/virtual/memory_tiering/memory_tier*/nodelist | tr -dc 0-9)" \
	-gt "$(grep -lx 0 /sys/devices/virtual/memory_tiering/memory_tier*/nodelist | tr -dc 0-9)"
ktap_check "rmmod is refused while memory is added" \
	equals "$(rmmod kmem 2>&1 | sed 's/.*: //')" "Module kmem is in use"

log_mark
echo "$DEV" >"$DRIVERS/kmem/unbind"
ktap_check "unbind with blocks online parts the device from the driver" \
	equals "$(driver_of "$DEV")" none
ktap_check "unbind with blocks online keeps the memory" grows "$BEFORE"
ktap_check "unbind with blocks online keeps the reservation and its name" \
	equals "$(ranges "System RAM (kmem)")" "$(ranges "$DEV")"
ktap_check "unbind with blocks online says so" \
	logged "memory on node $NODE stays in use and reserved"
ktap_check "the module cannot be unloaded while such memory is left" \
	equals "$(rmmod kmem 2>&1 | sed 's/.*: //')" "Module kmem is in use"
ktap_check "the character device's driver cannot bind such memory" \
	equals "$(attempt "$DEV" $DRIVERS/device_dax/bind)" \
	"Device or resource busy"

log_mark
ktap_check "binding again takes over the memory that was left" bind_kmem "$DEV"
ktap_check "taking over says so" logged "is managed again"
ktap_check "taking over leaves the blocks as they were" in_zone Movable
each_block "$DEV" offline
echo "$DEV" >"$DRIVERS/kmem/unbind"
ktap_check "offline and unbind return everything to what it was" same "$TMP/before"

# in_policy WORD ZONE: what a bind under that policy brings about
in_policy() {
	set_policy "$1"
	ktap_check "bind honours the policy $1" bind_kmem "$DEV"
	ktap_check "policy $1 puts every block in $2" in_zone "$2"
	ktap_check "policy $1 onlines every block" \
		equals "$(count_online "$DEV")" "$(blocks "$DEV" | wc -l)"
	set_policy offline
}

in_policy online_movable Movable
each_block "$DEV" offline
echo "$DEV" >"$DRIVERS/kmem/unbind"
ktap_check "after policy online_movable everything returns to what it was" \
	same "$TMP/before"

echo "$DEV" >"$DRIVERS/kmem/remove_id"
ktap_check "after remove_id bind is refused" \
	equals "$(attempt "$DEV" $DRIVERS/kmem/bind)" "No such device"
ktap_check "remove_id of a device that is not listed succeeds" \
	attempt "$DEV" $DRIVERS/kmem/remove_id
ktap_check "new_id refuses what is no device name" \
	equals "$(attempt nonsense $DRIVERS/kmem/new_id)" "Invalid argument"
ktap_check "rmmod succeeds when no memory is left" rmmod kmem
modprobe kmem

# Last, and in a guest only: what the kernel allocates in Normal may stay there.
if [ -n "${KMEM_GUEST-}" ]; then
	in_policy online_kernel Normal
	if each_block "$DEV" offline 2>/dev/null; then
		echo "$DEV" >"$DRIVERS/kmem/unbind"
		echo "$DEV" >"$DRIVERS/kmem/remove_id"
		ktap_check "memory that was in Normal goes away whole" \
			same "$TMP/before"
	else
		echo "$DEV" >"$DRIVERS/kmem/unbind"
		ktap_check "memory in Normal that cannot go keeps its reservation" \
			equals "$(ranges "System RAM (kmem)")" "$(ranges "$DEV")"
	fi
fi
ktap_done
