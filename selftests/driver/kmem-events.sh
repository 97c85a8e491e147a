#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Transitions that succeed and transitions that the kernel's own error injection
# makes fail: what they leave, and that a change uevent with the new state goes
# out once for each that changed it and for no other. Needs the stock module
# memory-notifier-error-inject, the test module memory_veto and the program
# uevent_log. Changes the memory of the machine: KMEM_TEST_DEV=daxX.Y.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh

kmem_require
command -v uevent_log >/dev/null || ktap_skip_all "no program uevent_log"
modprobe memory_veto || ktap_skip_all "no test module memory_veto"
modprobe memory-notifier-error-inject ||
	ktap_skip_all "no module memory-notifier-error-inject"
DEV=$KMEM_TEST_DEV
STATE=$DAX/$DEV/state
KMEM=$DAX/$DEV/kmem
BIND_STATE=/sys/module/kmem/parameters/bind_state
INJECT=/sys/kernel/debug/notifier-error-inject/memory/actions
DELAY=/sys/module/memory_veto/parameters/delay
TMP=$(mktemp -d)
DRIVER=$(driver_of "$DEV")
readonly NONE=0 ENOMEM=-12 EBUSY=-16

# inject ACTION ERRNO: each such notification fails from now on
inject() {
	echo "$2" >"$INJECT/MEM_GOING_$1/error"
}

restore() {
	[ -z "${logger-}" ] || kill "$logger"
	inject ONLINE "$NONE"
	inject OFFLINE "$NONE"
	echo 0 >"$DELAY"
	bind_kmem "$DEV"
	echo unplugged >"$STATE"
	echo policy >"$BIND_STATE"
	forget "$DEV"
	[ "$DRIVER" = none ] || echo "$DEV" >"$DRIVERS/$DRIVER/bind"
	rmmod memory-notifier-error-inject memory_veto
	rm -rf "$TMP"
}
trap restore EXIT

state_is() {
	equals "$(cat "$STATE")" "$1"
}

# --- the log of uevents

marks=0

# mark: all that was sent up to here is in the log when this returns
mark() {
	echo change >"$DAX/$DEV/uevent"
	marks=$((marks + 1))
	until [ "$(grep -c '^mark' "$TMP/log")" -ge "$marks" ]; do
		kill -0 "$logger" || return
		sleep 0.05
	done
}

# told [STATE]: since the last call one change uevent, with this; or none
told() {
	local got

	mark
	got=$(tail -n "+$((told_lines + 1))" "$TMP/log" |
		awk -v dev="$DEV" '$1 == "change" { print $3 ($2 == dev ? "" : $2) }' |
		xargs)
	told_lines=$(wc -l <"$TMP/log")
	ktap_check "$sentence: $(if [ $# -gt 0 ]; then
		echo "one uevent, KMEM_STATE=$1"
	else
		echo "no uevent"
	fi)" equals "$got" "$*"
}

# transition WORD: succeeds
transition() {
	sentence="$(cat "$STATE") to $1"
	ktap_check "$sentence" attempt "$1" "$STATE"
}

# fails WORD ERRNO SNAPSHOT: with that, and everything stays as it was
fails() {
	local state

	state=$(cat "$STATE")
	ktap_check "$sentence: the errno is the cause's" refused "$1" "$2"
	ktap_check "$sentence: everything is as before" same "$TMP/$3"
	ktap_check "$sentence: the state is as before" state_is "$state"
}

uevent_log >"$TMP/log" &
logger=$!
until grep -q ready "$TMP/log"; do
	kill -0 $logger || ktap_skip_all "uevent_log does not run"
done
told_lines=1

# --- transitions that succeed or are none

unbind "$DEV"
echo unplugged >"$BIND_STATE"
mark
told_lines=$(wc -l <"$TMP/log")
bind_kmem "$DEV"
sentence="bind with bind_state=unplugged"
told unplugged
ktap_check "$sentence: the bind uevent comes after it" \
	test "$(grep -A 1 "^change $DEV unplugged" "$TMP/log" | tail -n 1)" = \
	"bind $DEV -"
TOTAL=$(cat "$KMEM/total_blocks")
snapshot "$TMP/unplugged"
transition online_movable
told online_movable
snapshot "$TMP/online"
sentence="online_movable again"
attempt online_movable "$STATE"
told
sentence="online_kernel refused while online_movable"
attempt online_kernel "$STATE" >/dev/null
told
sentence="a word that is none"
attempt nonsense "$STATE" >/dev/null
told
sentence="a block set offline and online from outside"
LAST=$(blocks "$DEV" | tail -n 1)
echo offline >"$MEMORY/memory$LAST/state"
echo online_movable >"$MEMORY/memory$LAST/state"
told
unbind "$DEV"
bind_kmem "$DEV"
sentence="a bind that adopts memory"
told online_movable
transition unplugged
told unplugged
sentence="unplugged again"
attempt unplugged "$STATE"
told

# --- every notification fails: the first block

inject ONLINE "$ENOMEM"
sentence="MEM_GOING_ONLINE fails, plug"
fails online_movable "Cannot allocate memory" unplugged
told
unbind "$DEV"
echo online_movable >"$BIND_STATE"
sentence="MEM_GOING_ONLINE fails, bind"
snapshot "$TMP/unbound"
ktap_check "$sentence: the errno is the cause's" \
	equals "$(bind_kmem "$DEV")" "Cannot allocate memory"
ktap_check "$sentence: everything is as before" same "$TMP/unbound"
told
inject ONLINE "$NONE"
echo unplugged >"$BIND_STATE"
bind_kmem "$DEV"
sentence="bind after that"
told unplugged

transition online_movable
told online_movable
inject OFFLINE "$EBUSY"
sentence="MEM_GOING_OFFLINE fails, unplug"
fails unplugged "Device or resource busy" online
told
inject OFFLINE "$NONE"
transition unplugged
told unplugged

# --- every notification fails from a block in the middle on

# inject_when TEST ACTION ERRNO...: as soon as TEST of online_blocks holds
inject_when() {
	# shellcheck disable=SC2086 # a test and its number
	until test "$(cat "$KMEM/online_blocks")" $1; do :; done
	shift
	while [ $# -gt 0 ]; do
		inject "$1" "$2"
		shift 2
	done
}

# Each block takes long enough for that to be seen in time.
echo 100 >"$DELAY"
inject_when "-ge 2" ONLINE "$ENOMEM" &
sentence="MEM_GOING_ONLINE fails from a middle block on, plug"
log_mark
fails online_movable "Cannot allocate memory" unplugged
wait $!
ktap_check "$sentence: it was not the first" test "$(log_since |
	sed -n 's/.*memory\([0-9]*\) could not be set.*/\1/p')" -lt "$LAST"
told
inject ONLINE "$NONE"

transition online_movable
told online_movable
inject_when "-le $((TOTAL - 2))" OFFLINE "$EBUSY" &
sentence="MEM_GOING_OFFLINE fails from a middle block on, unplug"
fails unplugged "Device or resource busy" online
wait $!
told
inject OFFLINE "$NONE"
transition unplugged
told unplugged

# --- and the undo fails as well

inject_when "-ge 2" OFFLINE "$EBUSY" ONLINE "$ENOMEM" &
sentence="plug fails, and so does its undo"
log_mark
ktap_check "$sentence: the errno is that of the plug" \
	refused online_movable "Cannot allocate memory"
wait $!
echo 0 >"$DELAY"
ktap_check "$sentence: last_error names the block that failed the plug" \
	error_like "online memory[0-9]+ -12"
ktap_check "$sentence: the state is what the blocks are" state_is online
told online
ktap_check "$sentence: the log names a block that is left" \
	logged "memory[0-9]+ could not be set back to offline \(-16\)"
inject ONLINE "$NONE"
inject OFFLINE "$NONE"
transition unplugged
told unplugged
ktap_check "and nothing is left" same "$TMP/unplugged"

# --- a signal

echo 100 >"$DELAY"
sentence="a plug that a signal ends"
# shellcheck disable=SC2016 # for the inner shell
bash -c 'echo online_movable >"$1"' - "$STATE" &
writer=$!
until [ "$(cat "$KMEM/online_blocks")" -gt 1 ]; do :; done
kill $writer
wait $writer 2>/dev/null
ktap_check "$sentence: everything is as before" same "$TMP/unplugged"
told
echo 0 >"$DELAY"
ktap_check "nothing was sent that is not here" kill -0 "$logger"
ktap_done
