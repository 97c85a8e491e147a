#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kmemctl on a real kernel: a devdax device becomes memory in the right zone of
# the right node and comes back, by each command. Works with the kernel's own
# kmem as well. Changes the memory of the machine: KMEM_TEST_DEV=daxX.Y.

# Quotes in what is expected are those of shell patterns.
# shellcheck disable=SC2154

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/kmemctl.sh
. lib/kmemctl.sh

kmemctl_require
NODE_BEFORE=$(node_memtotal "$NODE")

grown() {
	echo "MemTotal $BEFORE, now $(memtotal), device $(dev_kib "$DEV")"
	[ "$(memtotal)" -eq $((BEFORE + $(dev_kib "$DEV"))) ] &&
		[ "$(node_memtotal "$NODE")" -eq \
		  $((NODE_BEFORE + $(dev_kib "$DEV"))) ]
}

in_zone() {
	equals "$(zones "$DEV")" "$1" && equals "$(count_online "$DEV")" "$N"
}

policy_is() {
	equals "$(cat "$MEMORY/auto_online_blocks")" "$1"
}

daxctl_says() {
	daxctl list -d "$DEV" | tr -d ' ' >"$TMP/daxctl"
	cat "$TMP/daxctl"
	for line; do
		grep -qF "$line" "$TMP/daxctl" || return
	done
}

# run_plan ARG...: let a shell make the writes that a dry run prints
run_plan() {
	kmemctl "$@" --dry-run | sed -n '/^# would write/,$p' >"$TMP/script"
	cat "$TMP/script"
	sh -e "$TMP/script"
}

k list -n -o STATE,DRIVER,NODE "$DEV"
expect "list shows devdax, its driver and its node" 0 \
	"devdax device_dax *$NODE" ""
k list -n -o TOTAL "$DEV"
expect "list counts the blocks the ranges have room for" 0 "$N" ""

rmmod kmem
k_planned online --movable "$DEV"
ktap_check "a dry run shows the module that is loaded" \
	grep -qx "modprobe kmem" "$TMP/plan"
expect "online succeeds and says zone and node" 0 \
	"$DEV: online: $N blocks, *, Movable, node $NODE" ""
ktap_check "online loads the module" test -d /sys/module/kmem
ktap_check "online puts all blocks in Movable" in_zone Movable
ktap_check "online grows MemTotal and the target node by the device" grown
ktap_check "daxctl sees system-ram, all online and movable" daxctl_says \
	'"mode":"system-ram"' "\"online_memblocks\":$N" '"movable":true'
k list -n -o STATE,BLOCKS,ZONES,DRIVER "$DEV"
expect "list shows it online" 0 "online $N/$N Movable kmem" ""
snapshot "$TMP/online"
k online "$DEV"
expect "online once more is already so" 0 \
	"$DEV: already online: $N blocks, *, Movable, node $NODE" ""
k unbind "$DEV"
expect_error "unbind is refused while online" 4 \
	"kmemctl: $DEV: cannot unbind: $N of its $N memory blocks are online; nothing was changed; run 'kmemctl offline $DEV'" \
	"$TMP/online"
k_planned offline "$DEV"
expect "offline succeeds and says the driver" 0 \
	"$DEV: offline: driver device_dax" ""
ktap_check "offline returns MemTotal, /proc/iomem and all else" \
	same "$TMP/before"
ktap_check "offline leaves no id with kmem" no_id "$DEV"
ktap_check "daxctl sees devdax" daxctl_says '"mode":"devdax"'
ktap_check "the character device is there" test -c "/dev/$DEV"
k offline "$DEV"
expect "offline once more is already so" 0 \
	"$DEV: already offline: driver device_dax" ""

for policy in online online_kernel online_movable; do
	set_policy $policy
	k online "$DEV"
	expect "online under policy $policy succeeds" 0 "*, Movable, *" ""
	ktap_check "online under policy $policy puts all blocks in Movable" \
		in_zone Movable
	ktap_check "online leaves policy $policy as it was" policy_is $policy
	k offline "$DEV"
	expect "offline under policy $policy succeeds" 0 "*device_dax" ""
done
set_policy offline
ktap_check "after these all is as it was" same "$TMP/before"

k bind "$DEV"
expect "bind under policy offline onlines nothing" 0 \
	"$DEV: bound to kmem: 0 of $N blocks online" ""
k list -n -o STATE,BLOCKS "$DEV"
expect "list shows it offline" 0 "offline 0/$N" ""
first=$(blocks "$DEV" | head -n 1)
echo online_movable >"$MEMORY/memory$first/state"
k list -n -o STATE,BLOCKS "$DEV"
expect "list shows one block online as partial" 0 "partial 1/$N" ""
snapshot "$TMP/partial"
k unbind "$DEV"
expect_error "unbind is refused for one block" 4 \
	"kmemctl: $DEV: cannot unbind: 1 of its $N memory blocks are online; *" \
	"$TMP/partial"
k_planned online "$DEV"
expect "online brings the other blocks" 0 "$DEV: online: $N blocks, *" ""
for block in $(blocks "$DEV"); do
	echo offline >"$MEMORY/memory$block/state"
done
k unbind "$DEV"
expect "unbind lets go of a device all offline" 0 "$DEV: unbound from kmem" ""
k list -n -o STATE,DRIVER "$DEV"
expect "list shows it unbound" 0 "unbound -" ""
k_planned online "$DEV"
expect "online takes a device without a driver" 0 "$DEV: online: *" ""
k offline "$DEV"
set_policy online_movable
k bind "$DEV"
expect "bind under policy online_movable onlines all" 0 \
	"$DEV: bound to kmem: $N of $N blocks online" ""
set_policy offline
k offline "$DEV"
ktap_check "after these, too, all is as it was" same "$TMP/before"

rmmod kmem
echo "$DEV" >"$DRIVERS/device_dax/unbind"
ktap_check "the plan for a device without a driver can be run with sh -e" \
	run_plan online "$DEV"
ktap_check "it brings all blocks online in Movable" in_zone Movable
ktap_check "the plan of offline can be run with sh -e" run_plan offline "$DEV"
ktap_check "both leave all as it was" same "$TMP/before"
ktap_check "both leave no id with kmem" no_id "$DEV"

# What the device's own state says after a change of single blocks is stale.
k online "$DEV"
if [ -e "$DAX/$DEV/state" ]; then
	for block in $(blocks "$DEV" | tail -n +2); do
		echo offline >"$MEMORY/memory$block/state"
	done
	k list -n -o STATE,BLOCKS "$DEV"
	expect "list shows what the blocks are, whatever state says" 0 \
		"partial 1/$N" ""
	k online "$DEV"
	expect "online does not believe state either" 0 \
		"$DEV: online: $N blocks, *, Movable, *" ""
	echo unplugged >"$DAX/$DEV/state"
	k list -n -o STATE,BLOCKS "$DEV"
	expect "list shows it unplugged" 0 "unplugged -" ""
	k_planned online "$DEV"
	expect "online plugs it" 0 "$DEV: online: $N blocks, *, Movable, *" ""
	ktap_check "online plugs all of it in Movable" in_zone Movable
	echo unplugged >"$DAX/$DEV/state"
	k_planned offline "$DEV"
	expect "offline gives back a device that is unplugged" 0 \
		"$DEV: offline: driver device_dax" ""
	ktap_check "then all is as it was" same "$TMP/before"
fi
k offline "$DEV"

if ours; then
	k online "$DEV"
	echo 1 >"$DAX/$DEV/kmem/exclusive"
	k offline "$DEV"
	expect "offline with kmem/exclusive" 0 "$DEV: offline: *" ""
	k bind "$DEV"
	echo online_movable >"$MEMORY/memory$first/state"
	echo 1 >"$DAX/$DEV/kmem/exclusive"
	k_planned online "$DEV"
	expect "online with kmem/exclusive goes through state and says so" 0 \
		"$DEV: online: $N blocks, *; all were unplugged first, as kmem/exclusive is 1" ""
	ktap_check "kmem/exclusive stays as it was" \
		equals "$(cat "$DAX/$DEV/kmem/exclusive")" 1
	k offline "$DEV"
	k_planned online --exclusive "$DEV"
	expect "online --exclusive succeeds" 0 "$DEV: online: $N blocks, *" ""
	ktap_check "online --exclusive sets kmem/exclusive" \
		equals "$(cat "$DAX/$DEV/kmem/exclusive")" 1
	k offline "$DEV"
	ktap_check "and all is as it was once more" same "$TMP/before"
else
	k online --exclusive "$DEV"
	expect_error "online --exclusive is refused by the kernel's own kmem" 4 \
		"kmemctl: $DEV: the kmem driver that is loaded does not know exclusive; nothing was changed; *" \
		"$TMP/before"
fi
ktap_done
