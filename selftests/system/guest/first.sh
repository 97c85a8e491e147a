#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The packages are installed while the kernel's own kmem has the memory: that
# stays so until the administrator says otherwise.

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=selftests/system/guest/common.sh
. system/guest/common.sh
VERSION=/sys/module/kmem/version	# the kernel's own has none

kernels_own() {
	[ -d "${VERSION%/*}" ] && [ ! -e "$VERSION" ]
}

doctor_tells() {
	kmemctl doctor | grep "the kernel's own kmem is loaded, although dax-kmem" &&
		kmemctl doctor |
		grep "run 'kmemctl offline all', 'rmmod kmem', 'modprobe kmem'"
}

# What doctor says, and the memory again.
change_over() {
	kmemctl offline all && rmmod kmem && modprobe kmem &&
		kmemctl online "$DEV" && cat "$VERSION"
}

ktap_check "daxctl makes the device system RAM" \
	sh -c "udevadm settle && daxctl reconfigure-device --mode=system-ram $DEV"
ktap_check "the kernel's own kmem has it" kernels_own
grep MemTotal "$MEMINFO" >/run/wanted
ktap_check "apt installs the packages" \
	sh -c 'apt-get -q -y install /debs/*.deb'
ktap_check "the memory stays online" memory_is_there
ktap_check "the kernel's own kmem still has it" kernels_own
ktap_check "the new one is what modprobe will load" \
	sh -c 'modinfo -n kmem | grep updates/dkms'
ktap_check "kmemctl lists the memory as online" \
	sh -c "kmemctl list -n -o STATE $DEV | grep -qx online"
ktap_check "doctor tells which driver is loaded, and how to change over" doctor_tells
ktap_check "so the new one takes over" change_over
ktap_check "the memory is back" memory_is_there
ktap_done
