#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# In a guest: how many system calls kmemctl and daxctl make, how many files of
# /sys and /proc they open and how many bytes they read, for devices of two
# sizes; and what it takes to start them.
#
# usage: calls.sh DEV...

set -u
cd "$(dirname "$0")/../.." || exit

# shellcheck source=selftests/bench/guest/lib.sh
. bench/guest/lib.sh

# traced PEER WHAT COMMAND...
traced() {
	local name="$1 $2"

	shift 2
	strace -f -qq -o "$TMP/trace" "$@" >"$TMP/out" 2>&1 ||
		die "$*: $(cat "$TMP/out")"
	awk -v name="$name" -v gib=$((BLOCKS * BLOCK_SIZE >> 30)) '
		/<unfinished|(\+\+\+|---)/ { next }
		{ calls++ }
		/^[0-9]+ +(read|pread64)\(/ || /<\.\.\. (read|pread64) resumed/ {
			if ($NF > 0)
				bytes += $NF
		}
		/openat\(.*"\/(sys|proc)\// && !/= -1 / { files++ }
		END {
			print "value", name "-calls", calls, gib
			print "value", name "-files", files + 0, gib
			print "value", name "-bytes", bytes + 0, gib
		}' "$TMP/trace"
}

kmemctl_calls() {
	traced "$1" list-devdax kmemctl list "$DEV"
	traced "$1" online kmemctl online "$DEV"
	traced "$1" list kmemctl list "$DEV"
	traced "$1" offline kmemctl offline "$DEV"
}

daxctl_calls() {
	traced daxctl list-devdax daxctl list -d "$DEV"
	traced daxctl online daxctl reconfigure-device -m system-ram "$DEV"
	traced daxctl list daxctl list -d "$DEV"
	traced daxctl offline daxctl reconfigure-device -f -m devdax "$DEV"
}

# starts PEER COMMAND...: the least time of ten that it takes, from fork to exit
starts() {
	local peer=$1 from us least=

	shift
	for _ in $(seq 10); do
		from=${EPOCHREALTIME/./}
		"$@" >/dev/null 2>&1
		us=$((${EPOCHREALTIME/./} - from))
		[ -n "$least" ] && [ "$least" -le "$us" ] || least=$us
	done
	echo "value $peer start-us $least 0"
}

bench_begin
for driver in ours intree; do
	for device in "$@"; do
		device_is "$device"
		load "$driver"
		if [ "$driver" = ours ]; then
			kmemctl_calls kmemctl
		else
			kmemctl_calls intree-kmemctl
			daxctl_calls
		fi
	done
done
starts true /usr/bin/true
starts kmemctl-version kmemctl --version
starts kmemctl-list kmemctl list "$DEV"
starts daxctl-version daxctl --version
starts daxctl-list daxctl list -d "$DEV"
echo "done"
