#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kmemctl on a real kernel when changes take long: its time limit, Ctrl-C at a
# terminal, the bar there, and waiting for the lock. Needs the test module
# memory_veto and script(1). Changes the memory of the machine:
# KMEM_TEST_DEV=daxX.Y.

# shellcheck disable=SC2154

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/kmemctl.sh
. lib/kmemctl.sh

kmemctl_require
need_program node_pin script
need_veto

# how many blocks a command has to change
BLOCKS=$N
# Patterns: of an offline, the block it waited for may be named.
LIMIT="kmemctl: $DEV: *the time limit of 1 s is over; $PUT_BACK; give it more, or stop what uses its memory"
SEE_WHY="run 'kmemctl why $DEV' to see what uses its memory"
OFFLINE_LIMIT="kmemctl: $DEV: *the time limit of 1 s is over; $PUT_BACK; give it more time, or $SEE_WHY"

# all_take MILLISECONDS: changing all blocks takes so much longer
all_take() {
	echo $(($1 / N)) >"$VETO/delay"
}

# limited SENTENCE FILE COMMAND...: in two seconds it is cut short, and all is as
# in FILE
limited() {
	local sentence=$1 file=$2

	shift 2
	all_take $((2000 * N / BLOCKS))
	k "$@" --timeout 1 "$DEV"
	all_take 0
	case $1 in
	offline) expect_error "$sentence" 5 "$OFFLINE_LIMIT" "$file" ;;
	*) expect_error "$sentence" 5 "$LIMIT" "$file" ;;
	esac
}

# A shell without job control has its background commands ignore SIGINT.
set -m

# at_terminal WORD COMMAND...: kmemctl with a terminal, where Ctrl-C is typed as
# soon as WORD is seen on it; $TMP/lines is what it drew, $rc its exit code
at_terminal() {
	local word=$1

	shift
	mkfifo "$TMP/keys"
	: >"$TMP/tty"
	script -qefc "kmemctl $*" "$TMP/tty" <"$TMP/keys" >/dev/null &
	{
		while kill -0 $! 2>/dev/null; do
			! grep -q "$word" "$TMP/tty" || break
			sleep 0.05
		done
		! kill -0 $! 2>/dev/null || printf '\003'
		# the end of its input is a key as well
		while kill -0 $! 2>/dev/null; do
			sleep 0.05
		done
	} >"$TMP/keys"
	rc=0
	wait $! || rc=$?
	rm "$TMP/keys"
	tr '\r' '\n' <"$TMP/tty" >"$TMP/lines"
}

# drawn VERB: a bar that has moved, with rate and time left, and is gone again
drawn() {
	cat -v "$TMP/lines"
	grep -Eq "^$DEV: $1 \[#+ *\] [1-9][0-9]*/$N blocks, [0-9.]+[KMG]/s, [0-9]+ s left" \
		"$TMP/lines" &&
		grep -q "^"$'\033'"\[K$DEV: " "$TMP/lines"
}

no_bar() {
	cat -v "$TMP/lines"
	! grep -q 'blocks, .*left\|\[K' "$TMP/lines" && [ "$rc" -eq 0 ]
}

limited "online: the time limit puts all back" "$TMP/before" online
ktap_check "online: the time limit leaves no id with kmem" no_id "$DEV"

all_take 3000
at_terminal "nothing types" online "$DEV"
all_take 0
ktap_check "online: at a terminal a bar shows blocks, rate and time left" \
	drawn onlining
ktap_check "online: at a terminal it succeeds" grep -q \
	"K$DEV: online: $N blocks" "$TMP/lines"
snapshot "$TMP/online"
limited "offline: the time limit puts all back" "$TMP/online" offline

all_take 3000
at_terminal "putting nothing" offline "$DEV"
all_take 0
ktap_check "offline: at a terminal a bar shows blocks, rate and time left" \
	drawn offlining
ktap_check "offline: then all is as it was" same "$TMP/before"

all_take 6000
at_terminal "onlining" online "$DEV"
all_take 0
[ ! -e "$DAX/$DEV/kmem/last_error" ] ||
	ktap_check "online: after Ctrl-C the bar is putting back" grep -q \
		"^$DEV: putting back \[" "$TMP/lines"
ktap_check "online: Ctrl-C at the terminal ends it" equals "$rc" 1
ktap_check "online: Ctrl-C at the terminal puts all back" same "$TMP/before"
ktap_check "online: Ctrl-C at the terminal leaves no id with kmem" no_id "$DEV"
ktap_check "online: after Ctrl-C it says so" grep -qE \
	"kmemctl: $DEV: ([a-z]+ (memory|0x)[^ ]+: )?stopped: Interrupt; $PUT_BACK" "$TMP/lines"

# Some blocks online, the others not: each is as it was.
kmemctl bind "$DEV" >"$TMP/out"
for block in $(blocks "$DEV" | sed -n '2p;$p'); do
	echo online_movable >"$MEMORY/memory$block/state"
done
snapshot "$TMP/partial"
BLOCKS=$((N - 2)) limited "online: the time limit puts each block back" \
	"$TMP/partial" online
BLOCKS=2 limited "offline: the time limit leaves it bound as before" \
	"$TMP/partial" offline
k offline "$DEV"
expect "offline: in time it succeeds" 0 "$DEV: offline: *" ""

all_take 1000
k online "$DEV"
expect "online: without a terminal there is no bar" 0 "$DEV: online: *" ""
at_terminal "nothing types" offline --quiet "$DEV"
ktap_check "offline --quiet: no bar at a terminal" no_bar
ktap_check "offline --quiet: prints nothing" equals \
	"$(grep -v '^Script' "$TMP/lines")" ""
at_terminal "nothing types" online --verbose "$DEV"
all_take 0
ktap_check "online --verbose: no bar at a terminal" no_bar
ktap_check "online --verbose: prints the writes" grep -q \
	"^echo .* >/sys/bus/dax/devices/$DEV/\|^echo .* >/sys/devices/system/memory/" \
	"$TMP/lines"

# A page that cannot migrate: an attempt ends by a signal alone.
snapshot "$TMP/online"
hold node_pin "$NODE"
k offline --timeout 1 "$DEV"
expect_error "offline: the time limit ends the wait for a pinned page" 5 \
	"kmemctl: $DEV: *the time limit of 1 s is over*pinned 4K: *; $PUT_BACK; give it more time, or $SEE_WHY" \
	"$TMP/online"
ktap_check "offline: the time limit names the block it waited for" \
	grep -q "memory[0-9]" "$TMP/err"

# While one kmemctl tries, others wait for it; they give up by themselves.
k_start offline "$DEV"
first=$child
until [ "$(cat /run/kmemctl.lock)" = "$first" ] || ! kill -0 "$first"; do
	sleep 0.05
done
WAITS="kmemctl: waiting for another kmemctl (pid $first) to finish"
k offline --timeout 1 "$DEV"
expect "the time limit ends the wait for another kmemctl as well" 5 "" "$WAITS
kmemctl: the time limit of 1 s is over; give it more, or stop what uses its memory"
at_terminal "waiting for" offline "$DEV"
ktap_check "Ctrl-C ends the wait for another kmemctl" equals "$rc" 1
ktap_check "one that waits says for whom" grep -Fq "$WAITS" "$TMP/lines"
ktap_check "the one waited for goes on" kill -0 "$first"
kill -INT "$first"
k_wait
ktap_check "and after a signal it has put all back" same "$TMP/online"
expect "and says so, and what it waited for" 1 "" \
	"kmemctl: $DEV: *stopped: Interrupt*pinned 4K: *; $PUT_BACK; $SEE_WHY"
ktap_check "after a signal it names the block" grep -q "memory[0-9]" "$TMP/err"
let_go
k offline --timeout 600 "$DEV"
expect "offline: without the page it succeeds in time" 0 "$DEV: offline: *" ""
ktap_check "after these all is as it was" same "$TMP/before"

# Killed while it binds, when a setting is not what it was. It may be too late or
# too early: then once more.
SETTING=$MEMORY/auto_online_blocks
set_policy online_kernel
! ours || SETTING=/sys/module/kmem/parameters/bind_state
WAS=$(cat "$SETTING")
setting_is() {
	local now

	read -r now <"$SETTING" && [ "$now" = "$1" ]
}
for _ in $(seq 50); do
	kmemctl online "$DEV" >"$TMP/out" 2>&1 </dev/null &
	while setting_is "$WAS" && kill -0 $!; do
		:
	done 2>/dev/null
	kill -KILL $!
	wait $!
	setting_is "$WAS" || break
	kmemctl offline "$DEV" >"$TMP/out" 2>&1
done 2>/dev/null
HELD=$(cat "$SETTING")
LEFT="a kmemctl that was killed (pid *) left ${SETTING##*/}=$HELD, which was $WAS"
doctor_says() {
	kmemctl doctor -n >"$TMP/out"
	cat "$TMP/out"
	grep -qx "killed  *warn  *${LEFT/'*'/[0-9]*}" "$TMP/out"
}
ktap_check "doctor says what a kmemctl that was killed left" doctor_says
k online "$DEV"
expect "online puts it back first and says so" 0 "$DEV: online: *" \
	"kmemctl: $LEFT; put back"
ktap_check "it is back" setting_is "$WAS"
k offline "$DEV"
expect "offline has nothing to put back" 0 "$DEV: offline: *" ""
set_policy offline
ktap_check "and all is as it was" same "$TMP/before"
ktap_done
