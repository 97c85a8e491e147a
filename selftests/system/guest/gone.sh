#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# After the removal: all is as if the packages had never been there.

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=selftests/system/guest/common.sh
. system/guest/common.sh

kernels_own() {
	modinfo -n kmem
	[[ $(modinfo -n kmem) == */kernel/drivers/dax/kmem.ko* ]]
}

held_by() {
	local driver

	driver=$(basename "$(readlink "/sys/bus/dax/devices/$DEV/driver")")
	echo "driver '$driver'"
	[ "$driver" = "$1" ]
}

ktap_check "kmem is the kernel's own" kernels_own
# udev may still be at work: nothing waits for the device now.
ktap_check "the device is a character device" within_a_minute held_by device_dax
# what wanted the memory is the test's
ktap_check "no unit failed" no_unit_failed wants-memory
ktap_check "no node has its memory" test ! -e /sys/devices/system/node/node1
ktap_done
