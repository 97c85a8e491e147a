# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034
#
# What bounds and accompanies a change: the time limit, the progress bar on a
# terminal, --quiet and --verbose, who holds the lock; and what one that was
# killed leaves to the next.

PUT_BACK="all was put back as before"

# A write with the fault "slow" lasts until on_terminal() has seen a line of
# kmemctl's output on the terminal that matches, or a minute.
export FAKE_SLOW=$WORK/slow

# seen REGEX: a line on the terminal matches it, within half a minute
seen() {
	local moments

	for ((moments = 0; moments < 600; moments++)); do
		! tr '\r' '\n' <"$WORK/tty" | grep -Eq "$1" || return 0
		sleep 0.05
	done
	return 1
}

# on_terminal NTH REGEX [COMMAND...] -- ARG...: run kmemctl on a terminal, with
# its NTH write slow until the bar was seen, COMMAND was run and REGEX was seen
on_terminal() {
	local nth=$1 regex=$2 meanwhile=()

	shift 2
	while [ "$1" != -- ]; do
		meanwhile+=("$1")
		shift
	done
	shift
	: >"$WORK/log"
	: >"$WORK/tty"
	: >"$FAKE_SLOW"
	{
		! seen '^dax0.0: ' || "${meanwhile[@]}"
		seen "$regex" || :
		rm "$FAKE_SLOW"
	} &
	# a shell's job in the background, as check.sh has them, ignores Ctrl-C
	FAKE_FAULTS=$nth:slow FAKE_ROOT=$TREE FAKE_LOG=$WORK/log \
		script -qefc "exec env --default-signal=INT \
		LD_PRELOAD='$LIBASAN $WORK/fakekernel.so' \
		'$KMEMCTL' --sysroot '$TREE' $*" "$WORK/tty" >/dev/null </dev/null
	wait $!
	tr '\r' '\n' <"$WORK/tty" >"$WORK/lines"
}

# Both kinds of driver: one write for each block, one write for the device.
for kind in blocks ours; do
	unset FAKE_DRIVER
	tree_devdax "$WORK/t"
	if [ $kind = ours ]; then
		export FAKE_DRIVER=ours
		tree_parameter
	fi
	tree_keep
	# the write that waits: a block in the middle, or the whole device
	middle=9
	online_at="online memory35: " offline_at="offline memory33: "
	[ $kind = blocks ] || online_at="" offline_at=""
	[ $kind = blocks ] ||
		middle=$(k online dax0.0; awk '/ devices.*state /{ print $1; exit }' "$WORK/log")
	tree_reset
	FAKE_FAULTS=$middle:wait k online --timeout 1 dax0.0
	expect_error "$kind: online: the time limit puts all back" 5 \
		"kmemctl: dax0.0: ${online_at}the time limit of 1 s is over; $PUT_BACK; give it more, or stop what uses its memory"
	k online dax0.0
	tree_keep
	nth=$(k offline dax0.0; awk '/ devices.*state /{ print $1; exit }' "$WORK/log")
	tree_reset
	FAKE_FAULTS=$nth:wait k offline --timeout 1 dax0.0
	expect_error "$kind: offline: the time limit puts all back" 5 \
		"kmemctl: dax0.0: ${offline_at}the time limit of 1 s is over; $PUT_BACK; give it more time, or run 'kmemctl why dax0.0' to see what uses its memory"
	FAKE_FAULTS=$nth:TERM k offline --timeout 60 dax0.0
	expect_error "$kind: offline: a SIGTERM is not the time limit" 1 \
		"kmemctl: dax0.0: ${offline_at}stopped: Terminated; $PUT_BACK; run 'kmemctl why dax0.0' to see what uses its memory"
	k offline --timeout 60 dax0.0
	expect "$kind: offline: what is done in time is done" 0 \
		"dax0.0: offline: driver device_dax" ""

	k online --quiet dax0.0
	expect "$kind: --quiet prints nothing" 0 "" ""
	k offline --verbose dax0.0
	sed 's/^[0-9]* \(.*\) \([^ ]*\)$/echo \2 >\/sys\/\1/' "$WORK/log" |
		sed 's,/devices/platform/dax0.0/,/bus/dax/devices/dax0.0/,' \
		>"$WORK/wanted"
	ktap_check "$kind: --verbose prints each write" \
		diff "$WORK/wanted" "$WORK/err"

	# a terminal: script(1) is one
	bar='dax0.0: onlining \[[# ]{24}\] [0-6]/6 blocks'
	[ $kind = ours ] || bar="#.* [1-5]/6 blocks, [0-9.]*M/s, [0-9]* s left"
	on_terminal "$middle" "$bar" -- online dax0.0
	ktap_check "$kind: on a terminal a bar shows blocks" \
		grep -q 'dax0.0: onlining \[[# ]\{24\}\] [0-6]/6 blocks' "$WORK/lines"
	ktap_check "$kind: the bar is gone in the end" \
		awk '/online: 6 blocks/ { ok = !/onlining/ } END { exit !ok }' "$WORK/lines"
	if [ $kind = blocks ]; then
		ktap_check "on a terminal the bar shows rate and time left" \
			grep -q '#.* [1-5]/6 blocks, [0-9.]*M/s, [0-9]* s left' "$WORK/lines"
	fi
	k offline dax0.0
done

# driver_counts PRESENT [ERROR]: what the driver says after a while; ERROR may
# be Ctrl-C, which stops kmemctl
driver_counts() {
	local attrs=$TREE/sys/devices/platform/dax0.0/kmem

	case ${2-} in
	"") ;;
	Ctrl-C) pkill -INT -f "^$KMEMCTL --sysroot $TREE" ;;
	*) echo "$2" >"$attrs/last_error" ;;
	esac
	echo "$1" >"$attrs/present_blocks"
}

# bar_shows SENTENCE REGEX COMMAND ONLINE PRESENT [ERROR]: while the write to state
# takes its time, the driver counts so many blocks, and fails
bar_shows() {
	local attrs=$TREE/sys/devices/platform/dax0.0/kmem nth

	rm -rf "$TREE"
	cp -a "$TREE.$3" "$TREE"
	nth=$(k "$3" dax0.0; awk '/ devices.*state /{ print $1; exit }' "$WORK/log")
	rm -rf "$TREE"
	cp -a "$TREE.$3" "$TREE"
	mkdir -p "$attrs"
	echo "$4" >"$attrs/online_blocks"
	echo "$BAR_BEFORE" >"$attrs/present_blocks"
	echo >"$attrs/last_error"
	on_terminal "$nth" "^dax0.0: $2" driver_counts "$5" "${6-}" -- "$3" dax0.0
	ktap_check "$1" grep -Eq "^dax0.0: $2" "$WORK/lines"
}

tree_devdax "$WORK/t"
tree_parameter
cp -a "$TREE" "$TREE.online"
k online dax0.0
cp -a "$TREE" "$TREE.offline"
BAR_BEFORE=0
bar_shows "the bar of a plug shows the blocks that are added, half of the work" \
	'adding \[#{6} {18}\] 3/6 blocks(, [0-9.]*M/s)?.\[K' online 0 3
bar_shows "then those that are online" \
	'onlining \[#{16} {8}\] 2/6 blocks' online 2 6
bar_shows "with an error of the driver it is putting back, without a rate" \
	'putting back \[#{8} {16}\] .\[K' online 0 4 "online memory33 -4"
bar_shows "after Ctrl-C it is stopping until the driver says more" \
	'stopping \[[# ]{24}\] [0-6]/6 blocks.\[K' online 0 4 Ctrl-C
BAR_BEFORE=6
bar_shows "the bar of an unplug shows the blocks that went offline" \
	'offlining \[#{8} {16}\] 4/6 blocks' offline 2 6
bar_shows "then those that are removed" \
	'removing \[#{16} {8}\] 2/6 blocks' offline 0 4
unset FAKE_DRIVER

tree_devdax "$WORK/t"
k online --timeout 60 all
ktap_check "the lock file has the pid of who held it" \
	grep -qx '[1-9][0-9]*' "$TREE/run/kmemctl.lock"
exec 9>"$TREE/run/kmemctl.lock"
flock -s 9
echo 4242 >&9
k offline --timeout 1 dax0.0 9>&-
expect "the time limit counts while another kmemctl is waited for" 5 "" \
	"kmemctl: waiting for another kmemctl (pid 4242) to finish
kmemctl: the time limit of 1 s is over; give it more, or stop what uses its memory"
exec 9>&-

tree_keep
for bad in 0 -1 x 1x 99999 ""; do
	k online --timeout "$bad" dax0.0
	expect_error "--timeout '$bad' is refused" 2 \
		"kmemctl: --timeout: a number of seconds, 1 to 86400, not '$bad'; run 'kmemctl online --help'"
done
k online --quiet --verbose dax0.0
expect_error "--quiet and --verbose exclude each other" 2 \
	"kmemctl: --quiet and --verbose exclude each other; run 'kmemctl online --help'"

# Killed right after the write of a setting: the next one finds it in the lock
# file. The fake tree has "online" and "policy" before.
killed_online() {
	FAKE_FAULTS=$1:afterKILL k online dax0.0
} 2>/dev/null

# tells SENTENCE RC ERR: any pid is one
tells() {
	ktap_check "$1" test "$2 $3" = \
		"$rc $(sed 's/(pid [0-9]*)/(pid N)/' "$WORK/err")"
}

for kind in blocks ours; do
	unset FAKE_DRIVER
	tree_devdax "$WORK/t"
	setting=auto_online_blocks file=sys/devices/system/memory/auto_online_blocks
	was=online held=offline
	if [ $kind = ours ]; then
		export FAKE_DRIVER=ours
		tree_parameter
		setting=bind_state file=sys/module/kmem/parameters/bind_state
		was=policy held=unplugged
	fi
	echo "$was" >"$TREE/$file"
	tree_keep
	k online dax0.0
	nth=$(awk -v name="$setting" 'index($2, name) { print $1; exit }' "$WORK/log")
	LEFT="a kmemctl that was killed (pid N) left $setting=$held, which was $was"
	for next in "online dax0.0" "offline dax0.0"; do
		tree_reset
		killed_online "$nth"
		ktap_check "$kind: killed while it holds $setting: it stays changed" \
			grep -qx "$held" "$TREE/$file"
		k doctor -n
		ktap_check "$kind: doctor says what one that was killed left" \
			grep -q "^killed .* warn .*${LEFT/N/[0-9]*}" "$WORK/out"
		k online --dry-run dax0.0
		tells "$kind: a dry run says so and puts nothing back" 0 \
			"kmemctl: $LEFT; this would be put back first"
		ktap_check "$kind: and the kernel has what the killed one wrote" \
			grep -qx "$held" "$TREE/$file"
		# shellcheck disable=SC2086 # words
		k $next
		tells "$kind: the next ${next% *} puts back what one that was killed left" \
			0 "kmemctl: $LEFT; put back"
		ktap_check "$kind: and it is back" grep -qx "$was" "$TREE/$file"
		k doctor -n
		ktap_check "$kind: and doctor has nothing to say" \
			test -z "$(grep killed "$WORK/out")"
		k online dax0.0
		tells "$kind: the one after that has nothing to put back" 0 ""
	done
	tree_reset
	killed_online "$nth"
	echo online_kernel >"$TREE/$file"
	k online dax0.0
	tells "$kind: what somebody has set since is left alone" 0 ""
	ktap_check "$kind: and is as set" grep -qx online_kernel "$TREE/$file"
	tree_reset
	killed_online "$nth"
	FAKE_FAULTS=1:EIO k online dax0.0
	tells "$kind: what cannot be put back ends the next one" 1 \
		"kmemctl: $setting: cannot write '$was': Input/output error; see 'dmesg' for the kernel's reason"
	k online dax0.0
	tells "$kind: and is put back by the one after that" 0 \
		"kmemctl: $LEFT; put back"
done
unset FAKE_DRIVER
for note in "4242" "" $'12\nauto_online_blocks\n' $'12\nmodules offline online\n' \
	$'12\nauto_online_blocks online x y z\n\n'"$(printf '%0300d' 0)"; do
	printf '%s' "$note" >"$TREE/run/kmemctl.lock"
	k online dax0.0
	tells "a lock file that says ${note@Q} puts nothing back" 0 ""
done
