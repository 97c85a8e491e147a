# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# What bounds and accompanies a change: the time limit, the progress bar on a
# terminal, --quiet and --verbose, and who holds the lock.

PUT_BACK="all was put back as before"

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
	nth=9
	[ $kind = blocks ] ||
		nth=$(k online dax0.0; awk '/ devices.*state /{ print $1; exit }' "$WORK/log")
	tree_reset
	FAKE_FAULTS=$nth:wait k online --timeout 1 dax0.0
	expect_error "$kind: online: the time limit puts all back" 5 \
		"kmemctl: dax0.0: the time limit of 1 s is over; $PUT_BACK; give it more, or stop what uses its memory"
	k online dax0.0
	tree_keep
	nth=$(k offline dax0.0; awk '/ devices.*state /{ print $1; exit }' "$WORK/log")
	tree_reset
	FAKE_FAULTS=$nth:wait k offline --timeout 1 dax0.0
	expect_error "$kind: offline: the time limit puts all back" 5 \
		"kmemctl: dax0.0: the time limit of 1 s is over; $PUT_BACK; give it more, or stop what uses its memory"
	FAKE_FAULTS=$nth:TERM k offline --timeout 60 dax0.0
	expect_error "$kind: offline: a SIGTERM is not the time limit" 1 \
		"kmemctl: dax0.0: stopped: Terminated; $PUT_BACK"
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
	: >"$WORK/log"
	FAKE_FAULTS=1+:slow FAKE_ROOT=$TREE FAKE_LOG=$WORK/log \
		script -qec "LD_PRELOAD='$LIBASAN $WORK/fakekernel.so' \
		'$KMEMCTL' --sysroot '$TREE' online dax0.0" /dev/null \
		>"$WORK/tty" </dev/null
	tr '\r' '\n' <"$WORK/tty" >"$WORK/lines"
	ktap_check "$kind: on a terminal a bar shows blocks" \
		grep -q 'dax0.0: onlining \[[# ]\{24\}\] [0-6]/6 blocks' "$WORK/lines"
	ktap_check "$kind: the bar is gone in the end" \
		awk '/online: 6 blocks/ { ok = !/onlining/ } END { exit !ok }' "$WORK/lines"
	if [ $kind = blocks ]; then
		ktap_check "on a terminal the bar shows rate and time left" \
			grep -q '#.* 3/6 blocks, [0-9.]*M/s, [0-9]* s left' "$WORK/lines"
	fi
	k offline dax0.0
done
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
		"kmemctl: --timeout: a number of seconds, 1 to 86400, not '$bad'; run 'kmemctl --help'"
done
k online --quiet --verbose dax0.0
expect_error "--quiet and --verbose exclude each other" 2 \
	"kmemctl: --quiet and --verbose exclude each other; run 'kmemctl --help'"
