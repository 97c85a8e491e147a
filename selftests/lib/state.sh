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
