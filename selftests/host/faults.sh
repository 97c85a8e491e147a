# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2153
#
# Every write of every command fails once, in every way a write can fail, and
# the whole tree is compared before and after. Then the undo itself fails.

# The start of each scenario is a tree; its command is the rest of the line.
scenario() {
	local state=""

	case $1 in
	from-devdax)
		tree_devdax "$WORK/t" ;;
	from-unbound)
		tree_devdax "$WORK/t"
		rm "$TREE/sys/devices/platform/dax0.0/driver" ;;
	from-kmem-unplugged)
		tree_devdax "$WORK/t"
		tree_bound dax0.0 kmem
		state=unplugged ;;
	from-kmem-offline)
		tree_kmem "$WORK/t" offline "Normal Movable"
		state=offline ;;
	from-kmem-mixed | from-kmem-exclusive)
		tree_kmem "$WORK/t" online Movable
		tree_blocks $((TREE_A + BLOCK)) "$BLOCK" online Normal
		tree_blocks "$TREE_B" "$BLOCK" offline "Normal Movable"
		state=online_movable ;;
	from-kmem-online)
		tree_kmem "$WORK/t" online Movable
		state=online_movable ;;
	from-stranded)
		tree_kmem "$WORK/t" online Movable
		tree_blocks $((TREE_A + BLOCK)) "$BLOCK" online Normal
		rm "$TREE/sys/devices/platform/dax0.0/driver" ;;
	esac
	case ${MEMMAP-} in
	bus) tree_memmap Y 0 ;;
	kmem) tree_memmap Y ;;
	esac
	if [ -n "$state" ]; then
		tree_held $state
	elif [ "${FAKE_DRIVER-}" = ours ]; then
		tree_parameter
	fi
	[ "$1" != from-kmem-exclusive ] ||
		echo 1 >"$TREE/sys/devices/platform/dax0.0/kmem/exclusive"
	tree_keep
}

# What a run may come to. Each prints what is wrong, nothing when all is well.
is_before() {
	diff <(echo "$BEFORE") <(tree_print) >"$WORK/diff"
	# "state" keeps its last word, whatever single blocks do
	! grep '^[<>]' "$WORK/diff" | grep -qv 'dax0.0/state:'
}

one_line() {
	[ "$(wc -l <"$WORK/err")" = 1 ] && [ -z "$out" ]
}

want_undone() {
	[ "$rc" = 1 ] && one_line && is_before &&
		case $err in *"; all was put back as before"*) ;; *) false ;; esac
}

want_done() {
	[ "$rc" = 0 ] && [ -z "$err" ] && [ "$(tree_print)" = "$AFTER" ]
}

want_either() {
	want_undone || want_done
}

# A block that stays online refuses the unbind. A lost remove_id cannot be
# noticed: the list of ids cannot be read.
want_noticed() {
	[ "$rc" != 4 ] || rc=1
	want_either || { [ "$rc" = 0 ] &&
		sed -n "${n}p" "$WORK/log" | grep -q /remove_id; }
}

# The device is gone. Blocks that were not there before are offline, the others
# as they were; the policy is back.
want_gone() {
	local policy

	policy=$(cat "$TREE/sys/devices/system/memory/auto_online_blocks")
	[ "$rc" = 3 ] && one_line && [ "$policy" = online ] &&
		[[ $err != *"another program"* ]] &&
		! dev_blocks | grep -vxF "$BLOCKS_BEFORE" | grep -q online
}

# Undone or not, the exit code and the words tell the truth.
want_honest() {
	if is_before; then
		# whether new_id has the name cannot be read: it errs to be safe
		one_line && { [ "$rc" = 1 ] ||
			[[ $rc$err == 64*"new_id may still have its name"* ]]; }
	else
		[ "$rc" = 64 ] && one_line &&
			case $err in *"NOT put back"*) ;; *) false ;; esac
	fi
}

# Somebody else unbound it: memory that was online then stays behind, so all we
# can do is to take our blocks offline again, give the device back, and say so.
want_taken() {
	if [ "$rc" = 0 ]; then
		want_done
	else
		want_honest
	fi
}

want_told() {
	[ "$rc" != 4 ] || rc=1
	want_honest || want_noticed
}

# at_each_write SENTENCE WANT FAULT START COMMAND: the fault at write 1, 2, ...
# until the command has no more writes. FAULT has @ for the number, @@ for the next.
at_each_write() {
	local sentence=$1 want=$2 fault=$3 start=$4 n writes wrong="" count=0

	shift 4
	scenario "$start"
	BLOCKS_BEFORE=$(dev_blocks)
	k "$@"
	AFTER=$(tree_print)
	writes=$(wc -l <"$WORK/log")
	for ((n = 1; n <= writes; n++)); do
		tree_reset
		FAKE_FAULTS=${fault//@@/$((n + 1))}
		FAKE_FAULTS=${FAKE_FAULTS//@/$n} k "$@"
		count=$((count + 1))
		"$want" || wrong="$wrong
at write $n of $writes: exit $rc, $(cat "$WORK/out" "$WORK/err")
$(cat "$WORK/diff")"
	done
	# a command without a write would make this test say nothing
	if [ -z "$wrong" ] && [ "$count" -ge 1 ]; then
		ktap_pass "$sentence ($count writes)"
	else
		ktap_fail "$sentence" "$count writes$wrong"
	fi
}

STARTS="from-devdax:online from-unbound:online from-kmem-offline:online
from-kmem-mixed:online,--movable from-kmem-mixed:online,--normal
from-devdax:online,--normal
from-kmem-online:offline from-kmem-mixed:offline
from-stranded:online,--normal
from-devdax:bind from-kmem-offline:unbind"
# Where a driver with "state" is not used as one without it.
STARTS_STATE="from-devdax:online from-kmem-unplugged:online
from-kmem-unplugged:offline from-kmem-online:offline"
STARTS_OURS="$STARTS_STATE from-kmem-online:online,--normal
from-kmem-mixed:online,--normal from-kmem-offline:online
from-kmem-exclusive:online from-kmem-offline:unbind"

# each_start DRIVER START:COMMAND...: all that can happen to a write.
each_start() {
	local driver=$1 item start command

	shift
	for item; do
		start=${item%%:*}
		command=${item#*:}
		command=${command//,/ }
		# shellcheck disable=SC2086
		each() {
			at_each_write "$driver: $command $start: $1" $2 "$3" \
				$start $command dax0.0
		}
		each "an error at any write puts all back" want_undone @:EBUSY
		each "a signal in any write puts all back" want_undone @:INT
		each "a signal after any write is undone or too late" \
			want_either @:afterINT
		each "EINTR without our signal is tried again" want_done \
			@:EINTR
		each "a write that does nothing is noticed" want_noticed @:lost
		each "when the undo fails too, it says so" want_honest @+:EIO
		each "a device that vanishes leaves nothing behind" want_gone \
			@:gone
	done
}

export FAKE_ADOPT=1
# shellcheck disable=SC2086 # words
each_start "kmem" $STARTS
export FAKE_ZONES=1
# shellcheck disable=SC2086
FAKE_DRIVER=state each_start "kmem with state" $STARTS_STATE
# shellcheck disable=SC2086
FAKE_DRIVER=ours each_start "our kmem" $STARTS_OURS
# Where the memmap is to be: the bus is told, or on Linux 6.1 our driver.
MEMMAP=bus each_start "memmap" from-kmem-offline:online,--memmap-on-memory
MEMMAP=bus FAKE_DRIVER=ours each_start "memmap, our kmem" \
	from-kmem-unplugged:online,--memmap-on-memory
MEMMAP=kmem FAKE_DRIVER=ours each_start "memmap, our kmem of Linux 6.1" \
	from-devdax:online,--memmap-on-memory

# The last write of this undo is the one that sets exclusive.
export FAKE_DRIVER=ours
scenario from-kmem-exclusive
FAKE_FAULTS=4:EBUSY k offline dax0.0
n=$(wc -l <"$WORK/log")
tree_reset
FAKE_FAULTS=4:EBUSY,$n:EIO k offline dax0.0
ktap_check "offline from-kmem-exclusive: an exclusive that is not put back is told" \
	test "$rc ${err#*; }" = "64 NOT put back: kmem/exclusive; its range is in use: see /proc/iomem and 'dmesg'"
unset FAKE_DRIVER FAKE_ZONES

# Memory left behind by an unbind cannot be left behind again once kmem has
# taken it away; then the tool says what is not as before.
for fault in EBUSY INT lost; do
	at_each_write "offline from-stranded: $fault at any write is undone or told" \
		want_told "@:$fault" from-stranded offline dax0.0
done

at_each_write "online from-devdax: SIGTERM puts all back as well" want_undone \
	@:TERM from-devdax online dax0.0

# The device goes, or is unbound by others, between two writes.
at_each_write "online from-devdax: a device that vanishes after a write is noticed" \
	want_gone @:aftergone from-devdax online dax0.0
at_each_write "online from-devdax: memory of a device that vanished is tried again" \
	want_gone @:aftergone,@@:EBUSY from-devdax online dax0.0
for start in from-devdax from-kmem-offline; do
	at_each_write "online $start: a device unbound by others is noticed" \
		want_taken @:afterunbind $start online dax0.0
done

# Two single failures: any write, and any write of the undo.
pairs() {
	local start=$1 n m writes wrong="" count=0

	shift
	scenario "$start"
	k "$@"
	writes=$(wc -l <"$WORK/log")
	for ((n = 1; n <= writes; n++)); do
		for ((m = n + 1; m <= 2 * n; m++)); do
			tree_reset
			FAKE_FAULTS=$n:EBUSY,$m:EIO k "$@"
			count=$((count + 1))
			want_honest || wrong="$wrong
at writes $n and $m: exit $rc, $err"
		done
	done
	if [ -z "$wrong" ] && [ "$count" -ge 40 ]; then
		ktap_pass "$1 $start: any two failing writes end in the truth ($count pairs)"
	else
		ktap_fail "$1 $start: any two failing writes end in the truth" \
			"$wrong"
	fi
}
pairs from-devdax online dax0.0
pairs from-kmem-online offline dax0.0
unset FAKE_ADOPT

# The policy concerns all memory of the system: it does not wait for the rest.
POLICY=devices/system/memory/auto_online_blocks
scenario from-devdax
k online dax0.0
n=$(grep -n "$POLICY" "$WORK/log" | tail -n 1 | cut -d : -f 1)
tree_reset
FAKE_FAULTS=$n:EBUSY k online dax0.0
ktap_check "online from-devdax: the undo begins with the onlining policy" \
	test "$(sed -n "$((n + 1))p" "$WORK/log")" = "$((n + 1)) $POLICY online"

# Another program onlines a block meanwhile. Unbound, its memory would stay behind.
want_kept() {
	local driver

	driver=$(basename "$(readlink "$TREE/sys/devices/platform/dax0.0/driver")")
	! dev_blocks | grep -q online || [ "$driver" = kmem ] &&
		{ [ "$rc" = 0 ] || one_line; }
}

# Nothing can keep it from doing so just before the unbind.
want_left_told() {
	! dev_blocks | grep -q online || { [ "$rc" != 0 ] && one_line; }
}

for command in offline unbind; do
	at_each_write "$command from-kmem-offline: memory that is left is told" \
		want_left_told @:beforeonline from-kmem-offline $command dax0.0
done
at_each_write "offline from-kmem-online: no memory that another program onlines is left without a device" \
	want_kept @:afteronline from-kmem-online offline dax0.0

scenario from-devdax
k online dax0.0
n=$(wc -l <"$WORK/log")
wrong='' kept=0
for ((m = n + 1; m <= 2 * n; m++)); do
	tree_reset
	FAKE_FAULTS=$n:EBUSY,$m:afteronline k online dax0.0
	want_kept || wrong="$wrong at write $m: exit $rc, $err"
	! dev_blocks | grep -q online || kept=$((kept + 1))
done
ktap_check "online from-devdax: nor is it by an undo" \
	test "${wrong:-none} $((kept > 0))" = "none 1"

# Signals do not get at an undo, and those that do not mean us at nothing.
for command in online offline; do
	start=from-devdax
	[ $command = online ] || start=from-kmem-online
	at_each_write "$command $start: signals in the undo have to wait" \
		want_undone @:EBUSY,@+:INT $start $command dax0.0
	at_each_write "$command $start: a deadly signal at any write has to wait" \
		want_done @+:USR1 $start $command dax0.0
done

# A zone that is not the one asked for is never accepted.
for n in 7 9 12; do
	scenario from-devdax
	FAKE_FAULTS=$n:wrongzone k online dax0.0
	block=$(sed -n "${n}s,.*/\(memory[0-9]*\)/.*,\1,p" "$WORK/log")
	expect_error "online: $block landing in the wrong zone puts all back" 1 \
		"kmemctl: dax0.0: $block was onlined in zone Normal instead of Movable; all was put back as before; another program onlines memory: look for udev rules on it"
done

# The driver refuses: the device goes back to the driver it had.
for error in EINVAL EBUSY ENOMEM; do
	for start in from-devdax from-unbound; do
		scenario $start
		FAKE_PROBE=$error k online dax0.0
		if want_undone; then
			ktap_pass "online $start: a probe that returns $error puts all back"
		else
			ktap_fail "online $start: a probe that returns $error puts all back" \
				"exit $rc, $err"
		fi
	done
done

# A block that stays busy, in each place of the order.
for id in $DEV_BLOCKS; do
	scenario from-kmem-mixed
	[ "$(block "$id")" != "offline Normal Movable" ] || continue
	FAKE_STUCK=memory$id k offline dax0.0
	expect_error "offline: memory$id busy puts all back, each in its zone" 1 \
		"kmemctl: dax0.0: cannot offline memory$id: Device or resource busy; all was put back as before; stop what uses memory of its node and try again"
done
