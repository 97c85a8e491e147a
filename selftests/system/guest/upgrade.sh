#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# An upgrade while the memory is online: the module that is loaded stays until it
# is unloaded, and works with the new kmemctl.

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=selftests/system/guest/common.sh
. system/guest/common.sh

# is VERSION COMMAND...: that is what COMMAND prints
is() {
	local version

	version=$("${@:2}")
	echo "$version"
	[ "$version" = "$1" ]
}

versions_in_dkms() {
	dkms status | sed -n 's|^dax-kmem/\([^,]*\),.*|\1|p' | sort -u
}

new_module_takes_over() {
	kmemctl offline "$DEV" && rmmod kmem && modprobe kmem &&
		kmemctl online "$DEV" && is 9.9 cat /sys/module/kmem/version
}

OLD=$(cat /sys/module/kmem/version)
ktap_check "the memory is there" memory_is_there
ktap_check "dpkg installs the later version" sh -c 'dpkg -i /newer/*.deb'
ktap_check "the memory stays online" memory_is_there
ktap_check "the module that is loaded is still the old one" \
	is "$OLD" cat /sys/module/kmem/version
ktap_check "the installed one is new" is 9.9 modinfo -F version kmem
ktap_check "kmemctl is new" is "kmemctl 9.9" kmemctl --version
ktap_check "DKMS has one version" is 9.9 versions_in_dkms
ktap_check "the policy is as it was" grep -qx "mode = system-ram" /etc/kmemctl.conf
ktap_check "the new kmemctl offlines by the old module; then the new one is used" \
	new_module_takes_over
ktap_done
