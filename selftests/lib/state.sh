# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2153
#
# What tests of daxX.Y/state share: the device's paths, the test module
# memory_veto, and that all is as it was when they end. Sourced after kmem.sh.

kmem_require
modprobe memory_veto || ktap_skip_all "no test module memory_veto"
DEV=$KMEM_TEST_DEV
STATE=$DAX/$DEV/state
KMEM=$DAX/$DEV/kmem
VETO=/sys/module/memory_veto/parameters
BIND_STATE=/sys/module/kmem/parameters/bind_state
TMP=$(mktemp -d)
DRIVER=$(driver_of "$DEV")

# The veto goes first: a countdown that is left must not stop the unplug.
state_restore() {
	rmmod memory_veto
	bind_kmem "$DEV"
	echo unplugged >"$STATE"
	echo policy >"$BIND_STATE"
	forget "$DEV"
	[ "$DRIVER" = none ] || echo "$DEV" >"$DRIVERS/$DRIVER/bind"
	rm -rf "$TMP"
}
trap state_restore EXIT

state_is() {
	equals "$(cat "$STATE")" "$1"
}

# stopped_in FUNCTION WORD FILE: a task that writes WORD to FILE gets SIGTERM when
# it is in that function of the driver. Returns what the task returned.
stopped_in() {
	local writer rc

	# shellcheck disable=SC2016 # for the inner shell
	bash -c 'echo "$1" >"$2"' - "$2" "$3" &
	writer=$!
	until grep -q "$1" "/proc/$writer/stack"; do
		kill -0 "$writer" || break
	done
	kill -TERM "$writer"
	wait "$writer"
	rc=$?
	echo "exit code $rc"
	return "$rc"
}
