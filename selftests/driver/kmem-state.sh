#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# daxX.Y/state: a transition is all or nothing, whatever block fails and
# whatever signal comes; what an unbind leaves in use can be had back. Needs the
# test module memory_veto. Changes the memory of the machine:
# KMEM_TEST_DEV=daxX.Y.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh

# shellcheck source=selftests/lib/state.sh
. lib/state.sh
STRANDED=$DRIVERS/kmem/stranded

# --- words and attributes

unbind "$DEV"
echo unplugged >"$BIND_STATE"
snapshot "$TMP/unbound"
bind_kmem "$DEV" || ktap_fail "bind with bind_state=unplugged"
TOTAL=$(cat "$KMEM/total_blocks")
ktap_check "bind_state=unplugged binds without a block" state_is unplugged
ktap_check "unplugged leaves nothing reserved" test -z "$(ranges "$DEV")"
ktap_check "unplugged has no block present" \
	equals "$(cat "$KMEM/present_blocks")" 0
ktap_check "last_error is empty after a bind" error_is ""
ktap_check "a word that is no state is refused" \
	refused nonsense "Invalid argument"
ktap_check "offline cannot be written" refused offline "Invalid argument"
ktap_check "bind_state refuses a word that is no state" \
	refused nonsense "Invalid argument" "$BIND_STATE"
ktap_check "total_blocks counts the whole memory blocks" \
	test "$TOTAL" -eq $((($(cat "$DAX/$DEV/size") - \
	$(cat "$KMEM/lost_bytes")) / $(block_size)))

# onlines WORD: every block, and no other word is taken then
onlines() {
	local other

	echo "$1" >"$STATE"
	ktap_check "$1 from unplugged" state_is "$1"
	ktap_check "$1 onlines every block" \
		equals "$(cat "$KMEM/online_blocks")" "$TOTAL"
	ktap_check "$1 has every block present" \
		equals "$(cat "$KMEM/present_blocks")" "$TOTAL"
	ktap_check "$1 again changes nothing" attempt "$1" "$STATE"
	for other in online online_kernel online_movable; do
		[ "$1" = "$other" ] || ktap_check "$1 to $other is refused" \
			refused "$other" "Device or resource busy"
	done
}

onlines online_movable
ktap_check "online_movable is in Movable" equals "$(zones "$DEV")" Movable
FIRST=$(blocks "$DEV" | head -n 1)
LAST=$(blocks "$DEV" | tail -n 1)
ktap_check "kmem/zones counts them" \
	equals "$(cat "$KMEM/zones")" "Movable:$TOTAL"
echo offline >"$MEMORY/memory$FIRST/state"
ktap_check "kmem/zones sees a block that went offline by itself" \
	equals "$(cat "$KMEM/zones")" "offline:1 Movable:$((TOTAL - 1))"
ktap_check "unplugged from online_movable" attempt unplugged "$STATE"
ktap_check "unplugged has no online block" \
	equals "$(cat "$KMEM/online_blocks")" 0
ktap_check "unplugged has no block in any zone" equals "$(cat "$KMEM/zones")" ""
for word in unplugged offline online_movable; do
	unbind "$DEV"
	echo "$word" >"$BIND_STATE"
	bind_kmem "$DEV"
	ktap_check "bind_state=$word is the state after bind" state_is "$word"
	echo unplugged >"$STATE"
done
# A bind that is about to plug, and then the parameter says otherwise.
changed_while_binding() {
	local binder rc

	unbind "$DEV"
	echo offline >"$BIND_STATE"
	echo 2000 >"$VETO/signals_delay" || return
	bind_kmem "$DEV" &
	binder=$!
	until [ "$(driver_of "$DEV")" = kmem ]; do
		kill -0 "$binder" || break
	done
	sleep 0.5
	echo unplugged >"$BIND_STATE"
	wait "$binder"
	rc=$?
	echo 0 >"$VETO/signals_delay"
	[ "$rc" -eq 0 ]
}
ktap_check "a bind succeeds while bind_state is changed" changed_while_binding
ktap_check "and the state is what bind_state was when it began" \
	state_is offline
echo unplugged >"$STATE"
echo unplugged >"$BIND_STATE"
bind_kmem "$DEV"

# --- failing blocks

snapshot "$TMP/unplugged"
for nth in 1 2 $((TOTAL / 2)) "$TOTAL"; do
	echo "$nth" >"$VETO/online"
	ktap_check "plug that fails at block $nth of $TOTAL returns its errno" \
		refused online_movable "Input/output error"
	ktap_check "plug that fails at block $nth: last_error names the block" \
		error_is "online memory$((LAST + 1 - nth)) -5"
	ktap_check "plug that fails at block $nth leaves nothing" \
		same "$TMP/unplugged"
	ktap_check "plug that fails at block $nth stays unplugged" \
		state_is unplugged
done

echo 2 >"$VETO/normal"
ktap_check "plug whose second block lands in Normal returns an errno" \
	refused online_movable "Input/output error"
ktap_check "last_error names that block" error_is "online memory$((LAST - 1)) -5"
ktap_check "and nothing is left, in Normal neither" same "$TMP/unplugged"

echo online_movable >"$STATE"
snapshot "$TMP/online"
ktap_check "last_error is empty after a plug that succeeds" error_is ""
for nth in 1 2 3 $((TOTAL / 2)) "$TOTAL"; do
	echo "$nth" >"$VETO/offline"
	ktap_check "unplug that fails at block $nth of $TOTAL returns its errno" \
		refused unplugged "Input/output error"
	ktap_check "unplug that fails at block $nth: last_error names a block" \
		error_like "offline memory[0-9]+ -5"
	ktap_check "unplug that fails at block $nth puts every block back" \
		same "$TMP/online"
	ktap_check "unplug that fails at block $nth stays online_movable" \
		state_is online_movable
done
echo 1 >"$VETO/offline"
attempt unplugged "$STATE" >/dev/null
ktap_check "unplug offlines the second block first" \
	error_is "offline memory$((FIRST + 1)) -5"
attempt nonsense "$STATE" >/dev/null
ktap_check "a word that is no state does not change last_error" \
	error_is "offline memory$((FIRST + 1)) -5"
attempt online_kernel "$STATE" >/dev/null
ktap_check "last_error is empty after a write refused in this state" error_is ""
ktap_check "unplug works after all these" attempt unplugged "$STATE"
ktap_check "last_error is empty after an unplug that succeeds" error_is ""
ktap_check "and leaves nothing" same "$TMP/unplugged"

# a block that is offline, and one in another zone, come back as they were; the
# one in Normal is the highest, for Normal must end below Movable's start: last
echo online_movable >"$STATE"
echo offline >"$MEMORY/memory$((FIRST + 3))/state"
snapshot "$TMP/mixed"
echo $((TOTAL / 2)) >"$VETO/offline"
ktap_check "unplug that fails with a block already offline returns the errno" \
	refused unplugged "Input/output error"
ktap_check "and leaves that block offline and the others online" \
	same "$TMP/mixed"
echo unplugged >"$STATE"

# a plug that fails after an unplug: no type of the earlier one may be used
echo online_movable >"$STATE"
echo unplugged >"$STATE"
echo 5 >"$VETO/online"
ktap_check "a plug that fails after an unplug returns the errno" \
	refused online_movable "Input/output error"
ktap_check "and leaves nothing" same "$TMP/unplugged"

# --- other steps that fail

echo 1 >"$VETO/group"
ktap_check "plug that gets no memory group returns the errno" \
	refused online_movable "Input/output error"
ktap_check "last_error says that the plug failed" error_is "plug all -5"
ktap_check "plug that gets no memory group leaves nothing" \
	same "$TMP/unplugged"
echo 1 >"$VETO/add"
ktap_check "plug that cannot add memory returns the errno" \
	refused online_movable "Input/output error"
ktap_check "last_error names the memory that could not be added" \
	error_like "add 0x[0-9a-f]+-0x[0-9a-f]+ -5"
ktap_check "plug that cannot add memory leaves nothing" same "$TMP/unplugged"
echo online_movable >"$STATE"
echo 1 >"$VETO/remove"
ktap_check "unplug that cannot remove memory returns the errno" \
	refused unplugged "Input/output error"
ktap_check "last_error names the memory that could not be removed" \
	error_like "remove 0x[0-9a-f]+-0x[0-9a-f]+ -5"
ktap_check "unplug that cannot remove memory: the blocks are offline" \
	state_is offline
ktap_check "unplug that cannot remove memory: the blocks are present" \
	equals "$(cat "$KMEM/present_blocks")" "$TOTAL"
ktap_check "unplugged again removes it" attempt unplugged "$STATE"
ktap_check "and leaves nothing" same "$TMP/unplugged"

# The undo of half a plug takes long: all memory is still there when it begins.
error_in_undo() {
	local writer present

	echo $((TOTAL / 2)) >"$VETO/online"
	echo 100 >"$VETO/delay"
	attempt online_movable "$STATE" >/dev/null &
	writer=$!
	until [ -n "$(<"$KMEM/last_error")" ]; do
		kill -0 "$writer" || return
	done
	present=$(<"$KMEM/present_blocks")
	cat "$KMEM/last_error"
	wait "$writer"
	echo 0 >"$VETO/delay"
	equals "$present" "$TOTAL"
}
ktap_check "last_error tells the cause while a plug is undone" error_in_undo
ktap_check "and nothing is left" same "$TMP/unplugged"

# --- signals

# Every attempt must either be complete or undone, and some must be ended.
signal_test() {
	local word=$1 from=$2 condition=$3 signal=$4 step=$5 ended=0

	for _ in 1 2 3 4 5; do
		[ "$(cat "$STATE")" = "$from" ] ||
			echo "$from" >"$STATE" || return
		if [ "$(write_until "$word" "$condition" "$signal")" = ended ]; then
			ended=$((ended + 1))
		fi
		[ "$(cat "$STATE")" != "$from" ] ||
			error_like "$step .* -4" || return
		case $(cat "$STATE") in
		unplugged) same "$TMP/unplugged" || return ;;
		online_movable) same "$TMP/online" || return ;;
		*) cat "$STATE"; return 1 ;;
		esac
		[ "$ended" -lt 2 ] || break
	done
	echo "ended $ended times"
	[ "$ended" -gt 0 ]
}

for signal in TERM INT KILL; do
	ktap_check "SIG$signal ends a plug, and nothing is left of it" \
		signal_test online_movable unplugged "online_blocks -gt 2" \
		"$signal" online
	ktap_check "SIG$signal ends an unplug, and every block is back" \
		signal_test unplugged online_movable \
		"online_blocks -lt $((TOTAL - 2))" "$signal" offline
done

# Another task that changes a block holds device_hotplug_lock until it is let go.
killed_settling() {
	local other rc

	echo online_movable >"$STATE" || return
	echo 60000 >"$VETO/delay"
	echo offline >"$MEMORY/memory$LAST/state" &
	other=$!
	until grep -q memory_veto "/proc/$other/stack"; do :; done
	stopped_in kmem_blocks_settle unplugged "$STATE"
	rc=$?
	echo -1 >"$VETO/delay"
	wait "$other"
	echo 0 >"$VETO/delay"
	echo online_movable >"$MEMORY/memory$LAST/state"
	[ "$rc" -ne 0 ] && error_is "unplug all -4"
}
ktap_check "SIGTERM ends an unplug that waits for another task's change" \
	killed_settling
ktap_check "and every block is back" same "$TMP/online"

# Such a change ends before the unplug begins, which fails then.
failed_after_settling() {
	local other

	echo 3000 >"$VETO/delay"
	echo offline >"$MEMORY/memory$LAST/state" &
	other=$!
	until grep -q memory_veto "/proc/$other/stack"; do :; done
	echo 0 >"$VETO/delay"
	echo $((TOTAL / 2)) >"$VETO/offline"
	refused unplugged "Input/output error" || return
	wait "$other"
	equals "$(cat "$MEMORY/memory$LAST/state")" offline
}
ktap_check "the rollback of an unplug leaves a block offline that went offline while it waited" \
	failed_after_settling
echo online_movable >"$MEMORY/memory$LAST/state"
ktap_check "and all others online" same "$TMP/online"

# handled, harmless signals: children that end, and SIGUSR1 all the time
sigchld() {
	# shellcheck disable=SC2016 # for the inner shell
	bash -c 'n=0
		trap "n=\$((n + 1))" CHLD USR1
		main=$$
		(while kill -USR1 $main; do sleep 0.01; done) 2>/dev/null &
		for i in 1 2 3; do
			for j in 1 2 3 4 5; do sleep 0.0$j & done
			echo online_movable >"$1" || exit 1
			echo unplugged >"$1" || exit 2
		done
		echo "$n signals"
		[ $n -gt 9 ]' - "$STATE" 2>&1
}
echo unplugged >"$STATE"
ktap_check "SIGCHLD and handled signals disturb neither plug nor unplug" sigchld
ktap_check "and leave nothing" same "$TMP/unplugged"

# --- a page that will not move

# The pin comes early and the signal late, so that the undo meets the page.
pinned_plug() {
	local result

	echo 100 >"$VETO/delay"
	pin_when "-gt 2" &
	result=$(write_until online_movable \
		"online_blocks -gt $((TOTAL / 2))" TERM)
	echo 0 >"$VETO/delay"
	wait
	echo "$result, state $(cat "$STATE"), $(cat "$KMEM/online_blocks") online"
	[ "$result" = ended ] && [ "$(cat "$KMEM/online_blocks")" -eq 1 ]
}

pinned_unplug() {
	echo online_movable >"$STATE" || return
	pin_when "-gt 2"
	snapshot "$TMP/pinned"
	# with one block left that will not go, this would last for ever
	[ "$(timeout 10 bash -c "echo unplugged >$STATE" 2>/dev/null; echo $?)" -ne 0 ] &&
		same "$TMP/pinned"
}

echo unplugged >"$STATE"
log_mark
ktap_check "the undo of a plug gives up a block with a page that will not move" \
	pinned_plug
ktap_check "the log names that block" \
	logged "memory[0-9]+ could not be set back to offline \(-4\)"
ktap_check "the state is what the blocks are" state_is online
unpin
ktap_check "when the page is free, unplugged can be written" \
	attempt unplugged "$STATE"
ktap_check "and nothing is left" same "$TMP/unplugged"
ktap_check "an unplug that cannot end is ended by a signal, and every block is back" \
	pinned_unplug
unpin
ktap_check "when the page is free, it works" attempt unplugged "$STATE"
ktap_check "and leaves nothing behind" same "$TMP/unplugged"

# --- exclusive, and others meanwhile

echo online_movable >"$STATE"
ktap_check "without exclusive a block can be offlined from outside" \
	attempt offline "$MEMORY/memory$FIRST/state"
echo online_movable >"$MEMORY/memory$FIRST/state"
echo 1 >"$KMEM/exclusive"
before=$(cat "$KMEM/guard_refusals")
echo 1 >"$VETO/offline"
ktap_check "with exclusive it cannot" \
	refused offline "Device or resource busy" "$MEMORY/memory$FIRST/state"
ktap_check "and no other notifier is asked" equals "$(cat "$VETO/offline")" 1
echo 0 >"$VETO/offline"
ktap_check "guard_refusals counts it" \
	equals "$(cat "$KMEM/guard_refusals")" $((before + 1))
ktap_check "with exclusive the state can be changed" \
	attempt unplugged "$STATE"
echo 0 >"$KMEM/exclusive"

# --- unbind and bind again

echo online_movable >"$STATE"
echo offline >"$MEMORY/memory$((FIRST + 1))/state"
unbind "$DEV"
ktap_check "stranded names memory that an unbind left in use" \
	equals "$(cat "$STRANDED")" \
	"$DEV $(target_node "$DEV") $(ranges "$DEV" | sed 's/^/0x/; s/ /-0x/' | tr '\n' ' ' | sed 's/ $//')"
ktap_check "stranded memory is not reclaimed while a block is online" \
	refused "0x$(ranges "$DEV" | cut -d ' ' -f 1)" \
	"Device or resource busy" "$STRANDED"
ktap_check "an address that is not stranded is refused" \
	refused 0x1000 "No such device" "$STRANDED"
each_block "$DEV" offline 2>/dev/null
ktap_check "stranded memory whose blocks are offline is reclaimed" \
	attempt "0x$(ranges "$DEV" | cut -d ' ' -f 1)" "$STRANDED"
ktap_check "and leaves nothing" same "$TMP/unbound"
bind_kmem "$DEV"

echo online_movable >"$STATE"
ktap_check "stranded does not name the memory of a bound device" \
	equals "$(cat "$STRANDED")" ""
echo 1 >"$KMEM/exclusive"
attempt offline "$MEMORY/memory$FIRST/state" >/dev/null
echo 1 >"$VETO/offline"
attempt unplugged "$STATE" >/dev/null
unbind "$DEV"
ktap_check "memory that was left is no longer exclusive" \
	attempt offline "$MEMORY/memory$LAST/state"
ktap_check "bind adopts memory that was left, with one block offline since" \
	bind_kmem "$DEV"
ktap_check "adopted says so" equals "$(cat "$KMEM/adopted")" 1
ktap_check "guard_refusals counts from the bind on" \
	equals "$(cat "$KMEM/guard_refusals")" 0
ktap_check "last_error is empty after a bind that adopts" error_is ""
ktap_check "state of blocks that differ is online" state_is online
ktap_check "unplugged gives all of it back" attempt unplugged "$STATE"
ktap_check "and leaves nothing" same "$TMP/unplugged"
ktap_check "adopted ends with the memory" equals "$(cat "$KMEM/adopted")" 0

# --- Normal: last, and in a guest only: what the kernel allocates may stay

# all_or_nothing: unplugged from here, or refused with every block as before
all_or_nothing() {
	snapshot "$TMP/normal"
	if attempt unplugged "$STATE"; then
		same "$TMP/unplugged"
	else
		same "$TMP/normal"
	fi
}

for word in online_kernel online; do
	[ -n "${KMEM_GUEST-}" ] || break
	[ "$(cat "$STATE")" = unplugged ] || break
	onlines $word
	[ $word = online ] ||
		ktap_check "online_kernel is in Normal" equals "$(zones "$DEV")" Normal
	ktap_check "unplugged from $word is all or nothing" all_or_nothing
done
ktap_done
