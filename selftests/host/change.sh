# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# What online, offline, bind and unbind do when nothing fails: the outcome, the
# words, and the exact writes with their order.

# writes SENTENCE EXPECTED: the writes of the last run, without numbers.
writes() {
	local got

	got=$(sed 's/^[0-9]* //; s,devices/system/memory/,,; s,bus/dax/drivers/,,' \
		"$WORK/log")
	if [ "$got" = "$2" ]; then
		ktap_pass "$1"
	else
		ktap_fail "$1" "$(diff <(echo "$2") <(echo "$got"))"
	fi
}

# all_blocks SENTENCE STATE-AND-ZONES: every block of dax0.0 is like this.
all_blocks() {
	local want

	want=$(for id in $DEV_BLOCKS; do echo "$id $2"; done)
	if [ "$(dev_blocks)" = "$want" ]; then
		ktap_pass "$1"
	else
		ktap_fail "$1" "$(dev_blocks)"
	fi
}

# clean SENTENCE: the policy is as it was and no driver remembers an id.
clean() {
	local policy

	policy=$(cat "$TREE/sys/devices/system/memory/auto_online_blocks")
	if [ "$policy" = "${2:-online}" ] && [ -z "$(ls "$TREE/ids")" ]; then
		ktap_pass "$1"
	else
		ktap_fail "$1" "policy $policy
$(ls -R "$TREE/ids")"
	fi
}

unchanged() {
	if [ "$(tree_print)" = "$BEFORE" ]; then
		ktap_pass "$1"
	else
		ktap_fail "$1" "$(diff <(echo "$BEFORE") <(tree_print))"
	fi
}

# What plugging and unplugging block by block writes: the policy is held around
# the bind only; the highest block first, but on the way out the second first.
plug_writes="auto_online_blocks offline
kmem/new_id dax0.0
device_dax/unbind dax0.0
kmem/bind dax0.0
kmem/remove_id dax0.0
auto_online_blocks online
memory49/state online_movable
memory48/state online_movable
memory35/state online_movable
memory34/state online_movable
memory33/state online_movable
memory32/state online_movable"
offline_writes="memory33/state offline
memory49/state offline
memory48/state offline
memory35/state offline
memory34/state offline
memory32/state offline"
unbind_writes="kmem/unbind dax0.0
kmem/remove_id dax0.0
device_dax/bind dax0.0"

tree_devdax "$WORK/t"
tree_keep
k online dax0.0
expect "online: a devdax device becomes memory" 0 \
	"dax0.0: online: 6 blocks, 768M, Movable, node 1" ""
all_blocks "online: all blocks of both ranges are in Movable" "online Movable"
clean "online: the policy is restored, no id is left"
writes "online: the policy is held around the bind only, blocks go top-down" \
	"$plug_writes"
k online dax0.0
expect "online: once more is already so" 0 \
	"dax0.0: already online: 6 blocks, 768M, Movable, node 1" ""
writes "online: already so writes nothing" ""
k offline dax0.0
expect "offline: memory becomes a devdax device" 0 \
	"dax0.0: offline: driver device_dax" ""
writes "offline: the second block first, then top-down, the first last" \
	"$offline_writes
$unbind_writes"
unchanged "offline: all is as it was before online"
k offline dax0.0
expect "offline: once more is already so" 0 \
	"dax0.0: already offline: driver device_dax" ""
writes "offline: already so writes nothing" ""

k online --normal dax0.0
expect "online --normal: it is in zone Normal" 0 \
	"dax0.0: online: 6 blocks, 768M, Normal, node 1" ""
all_blocks "online --normal: all blocks are in Normal" "online Normal"
k online dax0.0
expect "online without a zone is content with any" 0 \
	"dax0.0: already online: 6 blocks, 768M, Normal, node 1" ""
k online --movable dax0.0
expect "online --movable moves blocks that are in Normal" 0 \
	"dax0.0: online: 6 blocks, 768M, Movable, node 1" ""
all_blocks "online --movable: all blocks are in Movable" "online Movable"

tree_reset
echo offline >"$TREE/sys/devices/system/memory/auto_online_blocks"
k online dax0.0
expect "online: a policy of offline needs no holding" 0 \
	"dax0.0: online: 6 blocks, 768M, Movable, node 1" ""
clean "online: policy offline stays offline" offline
if grep -q auto_online "$WORK/log"; then
	ktap_fail "online: policy offline is not written"
else
	ktap_pass "online: policy offline is not written"
fi

tree_reset
rm "$TREE/sys/devices/platform/dax0.0/driver"
k online dax0.0
expect "online: a device without a driver becomes memory" 0 \
	"dax0.0: online: 6 blocks, 768M, Movable, node 1" ""
tree_reset
tree_driver fsdev_dax
tree_bound dax0.0 fsdev_dax
k online dax0.0
expect "online: a device another driver holds becomes memory" 0 \
	"dax0.0: online: 6 blocks, 768M, Movable, node 1" ""
tree_reset
tree_driver fsdev_dax
tree_bound dax0.0 fsdev_dax
k offline dax0.0
expect "offline: a device another driver holds is left to it" 0 \
	"dax0.0: already offline: driver fsdev_dax" ""
rm "$TREE/sys/devices/platform/dax0.0/driver"
k offline dax0.0
expect "offline: a device without a driver ends in devdax" 0 \
	"dax0.0: offline: driver device_dax" ""

tree_kmem "$WORK/t" offline "Normal Movable"
tree_blocks "$TREE_B" "$BLOCK" online Normal
k online dax0.0
expect "online: without a zone, blocks online before stay where they are" 0 \
	"dax0.0: online: 6 blocks, 768M, Movable:5 Normal:1, node 1" ""

# Somebody else onlines blocks between our bind and our first block.
tree_reset
FAKE_AGENT=1 k online dax0.0
expect "online: blocks another program onlines end in the right zone" 0 \
	"dax0.0: online: 6 blocks, 768M, Movable, node 1" ""
all_blocks "online: that program's blocks are in Movable" "online Movable"

# A device of the kind that kmem matches without a name: of CXL memory.
tree_reset
rm "$TREE/sys/devices/platform/dax0.0/driver"
tree_below dax0.0 platform/region0 cxl
FAKE_MATCH=kmem k online dax0.0
writes_no_id() {
	! grep _id "$WORK/log"
}
expect "online: a device that kmem matches by itself" 0 \
	"dax0.0: online: 6 blocks, 768M, Movable, node 1" ""
ktap_check "online: then no id is written" writes_no_id
FAKE_MATCH=kmem k offline dax0.0
expect "offline: that device needs its name in device_dax" 0 \
	"dax0.0: offline: driver device_dax" ""
clean "offline: and device_dax is made to forget it"

# A stale id of another unbound device must not be touched by our new_id.
tree_devdax "$WORK/t"
tree_dev dax1.0 1 $((16 << 30)):$((2 * BLOCK))
k online dax0.0
if [ -e "$TREE/sys/devices/platform/dax1.0/driver" ]; then
	ktap_fail "online: an unbound neighbour is left alone"
else
	ktap_pass "online: an unbound neighbour is left alone"
fi

# An id that was there before, as daxctl leaves it, survives a failed offline.
tree_kmem "$WORK/t" online Movable
mkdir "$TREE/ids/kmem"
echo id >"$TREE/ids/kmem/dax0.0"
tree_keep
FAKE_STUCK=memory34 k offline dax0.0
expect_error "offline: a block that cannot go puts all back" 1 \
	"kmemctl: dax0.0: cannot offline memory34: Device or resource busy; all was put back as before; stop what uses memory of its node and try again"
k offline dax0.0
clean "offline: an id daxctl left is removed"

tree_devdax "$WORK/t"
echo offline >"$TREE/sys/devices/system/memory/auto_online_blocks"
tree_keep
k bind dax0.0
expect "bind: under policy offline no block is online" 0 \
	"dax0.0: bound to kmem: 0 of 6 blocks online" ""
writes "bind: writes no policy and no block" \
"kmem/new_id dax0.0
device_dax/unbind dax0.0
kmem/bind dax0.0
kmem/remove_id dax0.0"
k bind dax0.0
expect "bind: once more is already so" 0 \
	"dax0.0: already bound to kmem: 0 of 6 blocks online" ""
k unbind dax0.0
expect "unbind: a device with all blocks offline is let go" 0 \
	"dax0.0: unbound from kmem" ""
all_gone=$(dev_blocks)
ktap_check "unbind: its blocks are gone" test -z "$all_gone"
k unbind dax0.0
expect "unbind: once more is already so" 0 \
	"dax0.0: not bound to kmem: driver none" ""
tree_reset
k unbind dax0.0
expect "unbind: a devdax device is not bound to kmem" 0 \
	"dax0.0: not bound to kmem: driver device_dax" ""
echo online_movable >"$TREE/sys/devices/system/memory/auto_online_blocks"
k bind dax0.0
expect "bind: under policy online_movable all blocks are online" 0 \
	"dax0.0: bound to kmem: 6 of 6 blocks online" ""
tree_keep
k unbind dax0.0
expect_error "unbind: refused while all blocks are online" 4 \
	"kmemctl: dax0.0: cannot unbind: 6 of its 6 memory blocks are online; nothing was changed; run 'kmemctl offline dax0.0'"
tree_kmem "$WORK/t" offline "Normal Movable"
tree_blocks "$TREE_B" "$BLOCK" online Movable
tree_keep
k unbind dax0.0
expect_error "unbind: refused while one block of the second range is online" 4 \
	"kmemctl: dax0.0: cannot unbind: 1 of its 6 memory blocks are online; nothing was changed; run 'kmemctl offline dax0.0'"
writes "unbind: a refusal writes nothing" ""

# Memory that an unbind left behind: a driver may adopt it, or refuse.
tree_kmem "$WORK/t" online Movable
rm "$TREE/sys/devices/platform/dax0.0/driver"
tree_keep
for cmd in online offline; do
	k $cmd dax0.0
	expect_error "$cmd: memory left behind, the driver will not have it" 1 \
		"kmemctl: dax0.0: cannot bind to kmem: Device or resource busy; all was put back as before; its range is in use: 'kmemctl doctor' says if an unbind left it so"
done
FAKE_ADOPT=1 k online dax0.0
expect "online: memory left behind is adopted" 0 \
	"dax0.0: online: 6 blocks, 768M, Movable, node 1" ""
tree_reset
FAKE_ADOPT=1 k offline dax0.0
expect "offline: memory left behind is adopted and given back" 0 \
	"dax0.0: offline: driver device_dax" ""
all_gone=$(dev_blocks)
ktap_check "offline: no block is left behind" test -z "$all_gone"

# all, and several
tree_devdax "$WORK/t"
tree_dev dax1.0 2 $((16 << 30)):$((2 * BLOCK))
tree_bound dax1.0 device_dax
tree_dev dax2.0 2
tree_keep
k online all
expect "online all: highest address first, a device of no size left out" 0 \
"dax1.0: online: 2 blocks, 256M, Movable, node 2
dax0.0: online: 6 blocks, 768M, Movable, node 1" ""
k online all
expect "online all: once more is already so" 0 \
"dax1.0: already online: 2 blocks, 256M, Movable, node 2
dax0.0: already online: 6 blocks, 768M, Movable, node 1" ""
k offline all
expect "offline all: lowest address first" 0 \
"dax0.0: offline: driver device_dax
dax1.0: offline: driver device_dax" ""
unchanged "offline all: all is as it was"
k online dax0.0 dax1.0
expect "online with two names" 0 \
"dax1.0: online: 2 blocks, 256M, Movable, node 2
dax0.0: online: 6 blocks, 768M, Movable, node 1" ""
FAKE_STUCK=memory128 k offline all
expect "offline all: one that fails does not stop the other" 64 \
"dax0.0: offline: driver device_dax" \
"kmemctl: dax1.0: cannot offline memory128: Device or resource busy; all was put back as before; stop what uses memory of its node and try again"
tree_reset
FAKE_PROBE=EINVAL k online all
expect_error "online all: both fail" 1 \
"kmemctl: dax1.0: cannot bind to kmem: Invalid argument; all was put back as before; see 'dmesg' for the kernel's reason
kmemctl: dax0.0: cannot bind to kmem: Invalid argument; all was put back as before; see 'dmesg' for the kernel's reason"
FAKE_FAULTS=8:INT k online all
expect_error "online all: a signal stops before the next device" 1 \
	"kmemctl: dax1.0: online memory128: stopped: Interrupt; all was put back as before"

# The order is that of addresses, not of names, and holds within a node.
tree_new "$WORK/t"
tree_dev dax0.0 1 $((12 << 30)):$((2 * BLOCK))
tree_dev dax1.0 1 "$((4 << 30)):$BLOCK" "$((20 << 30)):$BLOCK"
tree_dev dax2.0 1 $((16 << 30)):$((31 * BLOCK))
for dev in dax0.0 dax1.0 dax2.0; do
	tree_bound $dev device_dax
done
k online all
expect "online all: of several devices on a node the highest comes first" 0 \
"dax2.0: online: 31 blocks, 3.9G, Movable, node 1
dax0.0: online: 2 blocks, 256M, Movable, node 1
dax1.0: online: 2 blocks, 256M, Movable, node 1" ""
k list -n -o SIZE dax2.0
expect "list and online round a size the same way" 0 "3.9G" ""
k offline dax0.0 dax1.0 dax2.0
expect "offline: of several devices on a node the lowest goes first" 0 \
"dax1.0: offline: driver device_dax
dax0.0: offline: driver device_dax
dax2.0: offline: driver device_dax" ""

# Two kmemctl at once: the second waits.
tree_devdax "$WORK/t"
tree_keep
: >"$TREE/run/kmemctl.lock"
# k_waits ARG...: it does, for the lock on file 9
k_waits() {
	exec 9>"$TREE/run/kmemctl.lock"
	# shared, so that only an exclusive lock has to wait
	flock -s 9
	: >"$WORK/err"
	k "$@" 9>&- &
	waiter=$!
	for _ in $(seq 100); do
		[ ! -s "$WORK/err" ] || break
		sleep 0.1
	done
}
k_waits online dax0.0
if [ "$(cat "$WORK/err")" = "kmemctl: waiting for another kmemctl to finish" ] &&
   [ "$(tree_print)" = "$BEFORE" ]; then
	ktap_pass "online: waits while another kmemctl holds the lock"
else
	ktap_fail "online: waits while another kmemctl holds the lock" \
		"$(cat "$WORK/err")"
fi
exec 9>&-
wait $waiter
k online dax0.0
expect "online: goes on when the lock is free" 0 \
	"dax0.0: already online: 6 blocks, 768M, Movable, node 1" ""
said() {
	cat "$WORK/err"
	grep -qFx "$1" "$WORK/err"
}
k_waits offline dax0.0
rm "$TREE/sys/bus/dax/devices/dax0.0"
exec 9>&-
wait $waiter
ktap_check "offline: notices that the device went while it waited" \
	said "kmemctl: dax0.0: no such device; the device is gone; run 'kmemctl list' to see the devices"

# A driver with "state": one write, and the module's parameter for the bind.
sed_dev='s,devices/platform/dax0.0/,,; s,module/kmem/parameters/,,'
state_writes() {
	sed -i "$sed_dev" "$WORK/log"
	writes "$@"
}

export FAKE_DRIVER=ours
tree_devdax "$WORK/t"
tree_parameter
tree_keep
k online dax0.0
expect "our kmem: online: a devdax device becomes memory" 0 \
	"dax0.0: online: 6 blocks, 768M, Movable, node 1" ""
all_blocks "our kmem: online: all blocks are in Movable" "online Movable"
state_writes "our kmem: online: binds with nothing plugged, then one word" \
"bind_state unplugged
kmem/new_id dax0.0
device_dax/unbind dax0.0
kmem/bind dax0.0
kmem/remove_id dax0.0
bind_state policy
state online_movable"
k online --normal dax0.0
expect "our kmem: online --normal moves all of it" 0 \
	"dax0.0: online: 6 blocks, 768M, Normal, node 1" ""
state_writes "our kmem: online --normal: by way of unplugged" \
"state unplugged
state online_kernel"
k offline dax0.0
expect "our kmem: offline" 0 "dax0.0: offline: driver device_dax" ""
state_writes "our kmem: offline: one word" \
"state unplugged
kmem/unbind dax0.0
kmem/remove_id dax0.0
device_dax/bind dax0.0"
unchanged "our kmem: offline: all is as it was before online"

FAKE_FAULTS=6+:EIO k online dax0.0
expect "our kmem: online: a parameter that cannot be put back is named" 64 "" \
	"kmemctl: dax0.0: bind_state: cannot write 'policy': Input/output error; NOT put back: bind_state; see 'dmesg' for the kernel's reason"

tree_kmem "$WORK/t" online Movable
tree_held online_movable
tree_blocks "$TREE_B" "$BLOCK" offline "Normal Movable"
tree_keep
k online dax0.0
expect "our kmem: online: a block that is offline comes alone" 0 \
	"dax0.0: online: 6 blocks, 768M, Movable, node 1" ""
state_writes "our kmem: online: the others stay as they are" \
	"memory48/state online_movable"
tree_reset
echo 1 >"$TREE/sys/devices/platform/dax0.0/kmem/exclusive"
k online dax0.0
expect "our kmem: online: with kmem/exclusive all of it moves, and it says so" \
	0 "dax0.0: online: 6 blocks, 768M, Movable, node 1; all were unplugged first, as kmem/exclusive is 1" ""
state_writes "our kmem: online: with kmem/exclusive by way of unplugged" \
"state unplugged
state online_movable"
rm -r "$TREE/sys/devices/system/memory/memory49"
k list -n -o STATE,BLOCKS
expect "our kmem: list believes the blocks, not state" 0 "partial 5/6" ""

# Linux 7.3's own: block by block, but for what that cannot do.
export FAKE_DRIVER=state FAKE_ZONES=1
tree_devdax "$WORK/t"
tree_keep
k online dax0.0
expect "kmem with state: online" 0 \
	"dax0.0: online: 6 blocks, 768M, Movable, node 1" ""
state_writes "kmem with state: online: block by block, highest first" \
	"$plug_writes"
k offline dax0.0
state_writes "kmem with state: offline: the memory goes before the driver" \
	"$offline_writes
state unplugged
$unbind_writes"
unchanged "kmem with state: offline: all is as it was before online"
tree_bound dax0.0 kmem
tree_held unplugged
tree_keep
FAKE_SKIP=memory34 k online dax0.0
expect_error "kmem with state: online: a block that did not come is noticed" 1 \
	"kmemctl: dax0.0: memory34 did not come online; all was put back as before; see 'dmesg' for the kernel's reason"
k online dax0.0
expect "kmem with state: online: what is unplugged comes by state" 0 \
	"dax0.0: online: 6 blocks, 768M, Movable, node 1" ""
state_writes "kmem with state: online: by one word then" "state online_movable"
unset FAKE_DRIVER FAKE_ZONES
