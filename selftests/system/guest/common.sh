# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What tests in a Debian with systemd share. Sourced in selftests/, by bash.

# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
export DEV=dax0.0
MEMINFO=/sys/devices/system/node/node1/meminfo

# All of it: /run/wanted has what a service that is ordered after kmemctl.target
# found.
memory_is_there() {
	cat /run/wanted && grep MemTotal "$MEMINFO" &&
		[ "$(grep MemTotal "$MEMINFO")" = "$(cat /run/wanted)" ]
}

# no_unit_failed [PATTERN]: but units like this
no_unit_failed() {
	local failed

	failed=$(systemctl --failed --no-legend | grep -v -e "${1-^$}")
	echo "$failed"
	[ -z "$failed" ]
}

# within_a_minute COMMAND...: until it succeeds
within_a_minute() {
	local left

	for ((left = 60; left > 0; left--)); do
		"$@" && return
		sleep 1
	done
	return 1
}

# secure_boot: whether the firmware has it on. The variable has 4 bytes of
# attributes first.
secure_boot() {
	[ "$(od -An -j4 -tu1 /sys/firmware/efi/efivars/SecureBoot-* | tr -d ' ')" = 1 ]
}
