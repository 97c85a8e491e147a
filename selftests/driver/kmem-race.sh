#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Transitions while others are at work on the same memory: every one of them
# returns, no block is ever in a zone nobody asked for, and the guard is seen
# to refuse. Needs the program block_racer and the test modules memory_veto and
# ids_change. Changes the memory of the machine: KMEM_TEST_DEV=daxX.Y, and
# KMEM_TEST_DEV2=daxX.Y if there is a second device.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh
# shellcheck source=selftests/lib/race.sh
. lib/race.sh

kmem_require
command -v block_racer >/dev/null || ktap_skip_all "no program block_racer"
modprobe memory_veto || ktap_skip_all "no test module memory_veto"
DEV=$KMEM_TEST_DEV
STATE=$DAX/$DEV/state
KMEM=$DAX/$DEV/kmem
BIND_STATE=/sys/module/kmem/parameters/bind_state
TMP=$(mktemp -d)
POLICY=$(cat $MEMORY/auto_online_blocks)
DRIVER=$(driver_of "$DEV")
ROUNDS=4
# a write that takes longer hangs
LIMIT=120
for checks in kmemleak kcsan; do
	[ ! -e /sys/kernel/debug/$checks ] || LIMIT=900 ROUNDS=2
done

restore() {
	rmmod memory_veto
	bind_kmem "$DEV"
	echo unplugged >"$STATE"
	echo policy >"$BIND_STATE"
	set_policy "$POLICY"
	forget "$DEV"
	[ "$DRIVER" = none ] || echo "$DEV" >"$DRIVERS/$DRIVER/bind"
	rm -rf "$TMP"
}
trap restore EXIT

# limited COMMAND...: end it at the limit, and note in $TMP/hung that it hung
limited() {
	local rc

	timeout "$LIMIT" "$@"
	rc=$?
	[ "$rc" -ne 124 ] || echo "$*" >>"$TMP/hung"
	return "$rc"
}

none_hung() {
	[ ! -e "$TMP/hung" ] || ! cat "$TMP/hung"
}

# put WORD [FILE]: write within the limit
put() {
	# shellcheck disable=SC2016 # for the inner shell
	limited bash -c 'echo "$1" >"$2"' - "$1" "${2-$STATE}"
}

# once TEST COMMAND...: run it as soon as TEST of online_blocks holds
once() {
	local condition=$1

	shift
	# shellcheck disable=SC2086 # a test and its number
	until test "$(cat "$KMEM/online_blocks" 2>/dev/null || echo 0)" \
		$condition; do
		[ ! -e "$TMP/over" ] || { echo "too late"; return; }
	done
	"$@"
}

# meanwhile WORD TEST COMMAND...: write WORD to state, and run the command in
# the middle of it
meanwhile() {
	local word=$1 other rc

	shift
	rm -f "$TMP/over"
	once "$@" >"$TMP/other" 2>&1 &
	other=$!
	put "$word" 2>"$TMP/error"
	rc=$?
	touch "$TMP/over"
	wait "$other"
	return "$rc"
}

set_policy offline
echo unplugged >"$BIND_STATE"
unbind "$DEV"
snapshot "$TMP/unbound"
bind_kmem "$DEV"
snapshot "$TMP/unplugged"
TOTAL=$(cat "$KMEM/total_blocks")
echo online_movable >"$STATE"
snapshot "$TMP/online"
FIRST=$(blocks "$DEV" | head -n 1)
LAST=$(blocks "$DEV" | tail -n 1)
echo unplugged >"$STATE"

# --- an agent that sets every block online_kernel

# Until the guard has refused an agent, and ROUNDS times at least.
plug_and_unplug() {
	local rc=0 round

	for round in $(seq 30); do
		put online_movable || rc=$?
		[ "$(zones "$DEV")" = Movable ] || {
			zones "$DEV"
			rc=1
		}
		put unplugged || rc=$?
		[ "$round" -lt "$ROUNDS" ] ||
			[ "$(cat "$KMEM/guard_refusals")" -eq "$before" ] || break
	done
	return "$rc"
}

if [ -e "$DAX/${KMEM_TEST_DEV2-none}" ]; then
	bind_kmem "$KMEM_TEST_DEV2"
	before=$(cat "$KMEM/guard_refusals")
	race_for_the_lock "$KMEM_TEST_DEV2"
	for _ in 1 2 3; do
		race "$FIRST" "$LAST" online_kernel
	done
	ktap_check "agents that set online_kernel put no block into Normal" \
		plug_and_unplug
	end_race >"$TMP/counts"
	ktap_check "the guard refused them" \
		test "$(cat "$KMEM/guard_refusals")" -gt "$before"
	ktap_check "they were told busy" test "$busy" -gt 0
	ktap_diag "worked, busy, failed otherwise: $(xargs <"$TMP/counts"), $(cat "$KMEM/guard_refusals") refused"
	ktap_check "they onlined nothing" test "$worked" -eq 0
	echo unplugged >"$DAX/$KMEM_TEST_DEV2/state"
	forget "$KMEM_TEST_DEV2"
	echo "$KMEM_TEST_DEV2" >"$DRIVERS/device_dax/bind"
	ktap_check "and nothing is left" same "$TMP/unplugged"
else
	ktap_skip "agents that set online_kernel are refused" \
		"no second device in KMEM_TEST_DEV2"
fi

offline_raced() {
	local rc=0

	put online_movable || rc=$?
	end_race
	put unplugged || rc=$?
	return "$rc"
}
race "$FIRST" "$LAST" offline
ktap_check "an agent that offlines every block disturbs neither plug nor unplug" \
	offline_raced
ktap_check "and nothing is left" same "$TMP/unplugged"

for policy in online online_kernel; do
	set_policy $policy
	put online_movable
	ktap_check "policy $policy: online_movable puts every block in Movable" \
		test "$(zones "$DEV")" = Movable
	put unplugged
	set_policy offline
done

# --- unbind, rmmod and writers meanwhile

unbind_in_plug() {
	meanwhile online_movable "-gt 2" limited \
		bash -c "echo $DEV >$DRIVERS/kmem/unbind"
	[ "$(driver_of "$DEV")" = none ] || return
	bind_kmem "$DEV" || return
	put unplugged
}

unbind_in_unplug() {
	put online_movable || return
	meanwhile unplugged "-lt $((TOTAL - 2))" limited \
		bash -c "echo $DEV >$DRIVERS/kmem/unbind"
	[ "$(driver_of "$DEV")" = none ] || return
	bind_kmem "$DEV" || return
	put unplugged
}

rmmod_in_plug() {
	meanwhile online_movable "-gt 2" limited rmmod kmem
	cat "$TMP/other"
	grep -qE "in use|temporarily unavailable" "$TMP/other" || return
	put unplugged
}

# Near its end an unplug has given the module free: then rmmod succeeds.
rmmod_in_unplug() {
	put online_movable || return
	meanwhile unplugged "-lt $((TOTAL - 2))" limited rmmod kmem
	cat "$TMP/other"
	modprobe kmem || return
	echo unplugged >"$BIND_STATE"
	bind_kmem "$DEV"
}

times() {
	local _

	for _ in $(seq "$ROUNDS"); do
		"$@" || return
	done
}

ktap_check "unbind during a plug returns, and the memory can be managed again" \
	times unbind_in_plug
ktap_check "and nothing is left" same "$TMP/unplugged"
ktap_check "unbind during an unplug returns" times unbind_in_unplug
ktap_check "and nothing is left" same "$TMP/unplugged"
ktap_check "rmmod during a plug is refused" times rmmod_in_plug
ktap_check "and nothing is left" same "$TMP/unplugged"
ktap_check "rmmod during an unplug returns" times rmmod_in_unplug
ktap_check "and nothing is left" same "$TMP/unplugged"

two_alike() {
	meanwhile online_movable "-gt 2" put online_movable || return
	cat "$TMP/other"
	[ ! -s "$TMP/other" ] && same "$TMP/online" && put unplugged
}

two_different() {
	meanwhile online_movable "-gt 2" put online_kernel || return
	grep -q "resource busy" "$TMP/other" && same "$TMP/online" &&
		put unplugged
}

# kill_waiting: a writer, killed when it is seen to wait in the driver
kill_waiting() {
	local writer

	bash -c "echo unplugged >$STATE" &
	writer=$!
	until grep -q state_store "/proc/$writer/stack"; do :; done
	kill -KILL "$writer"
	wait "$writer"
	[ "$?" -eq 137 ] && echo killed
}

killed_waiting() {
	meanwhile online_movable "-gt 2" kill_waiting || return
	cat "$TMP/other"
	grep -q killed "$TMP/other" && same "$TMP/online" && put unplugged
}

# slowly COMMAND...: each block takes so long meanwhile that a second writer
# comes before the first has ended
slowly() {
	local rc

	echo 200 >/sys/module/memory_veto/parameters/delay
	"$@"
	rc=$?
	echo 0 >/sys/module/memory_veto/parameters/delay
	return "$rc"
}

ktap_check "a second writer of the same word waits and succeeds" \
	slowly two_alike
ktap_check "a second writer of another word waits and is refused" \
	slowly two_different
ktap_check "a writer killed while it waits disturbs nobody" \
	slowly killed_waiting
ktap_check "and nothing is left" same "$TMP/unplugged"

# --- a write to new_id or remove_id

bound_meanwhile() {
	local rc

	unbind "$DEV"
	modprobe ids_change || return
	bind_kmem "$DEV"
	rc=$?
	equals "$(cat /sys/module/ids_change/parameters/done)" Y || rc=1
	rmmod ids_change
	return "$rc"
}
ktap_check "a bind waits for a write that changes the list of ids" \
	bound_meanwhile

# --- readers, and another device

readers_pass() {
	local reader

	while :; do
		cat "$STATE" "$KMEM"/* /proc/iomem >/dev/null 2>&1
	done &
	reader=$!
	put online_movable && put unplugged
	rc=$?
	kill "$reader"
	wait "$reader" 2>/dev/null
	return "$rc"
}
ktap_check "readers of all attributes disturb nobody" readers_pass

if [ -e "$DAX/${KMEM_TEST_DEV2-none}" ]; then
	two_devices() {
		local other

		bind_kmem "$KMEM_TEST_DEV2" || return
		{ put online_movable "$DAX/$KMEM_TEST_DEV2/state" &&
			put unplugged "$DAX/$KMEM_TEST_DEV2/state"; } &
		other=$!
		put online_movable && put unplugged && wait "$other"
	}
	ktap_check "two devices plug and unplug at the same time" two_devices

	# A page that will not move holds the unplug at the last block, and that
	# holds device_hotplug_lock. The plug of the other device waits for the
	# lock, and has it before the rollback does.
	stopped_unplug() {
		local block unplug plug rc worker

		unbind "$DEV"
		echo offline >"$BIND_STATE"
		bind_kmem "$DEV" || return
		echo unplugged >"$BIND_STATE"
		echo online_movable >"$MEMORY/memory$FIRST/state" || return
		pin_when "-gt 0"
		for block in $(blocks "$DEV" | tail -n +2); do
			echo online_movable >"$MEMORY/memory$block/state" || return
		done
		bash -c "echo unplugged >$STATE" 2>/dev/null &
		unplug=$!
		until [ "$(cat "$KMEM/online_blocks")" -eq 1 ]; do
			sleep 1
		done
		put online_movable "$DAX/$KMEM_TEST_DEV2/state" &
		plug=$!
		worker=$(grep -lx "kmem/$KMEM_TEST_DEV2" /proc/[0-9]*/comm |
			grep -o '[0-9]*')
		until grep -q add_memory "/proc/$worker/stack"; do
			kill -0 "$plug" || break
		done
		kill -TERM "$unplug"
		wait "$unplug"
		rc=$?
		unpin
		wait "$plug" && equals "$rc" 143 && equals "$(zones "$DEV")" Movable &&
			equals "$(cat "$KMEM/online_blocks")" "$TOTAL"
	}
	ktap_check "an unplug that a signal ends puts every block back although a plug of another device comes first" \
		stopped_unplug
	put unplugged
	put unplugged "$DAX/$KMEM_TEST_DEV2/state"
	forget "$KMEM_TEST_DEV2"
	echo "$KMEM_TEST_DEV2" >"$DRIVERS/device_dax/bind"
fi
ktap_check "no write and no rmmod hung" none_hung
unbind "$DEV"
ktap_check "after all of this everything is as it was" same "$TMP/unbound"
ktap_done
