#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kmemctl on a real kernel when a block fails, when it is interrupted, and when
# a page does not let go: everything is as before. Needs the test module
# memory_veto. Changes the memory of the machine: KMEM_TEST_DEV=daxX.Y.

# shellcheck disable=SC2154,SC2034

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/kmemctl.sh
. lib/kmemctl.sh

kmemctl_require
need_program node_pin
need_veto

# A shell without job control has its background commands ignore SIGINT.
set -m

# block_is NUMBER STATE: without a process of its own, to be quick
block_is() {
	local state

	read -r state <"$MEMORY/memory$1/state" && [ "$state" = "$2" ]
} 2>/dev/null

for nth in 1 2 $((N / 2)) "$N"; do
	veto online "$nth" 12
	k online "$DEV"
	expect_error "online: block $nth of $N refused" 1 \
		"kmemctl: $DEV: cannot @(online memory*|write 'online_movable' to its state): Cannot allocate memory; $PUT_BACK; *" \
		"$TMP/before"
	ktap_check "online: block $nth of $N refused: kmem does not know the name" \
		no_id "$DEV"
done
veto online 0 12

k online "$DEV"
snapshot "$TMP/online"
for nth in 1 2 $((N / 2)) "$N"; do
	veto offline "$nth" 16
	k offline "$DEV"
	expect_error "offline: block $nth of $N refused" 1 \
		"kmemctl: $DEV: cannot @(offline memory*|write * to its state): Device or resource busy; $PUT_BACK; *" \
		"$TMP/online"
done
veto offline $((N / 2)) 4
k offline "$DEV"
expect "offline: a block interrupted by no signal of ours is tried again" 0 \
	"$DEV: offline: *" ""
ktap_check "offline: then all is as it was" same "$TMP/before"

# A signal in the middle of the blocks. It may come too late: then once more.
TOP=$(($(cat "$DAX/$DEV/mapping0/end") / $(block_size)))
SECOND=$(($(cat "$DAX/$DEV/mapping0/start") / $(block_size) + 2))
for signal in INT TERM; do
	for try in $(seq 20); do
		k_start online "$DEV"
		while kill -0 "$child" && ! block_is $((TOP - 2)) online; do
			:
		done 2>/dev/null
		kill -$signal "$child" 2>/dev/null
		k_wait
		[ "$rc" -eq 0 ] || break
		ktap_diag "try $try: the signal came too late"
		kmemctl offline "$DEV" >/dev/null
	done
	expect_error "online: SIG$signal half way" 1 \
		"kmemctl: $DEV: ${STOPPED_AT}stopped: *; $PUT_BACK" "$TMP/before"
	ktap_check "online: SIG$signal half way: kmem does not know the name" \
		no_id "$DEV"
done

# A page that cannot migrate: the kernel tries until a signal comes.
k online "$DEV"
hold node_pin "$NODE"
for signal in INT TERM HUP QUIT; do
	k_start offline "$DEV"
	while kill -0 "$child" && ! block_is "$SECOND" offline; do
		:
	done 2>/dev/null
	sleep 1
	ktap_check "offline: a pinned page keeps it waiting" kill -0 "$child"
	kill -$signal "$child"
	k_wait
	expect_error "offline: SIG$signal ends the waiting" 1 \
		"kmemctl: $DEV: *stopped: *; $PUT_BACK; run 'kmemctl why $DEV' to see what uses its memory" \
		"$TMP/online"
done
# With the kernel's own driver some blocks are in Normal by then, and those come
# back on Linux 6 alone.
if ours || [[ $(uname -r) == 6.* ]]; then
	k_start online --normal "$DEV"
	sleep 2
	kill -INT "$child"
	k_wait
	expect_error "online: SIGINT half way from Movable to Normal" 1 \
		"kmemctl: $DEV: ${STOPPED_AT}stopped: Interrupt; $PUT_BACK" "$TMP/online"
fi

# While one kmemctl waits for the page, another one waits for the lock.
k_start offline "$DEV"
first=$child
while kill -0 "$first" && ! block_is "$SECOND" offline; do
	:
done 2>/dev/null
kmemctl online "$DEV" >"$TMP/second.out" 2>"$TMP/second.err" </dev/null &
second=$!
for _ in $(seq 100); do
	[ -s "$TMP/second.err" ] && break
	sleep 0.1
done
ktap_check "online: waits for the other kmemctl and says so" equals \
	"$(cat "$TMP/second.err")" \
	"kmemctl: waiting for another kmemctl (pid $first) to finish"
kill -INT "$first"
k_wait
rc=0
wait "$second" || rc=$?
out=$(cat "$TMP/second.out") err=""
expect "online: goes on when the other one is done" 0 \
	"$DEV: already online: *" ""

let_go
k offline "$DEV"
expect "offline: with the page let go it succeeds" 0 "$DEV: offline: *" ""
ktap_check "offline: and all is as it was at first" same "$TMP/before"
ktap_done
