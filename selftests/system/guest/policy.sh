#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# In a Debian whose policy is that all devices are system RAM, some time after
# its boot: memory, units and journal are as the manual page says.

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=selftests/system/guest/common.sh
. system/guest/common.sh
UNIT=kmemctl-apply@$DEV.service

shows() {
	local is

	is=$(kmemctl list -n -o "$1" "$DEV")
	echo "$is"
	[ "$is" = "$2" ]
}

ours() {
	[[ $(modinfo -n kmem) == */updates/dkms/* ]] && kmemctl doctor | grep kmem
}

# It ran, and succeeded; systemd may have forgotten it since.
unit_succeeded() {
	journalctl -b -u "$UNIT"
	journalctl -b -u "$UNIT" | grep "Finished $UNIT"
}

waits_for_nothing() {
	systemctl show -P After multi-user.target
	! systemctl show -P After multi-user.target | grep kmemctl
}

journal_tells() {
	journalctl -b -u 'kmemctl-apply*'
	journalctl -b -u 'kmemctl-apply*' |
		grep -E "$DEV: online: [0-9]+ blocks, .*, Movable, node 1"
}

still_online() {
	systemctl "$1" "$UNIT"
	sleep 1
	shows STATE,ZONES "online Movable"
}

# As fleet.rst has it.
health_check() {
	bash -c "$(sed -n 's/^    # \(kmemctl list .*stranded.*\)/\1/p' \
		../Documentation/admin-guide/fleet.rst)"
}

# fails_with CODE COMMAND...
fails_with() {
	local rc=0

	"${@:2}" || rc=$?
	[ "$rc" -eq "$1" ]
}

ktap_check "the memory is online in zone Movable" shows STATE,ZONES "online Movable"
ktap_check "it is on the device's node" shows NODE 1
ktap_check "all its blocks are" shows BLOCKS "$(kmemctl list -n -o BLOCKS | sed 's|.*/\(.*\)|\1/\1|')"
ktap_check "the driver is ours" ours
ktap_check "a service ordered after kmemctl.target found all of the memory" \
	memory_is_there
ktap_check "the unit of the device ran and succeeded" unit_succeeded
ktap_check "kmemctl.target is reached" systemctl is-active kmemctl.target
ktap_check "no unit failed" no_unit_failed
ktap_check "multi-user.target does not wait for the memory by itself" waits_for_nothing
ktap_check "the journal says what was done" journal_tells
ktap_check "stopping the unit leaves the memory online" still_online stop
ktap_check "starting it again does" still_online start
ktap_check "restarting it does" still_online restart
ktap_check "the health check of the guide is content" health_check
echo offline >"$(kmemctl why -n -o BLOCK "$DEV" | tail -n 1 |
	sed 's|^|/sys/devices/system/memory/|; s|$|/state|')"
ktap_check "it fails when a block is offline" fails_with 2 health_check
ktap_check "kmemctl apply onlines it" kmemctl apply
ktap_check "all is as at first" shows STATE,ZONES "online Movable"
ktap_done
