#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Rollbacks that cannot be complete, and waits for another task's memory hotplug:
# each ends, loses nothing and says what remains. Needs the test module
# memory_veto. Changes the memory of the machine: KMEM_TEST_DEV=daxX.Y.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh
# shellcheck source=selftests/lib/state.sh
. lib/state.sh
# shellcheck source=selftests/lib/hold.sh
. lib/hold.sh
STRANDED=$DRIVERS/kmem/stranded

veto() {
	echo "$2" >"$VETO/$1"
}

# worker: the process number of the device's worker
worker() {
	grep -lx "kmem/$DEV" /proc/[0-9]*/comm | grep -o '[0-9]*'
}

# memory_blocks: objects that are allocated for memory blocks
memory_blocks() {
	cat /sys/kernel/debug/slab/kmalloc-*/alloc_traces |
		awk -v RS= '/memory_block/ { n += $1 } END { print n + 0 }'
}

# What was looked up in sysfs, and what RCU frees, goes some seconds late.
no_block_left() {
	local _ rc=0

	no_leak || rc=$?
	[ "$rc" -eq 2 ] || return "$rc"
	for _ in 1 2 3 4 5; do
		[ "$(memory_blocks)" -gt "$BLOCKS" ] || break
		echo 3 >/proc/sys/vm/drop_caches
		sleep 2
	done
	cat /sys/kernel/debug/slab/kmalloc-*/alloc_traces |
		awk -v RS= '/memory_block/'
	equals "$(memory_blocks)" "$BLOCKS"
}

echo unplugged >"$BIND_STATE"
unbind "$DEV"
snapshot "$TMP/unbound"
ktap_check "an unbound device has no worker" test -z "$(worker)"
bind_kmem "$DEV"
snapshot "$TMP/unplugged"
TOTAL=$(cat "$KMEM/total_blocks")
WORKER=$(worker)
BLOCKS=$(memory_blocks)
ktap_check "what is allocated for memory blocks of system RAM is found" \
	test "$BLOCKS" -gt 0
ktap_check "a bound device has a worker before anything needs it" \
	test "$(wc -w <<<"$WORKER")" -eq 1
echo online_movable >"$STATE"
FIRST=$(blocks "$DEV" | head -n 1)
LAST=$(blocks "$DEV" | tail -n 1)
START=0x$(ranges "$DEV" | cut -d ' ' -f 1)

# --- a page with a hardware memory error

offline_blocks() {
	local block

	for block in $(blocks "$DEV"); do
		[ "$(cat "$MEMORY/memory$block/state")" = online ] ||
			echo "memory$block"
	done
}

# The first block goes last: all others have gone offline by then.
poisoned_unplug() {
	local rc=0

	veto error 5
	veto offline "$TOTAL"
	refused unplugged "Input/output error" || rc=$?
	veto offline 0
	offline_blocks >"$TMP/offline"
	cat "$TMP/offline"
	[ "$(wc -l <"$TMP/offline")" -eq 1 ] || rc=1
	return "$rc"
}

hold node_hold poison "$(target_node "$DEV")" 4
let_go
log_mark
ktap_check "an unplug that fails leaves a block with a poisoned page offline" \
	poisoned_unplug
ktap_check "the log says why that block stays offline" \
	logged "$(cat "$TMP/offline") could not be set back to online_movable \(-133\): it has a page with a hardware memory error"
ktap_check "the log has no other block" \
	equals "$(log_since | grep -c "could not be set back")" 1
ktap_check "the state is what the blocks are" state_is online
ktap_check "last_error keeps the cause of the failure" \
	error_is "offline memory$FIRST -5"
ktap_check "memory with a poisoned page can be unplugged" \
	attempt unplugged "$STATE"
ktap_check "nothing is left allocated for its memory blocks" no_block_left
ktap_check "and nothing is left" same "$TMP/unplugged"

# --- a rollback that gets no block offline

stuck_plug() {
	veto error 4
	veto online $((TOTAL - 2))
	veto offline -1
	refused online_movable "Interrupted system call"
}

log_mark
ktap_check "a plug that fails when no block goes offline returns its errno" \
	stuck_plug
ktap_check "its rollback ends after five blocks that did not go offline" \
	logged "the rollback is incomplete: 5 blocks could not be set back, $((TOTAL - 7)) were not tried"
ktap_check "the log names one of them" \
	equals "$(log_since | grep -c "memory[0-9]* could not be set back to offline (-4)")" 1
ktap_check "all memory stays added" \
	equals "$(cat "$KMEM/present_blocks")" "$TOTAL"
ktap_check "the state is what the blocks are" state_is online
veto offline 0
ktap_check "unplugged gives the memory back later" attempt unplugged "$STATE"
ktap_check "and nothing is left" same "$TMP/unplugged"
ktap_check "last_error is empty again" error_is ""

# --- waits for another task

# other_task WORD BLOCK: set it in a task that has device_hotplug_lock until
# end_other, and then fails
other_task() {
	veto error 5
	veto delay 120000
	veto online 1
	echo "$1" 2>/dev/null >"$MEMORY/memory$2/state" &
	OTHER=$!
	until grep -q memory_veto "/proc/$OTHER/stack"; do :; done
	veto delay 0
}

end_other() {
	veto delay -1
	wait "$OTHER"
	veto delay 0
}

# It sleeps there most of the time; while it runs it has no stack to be read.
other_runs() {
	local _

	for _ in $(seq 20); do
		! grep -q memory_veto "/proc/$OTHER/stack" || return 0
		sleep 0.1
	done
	return 1
}

strands() {
	unbind "$DEV"
	other_runs && equals "$(cut -d ' ' -f 1 "$STRANDED")" "$DEV"
}

reclaim_killed() {
	stopped_in kmem_registry_reclaim "$START" "$STRANDED"
	[ $? -eq 143 ] && other_runs
}

# A pinned page: its block is tried until a signal comes. All others are offline.
strands_pinned() {
	local block pinned other rc

	echo online_movable >"$STATE" || return
	pin_when "-gt 0"
	for block in $(blocks "$DEV"); do
		timeout 2 bash -c "echo offline >$MEMORY/memory$block/state" \
			2>/dev/null || pinned=$block
	done
	echo offline >"$MEMORY/memory$pinned/state" &
	other=$!
	sleep 1
	timeout -s KILL 20 bash -c "echo $DEV >$DRIVERS/kmem/unbind"
	rc=$?
	kill -0 "$other" && [ "$rc" -eq 0 ] &&
		equals "$(cut -d ' ' -f 1 "$STRANDED")" "$DEV" || rc=1
	kill -TERM "$other"
	wait "$other"
	unpin
	return "$rc"
}

# An unplug waits for a task that takes the last block offline, and fails later.
unplug_after_other() {
	local other unplug rc

	echo online_movable >"$STATE" || return
	veto delay 120000
	bash -c "echo offline >$MEMORY/memory$LAST/state" &
	other=$!
	until grep -q memory_veto "/proc/$other/stack"; do :; done
	bash -c "echo unplugged >$STATE" 2>/dev/null &
	unplug=$!
	until grep -q kmem_blocks_settle "/proc/$unplug/stack"; do :; done
	veto error 5
	veto offline 3
	veto delay -1
	wait "$other" && ! wait "$unplug"
	rc=$?
	veto delay 0
	[ "$rc" -eq 0 ] && equals "$(offline_blocks)" "memory$LAST"
}

ktap_check "an unplug that fails leaves a block offline that another task took offline while it waited" \
	unplug_after_other
ktap_check "unplugged gives the memory back later" attempt unplugged "$STATE"

unbind "$DEV"
echo offline >"$BIND_STATE"
bind_kmem "$DEV"
# unbind waits for 20 seconds
other_task online_movable "$LAST"
ktap_check "unbind leaves offline memory stranded when another task holds device_hotplug_lock for long" \
	strands
end_other
ktap_check "stranded memory can be removed afterwards" \
	attempt "$START" "$STRANDED"
ktap_check "and nothing is left" same "$TMP/unbound"
bind_kmem "$DEV"
each_block "$DEV" online_movable
unbind "$DEV"
each_block "$DEV" offline
other_task online_movable "$LAST"
ktap_check "a write to stranded that waits for another task ends by SIGTERM" \
	reclaim_killed
end_other
ktap_check "and removes the memory when it is repeated" \
	attempt "$START" "$STRANDED"
ktap_check "and nothing is left" same "$TMP/unbound"
echo unplugged >"$BIND_STATE"
bind_kmem "$DEV"
ktap_check "unbind returns while another task tries for ever to offline a block" \
	strands_pinned
bind_kmem "$DEV"
ktap_check "and the memory can be given back" attempt unplugged "$STATE"
ktap_check "and nothing is left" same "$TMP/unplugged"

# --- signals

ktap_check "the driver recalculated pending signals" \
	test "$(cat "$VETO/recalc_kmem")" -gt 0
ktap_check "it held siglock each time" equals "$(cat "$VETO/recalc_unlocked")" 0
ktap_done
