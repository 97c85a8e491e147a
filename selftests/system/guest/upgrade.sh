#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# An upgrade and a downgrade while the memory is online: the module that is loaded
# stays until it is unloaded, and works with the other kmemctl.

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

# takes_over VERSION: it is loaded once the other is not
takes_over() {
	kmemctl offline "$DEV" && rmmod kmem && modprobe kmem &&
		kmemctl online "$DEV" && is "$1" cat /sys/module/kmem/version
}

# changed FROM TO: by packages, not yet the module that is loaded
changed() {
	ktap_check "the memory stays online" memory_is_there
	ktap_check "the module that is loaded is still $1" \
		is "$1" cat /sys/module/kmem/version
	ktap_check "the installed one is $2" is "$2" modinfo -F version kmem
	ktap_check "kmemctl is $2" is "kmemctl $2" kmemctl --version
	ktap_check "DKMS has one version" is "$2" versions_in_dkms
	ktap_check "the policy is as it was" grep -qx "mode = system-ram" /etc/kmemctl.conf
	ktap_check "this kmemctl offlines by the loaded module; then $2 is used" \
		takes_over "$2"
}

OLD=$(cat /sys/module/kmem/version)
ktap_check "the memory is there" memory_is_there
ktap_check "dpkg installs the later version" sh -c 'dpkg -i /newer/*.deb'
changed "$OLD" 9.9
ktap_check "dpkg installs the earlier version again" sh -c 'dpkg -i /debs/*.deb'
changed 9.9 "$OLD"
ktap_done
