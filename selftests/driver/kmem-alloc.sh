#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Each allocation of each operation fails once, on a kernel without options for
# that: the operation fails and leaves nothing, or succeeds in full. Needs the
# test module alloc_veto. Changes the memory of the machine:
# KMEM_TEST_DEV=daxX.Y, and KMEM_TEST_DEV2 on the same node, which stays plugged:
# the core cannot fail to create a node.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh

kmem_require
[ -e "$DAX/${KMEM_TEST_DEV2-none}" ] ||
	ktap_skip_all "name a second device in KMEM_TEST_DEV2"
modprobe alloc_veto || ktap_skip_all "no test module alloc_veto"
DEV=$KMEM_TEST_DEV
DEV2=$KMEM_TEST_DEV2
STATE=$DAX/$DEV/state
KMEM=$DAX/$DEV/kmem
STRANDED=$DRIVERS/kmem/stranded
BIND_STATE=/sys/module/kmem/parameters/bind_state
VETO=/sys/module/alloc_veto/parameters
SLAB=/sys/kernel/debug/slab
TMP=$(mktemp -d)
POLICY=$(cat $MEMORY/auto_online_blocks)
DRIVER=$(driver_of "$DEV")
DRIVER2=$(driver_of "$DEV2")

# kB that the page allocator may keep elsewhere: half a memory block's memmap.
# KASAN, which comes with kmemleak, keeps what was freed, and its call traces.
NOISE=1024
CHECKS=no
[ ! -e /sys/kernel/debug/kmemleak ] || CHECKS=yes NOISE=65536

# Of a bind that plugs, which consists of two operations that are tested by
# themselves, each sixth allocation fails, from a random one on. Checks make all of
# this slow: there it is each twelfth of what plugs, and each fourth of what has many
# allocations. With KMEM_ALL=1 it is each.
PLUG_STRIDE=1
POLICY_STRIDE=6
MANY_STRIDE=1
[ $CHECKS = no ] || PLUG_STRIDE=12 POLICY_STRIDE=12 MANY_STRIDE=4
[ "${KMEM_ALL-0}" = 0 ] || PLUG_STRIDE=1 POLICY_STRIDE=1 MANY_STRIDE=1
SEED=${KMEM_SEED-$RANDOM}
RANDOM=$SEED
STRIDE=1
ktap_diag "repeat with KMEM_SEED=$SEED"

restore() {
	local dev

	rmmod alloc_veto
	modprobe kmem
	for dev in "$DEV" "$DEV2"; do
		bind_kmem "$dev"
		echo unplugged >"$DAX/$dev/state"
		forget "$dev"
	done
	echo policy >"$BIND_STATE"
	set_policy "$POLICY"
	[ "$DRIVER" = none ] || echo "$DEV" >"$DRIVERS/$DRIVER/bind"
	[ "$DRIVER2" = none ] || echo "$DEV2" >"$DRIVERS/$DRIVER2/bind"
	rm -rf "$TMP"
}
trap restore EXIT

# picture FILE: all that an operation changes, or does not
picture() {
	snapshot "$1"
	{
		cat "$STRANDED"
		grep -H . "$STATE" "$KMEM"/{present,online}_blocks "$KMEM/adopted"
		ls "$DAX/$DEV" "$KMEM" $DRIVERS/kmem
	} 2>&1 | grep -v "${IGNORED:-^$}" >>"$1"
}

# looks_like FILE: says what differs
looks_like() {
	picture "$TMP/now"
	diff "$1" "$TMP/now"
}

# objects FILE: slab objects that the driver allocated or the core on its
# behalf: their number and call trace. A name that was looked up holds on to
# the file in sysfs that is gone.
objects() {
	echo 3 >/proc/sys/vm/drop_caches
	cat $SLAB/{kmalloc-*,kernfs_node_cache}/alloc_traces |
		awk -v RS= '/\[kmem\]|memory_block|memory_group|add_memory/ {
			n = $1
			sub(/^[^\n]*\n */, "")
			gsub(/\n */, " < ")
			count[$0] += n
		} END { for (trace in count) print count[trace], trace }' |
		sort >"$1"
}

more_objects() {
	objects "$TMP/objects.now"
	[ -s "$TMP/objects" ] && [ -s "$TMP/objects.now" ] || return
	awk '{ n = $1; $1 = "" }
		NR == FNR { had[$0] = n; next }
		n > had[$0] { print n " objects, " had[$0] + 0 " before:" $0
			more = 1 }
		END { exit !more }' "$TMP/objects" "$TMP/objects.now"
}

# What RCU frees comes up to six seconds late.
no_object_left() {
	local _ rc=0

	no_leak || rc=$?
	[ "$rc" -eq 2 ] || return "$rc"
	for _ in 1 2 3 4 5; do
		sleep 2
		more_objects >"$TMP/more" || break
	done
	cat "$TMP/more"
	[ -s "$TMP/objects.now" ] && [ ! -s "$TMP/more" ]
}

no_page_left() {
	local now

	now=$(dram_settled)
	echo "$1 kB free on node 0, then $now"
	[ $(($1 - now)) -lt $NOISE ]
}

# with_veto N COMMAND...: in one process, the one whose allocation fails
with_veto() (
	echo "$1" >$VETO/nth && "${@:2}"
)

# step N: once the operation with its N-th allocation failing, or the undoing
# if it succeeded; says what differs from what that leaves
step() {
	if with_veto "$1" "$OPERATION" 2>"$TMP/error"; then
		looks_like "$TMP/after" && "$UNDO" && looks_like "$TMP/before"
	else
		looks_like "$TMP/before"
	fi
}

# From a random one of the first STRIDE allocations on, each STRIDE-th.
each_allocation() {
	local n=$((RANDOM % STRIDE + 1)) tried=0

	while step "$n" >"$TMP/differs" 2>&1; do
		if [ -z "$(<$VETO/where)" ]; then
			echo "$tried" >"$TMP/tried"
			return
		fi
		n=$((n + STRIDE))
		tried=$((tried + 1))
	done
	echo "when allocation $n fails:"
	cat "$TMP/error" "$TMP/differs" $VETO/where
	return 1
}

# The tries are counted only if all of this is as it should be.
everything() {
	local free tried

	picture "$TMP/before"
	with_veto 0 "$OPERATION" || return
	picture "$TMP/after"
	"$UNDO" && looks_like "$TMP/before" || return
	free=$(dram_settled)
	each_allocation || return
	tried=$(<"$TMP/tried")
	echo 0 >"$TMP/tried"
	no_page_left "$free" && echo "$tried" >"$TMP/tried"
}

# walk NAME LEAST OPERATION UNDO: fail its allocations, at least so many
walk() {
	local out tried

	OPERATION=$3
	UNDO=$4
	echo 0 >"$TMP/tried"
	out=$(everything 2>&1)
	tried=$(<"$TMP/tried")
	if [ "$tried" -ge "$2" ]; then
		ktap_pass "$1: $tried allocations, each failed once, and nothing is left"
	else
		ktap_fail "$1: allocations, each failed once, and nothing is left" \
			"$out"
	fi
}

plug() {
	echo online_movable >"$STATE"
}

unplug() {
	echo unplugged >"$STATE"
}

bind_it() {
	echo "$DEV" >"$DRIVERS/kmem/bind"
}

unbind_it() {
	echo "$DEV" >"$DRIVERS/kmem/unbind"
}

all_offline() {
	each_block "$DEV" offline
}

give_back() {
	unplug && unbind_it
}

plug_offline() {
	bind_it && plug && all_offline
}

reclaim() {
	echo "$START" >"$STRANDED"
}

# strand: as reclaim found it
strand() {
	bind_it && plug && unbind_it && all_offline
}

# In the same process: it is the one whose allocations fail.
load() {
	exec modprobe kmem
}

unload() {
	rmmod kmem
}

load_and_bind() {
	modprobe kmem
	echo unplugged >"$BIND_STATE"
	bind_kmem "$DEV"
	bind_kmem "$DEV2"
	echo online_movable >"$DAX/$DEV2/state"
}

unload
# A load succeeds without attributes of the driver: the core does not check its
# own, and the driver warns that it has no "stranded".
IGNORED='stranded\|^uevent$\|bind$\|_id$'
walk "loading the module" 4 load unload
unset IGNORED

load_and_bind
unbind_it
bind_it
objects "$TMP/objects"

STRIDE=$PLUG_STRIDE
walk plug $((60 / STRIDE)) plug unplug
STRIDE=$MANY_STRIDE
plug
walk unplug $((10 / STRIDE)) unplug plug
STRIDE=1
START=0x$(ranges "$DEV" | cut -d ' ' -f 1)
unbind_it
bind_it
walk "unbind with memory online" 2 unbind_it bind_it
unbind_it
STRIDE=$MANY_STRIDE
walk adopt $((8 / STRIDE)) bind_it unbind_it
STRIDE=1
all_offline
walk reclaim 2 reclaim strand
reclaim
STRIDE=$MANY_STRIDE
walk bind $((8 / STRIDE)) bind_it unbind_it
STRIDE=1
bind_it
walk "unbind without memory" 2 unbind_it bind_it
plug
all_offline
walk "unbind with memory offline" 2 unbind_it plug_offline
give_back
echo policy >"$BIND_STATE"
set_policy online_movable
STRIDE=$POLICY_STRIDE
walk "bind that plugs as the system's policy says" $((60 / STRIDE)) \
	bind_it give_back
echo unplugged >"$BIND_STATE"
bind_it
ktap_check "no slab object is left of all of these" no_object_left
ktap_done
