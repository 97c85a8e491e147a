#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A boot after a shutdown that ended a waiting unit, and with a policy that has an
# error: the system is up, the units say what is wrong, once, and the device is as
# without a policy.

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=selftests/system/guest/common.sh
. system/guest/common.sh
CONF=/etc/kmemctl.conf

# fails_once UNIT
fails_once() {
	local tries

	journalctl -b -u "$1"
	systemctl is-failed "$1" || return
	tries=$(journalctl -b -u "$1" | grep -c "$CONF:2: mode is system-ram or devdax")
	[ "$tries" -eq 1 ]
}

# shut_down: as the journal of the boot before has it; a unit was waiting then
shut_down() {
	journalctl -b -1 -u "kmemctl-apply@$DEV.service" | tail -n 5
	journalctl -b -1 -u "kmemctl-apply@$DEV.service" |
		grep "Stopped kmemctl-apply@$DEV.service"
}

ktap_check "the shutdown ended the unit that was waiting" shut_down
ktap_check "no memory block is online" \
	sh -c "kmemctl list -n -o STATE $DEV | grep -qx devdax"
for unit in kmemctl-apply.service "kmemctl-apply@$DEV.service"; do
	ktap_check "$unit says what is wrong, and is not tried again" \
		fails_once "$unit"
done
ktap_check "no other unit failed" no_unit_failed "kmemctl-apply\|wants-memory"
ktap_check "kmemctl.target is reached" systemctl is-active kmemctl.target
ktap_check "doctor shows the error" sh -c "kmemctl doctor | grep -F '$CONF:2: mode is'"
printf '[all]\nmode = system-ram\n' >"$CONF"
ktap_check "once it is mended, apply onlines the memory" kmemctl apply
ktap_done
