#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# After the removal: all is as if the packages had never been there.

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh

kernels_own() {
	modinfo -n kmem
	[[ $(modinfo -n kmem) == */kernel/drivers/dax/kmem.ko* ]]
}

held_by() {
	local driver

	driver=$(basename "$(readlink /sys/bus/dax/devices/dax0.0/driver)")
	echo "$driver"
	[ "$driver" = "$1" ]
}

no_unit_failed() {
	local failed

	# what wanted the memory is the test's
	failed=$(systemctl --failed --no-legend | grep -v wants-memory)
	echo "$failed"
	[ -z "$failed" ]
}

ktap_check "kmem is the kernel's own" kernels_own
ktap_check "the device is a character device" held_by device_dax
ktap_check "no unit failed" no_unit_failed
ktap_check "no node has its memory" test ! -e /sys/devices/system/node/node1
ktap_done
