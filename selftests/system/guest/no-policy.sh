#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A boot with memory that firmware reserved, and without a policy: it waits for one
# in no zone, whatever Linux is told to do with memory that is added. At the end
# there is a policy again.

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=selftests/system/guest/common.sh
. system/guest/common.sh

# in_no_zone: Linux 6.1 leaves the device to device_dax; later ones add memory
# blocks, and with them the node, which has no memory yet
in_no_zone() {
	kmemctl list "$DEV"
	kmemctl list -n -o STATE "$DEV" | grep -qx 'devdax\|offline' &&
		{ [ ! -e "$MEMINFO" ] || grep 'MemTotal: *0 kB' "$MEMINFO"; }
}

ktap_check "Linux is told to online what is added" \
	grep -x online /sys/devices/system/memory/auto_online_blocks
ktap_check "the memory is in no zone" in_no_zone
ktap_check "no unit was started for it" \
	sh -c "! journalctl -b -u kmemctl-apply@$DEV.service | grep Starting"
ktap_check "no unit failed" no_unit_failed "wants-memory"
printf '[all]\nmode = system-ram\n' >/etc/kmemctl.conf
ktap_check "once there is a policy, apply onlines it" kmemctl apply
ktap_check "it is in zone Movable" \
	sh -c "kmemctl list -n -o ZONES $DEV | grep -qx Movable"
ktap_done
