#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A boot with Secure Boot before the key of DKMS is enrolled: the system is up
# without the memory, and says which two commands mend it.

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=selftests/system/guest/common.sh
. system/guest/common.sh

# fails_and_says UNIT
fails_and_says() {
	journalctl -b -u "$1"
	systemctl is-failed "$1" &&
		journalctl -b -u "$1" | grep -F "$DEV: cannot load module kmem" |
		grep -F "run 'kmemctl doctor', which says how to enroll the key"
}

doctor_says() {
	local rc=0

	kmemctl doctor -n >/run/doctor || rc=$?
	cat /run/doctor
	grep "^signature  *fail " /run/doctor | grep -F "$1" && [ "$rc" -ne 0 ]
}

ktap_check "the firmware verifies what it boots" secure_boot
ktap_check "so the kernel is locked down" \
	grep -F '[integrity]' /sys/kernel/security/lockdown
for unit in kmemctl-apply.service "kmemctl-apply@$DEV.service"; do
	ktap_check "$unit fails and names what helps" fails_and_says "$unit"
done
ktap_check "no other unit failed" no_unit_failed "kmemctl-apply\|wants-memory"
ktap_check "the device is as it was" \
	sh -c "kmemctl list -n -o STATE $DEV | grep -qx devdax"
ktap_check "doctor fails and names the key" doctor_says \
	"the kernel has no key '$(modinfo -F signer kmem)', which signed kmem"
ktap_check "it names the command that enrolls it" \
	sh -c "kmemctl doctor | grep -F 'mokutil --import /var/lib/dkms/mok.pub'"
ktap_done
