# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# What tests of kmemctl on a real kernel share, with what tests of the driver
# do. Sourced in selftests/, by bash.

# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh
# shellcheck source=selftests/lib/hold.sh
. lib/hold.sh

# What an error says when nothing is left of what was done.
PUT_BACK="all was put back as before"

# What a signal or the time limit stopped; what was done before has no object.
STOPPED_AT="?(@(online|offline) memory+([0-9]): |@(add|remove) 0x*: )"

# need_program NAME...: leave with a skip unless they are there
need_program() {
	local name

	for name; do
		command -v "$name" >/dev/null ||
			ktap_skip_all "no program $name"
	done
}

# kmemctl_require: leave with a skip unless this machine is meant for the test.
# The device starts as devdax, under policy offline; all is put back at exit,
# and what was started by hold, or loaded by need_veto, ends then.
kmemctl_require() {
	kmem_require
	need_program kmemctl
	DEV=$KMEM_TEST_DEV
	NODE=$(target_node "$DEV")
	TMP=$(mktemp -d)
	POLICY=$(cat "$MEMORY/auto_online_blocks")
	trap kmemctl_restore EXIT
	[ "$(driver_of "$DEV")" = device_dax ] ||
		ktap_skip_all "$DEV is not held by device_dax"
	set_policy offline
	snapshot "$TMP/before"
	BEFORE=$(memtotal)
	N=$(total_blocks "$DEV")
}

# need_veto: the test module that lets changes of blocks fail, from here on
need_veto() {
	modprobe memory_veto || ktap_skip_all "no test module memory_veto"
	VETO=/sys/module/memory_veto/parameters
	snapshot "$TMP/before"
}

# veto online|offline NTH ERRNO
veto() {
	echo "$3" >"$VETO/error"
	echo "$2" >"$VETO/$1"
}

# ours: whether the driver is dax-kmem's; it is loaded
ours() {
	[ -e "$DRIVERS/kmem/stranded" ]
}

kmemctl_restore() {
	[ ${#PIDS[@]} -eq 0 ] || let_go
	[ ! -e /sys/module/memory_veto ] || rmmod memory_veto
	[ "$(driver_of "$DEV")" = device_dax ] || kmemctl offline "$DEV"
	set_policy "$POLICY"
	rm -rf "$TMP"
}

# k ARG...: run kmemctl; sets rc, out and err.
k() {
	k_by kmemctl "$@"
}

# k_by COMMAND...: the same by a command that runs it
k_by() {
	rc=0
	"$@" >"$TMP/out" 2>"$TMP/err" </dev/null || rc=$?
	k_read
}

k_read() {
	out=$(cat "$TMP/out")
	err=$(cat "$TMP/err")
}

# k_start ARG...: kmemctl in the background, its id in $child, with signals as a
# terminal would leave them: that takes "set -m", or it would ignore SIGINT.
k_start() {
	kmemctl "$@" >"$TMP/bg.out" 2>"$TMP/bg.err" </dev/null &
	child=$!
}

# k_wait: for the end of that one; sets rc, out and err.
k_wait() {
	rc=0
	wait "$child" 2>/dev/null || rc=$?
	mv "$TMP/bg.out" "$TMP/out"
	mv "$TMP/bg.err" "$TMP/err"
	k_read
}

# k_planned ARG...: the same after a dry run of it, which changes nothing and
# prints the writes that are made then; err has none of these.
k_planned() {
	local shell='^(echo|modprobe) ' changed

	snapshot "$TMP/planned"
	k "$@" --dry-run
	grep -E "$shell" "$TMP/out" >"$TMP/plan"
	changed=$(same "$TMP/planned")
	k "$@" --verbose
	grep -E "$shell" "$TMP/err" >"$TMP/made"
	err=$(grep -vE "$shell" "$TMP/err")
	ktap_check "$*: a dry run changes nothing" equals "$changed" ""
	ktap_check "$*: a dry run prints the writes that are made then" \
		diff "$TMP/plan" "$TMP/made"
}

# expect SENTENCE RC OUT ERR: patterns of the shell for what the last run did.
expect() {
	# shellcheck disable=SC2053 # patterns are meant
	if [ "$rc" = "$2" ] && [[ $out == $3 ]] && [[ $err == $4 ]]; then
		ktap_pass "$1"
	else
		ktap_fail "$1" "exit $rc, not $2
stdout: $out
stderr: $err"
	fi
}

# expect_error SENTENCE RC ERR FILE: one line like this, and all as in FILE.
expect_error() {
	expect "$1" "$2" "" "$3"
	ktap_check "$1: one line, nothing changed" unchanged "$4"
}

unchanged() {
	cat "$TMP/err"
	[ "$(wc -l <"$TMP/err")" -eq 1 ] && same "$1"
}

# no_id DEV: kmem does not know the name, so that bind finds no match.
no_id() {
	[ "$(driver_of "$1")" != kmem ] &&
		equals "$(attempt "$1" "$DRIVERS/kmem/bind")" "No such device"
}

# total_blocks DEV: whole memory blocks in its ranges
total_blocks() {
	local map start end size n=0

	size=$(block_size)
	for map in "$DAX/$1"/mapping[0-9]*; do
		start=$((($(cat "$map/start") + size - 1) / size))
		end=$((($(cat "$map/end") + 1) / size))
		n=$((n + end - start))
	done
	echo "$n"
}

# dev_kib DEV: what MemTotal grows by
dev_kib() {
	echo $(($(total_blocks "$1") * $(block_size) / 1024))
}
