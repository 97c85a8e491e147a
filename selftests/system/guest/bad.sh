#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Bad policies, by the units, and a device that goes while its unit runs: each
# time the journal has the reason, and the memory is as before. At the end a bad
# policy is left for the next boot.

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=selftests/system/guest/common.sh
. system/guest/common.sh
CONF=/etc/kmemctl.conf
UNIT=kmemctl-apply@$DEV.service
NVDIMM=/sys/bus/nd/drivers/dax_pmem
ND=$(basename "$NVDIMM"/dax*)

# refused UNIT TEXT POLICY: it fails, says so, and the memory is as it was
refused() {
	local mark

	printf '%b' "$3" >"$CONF"
	mark=$(date +%s)
	! systemctl restart "$1" || return
	journalctl -b --since "@$mark" -u "$1"
	journalctl -b --since "@$mark" -u "$1" | grep -F "$2" && memory_is_there
}

not_roots() {
	chmod o+w "$CONF"
	refused "$UNIT" "others than root can write it" "$GOOD"
}

unreadable() {
	rm "$CONF"
	ln -s /nonexistent "$CONF"
	! systemctl restart "$UNIT" && journalctl -b -u "$UNIT" |
		grep -F "$CONF: cannot read it: No such file or directory"
}

# The unit waits for another kmemctl, and meanwhile the NVDIMM goes. unit_ends
# tells what the journal says then.
goes_meanwhile() {
	local left holder mark

	kmemctl offline "$DEV" || return
	mark=$(date +%s)
	flock /run/kmemctl.lock sleep 1000 &
	holder=$!
	systemctl --no-block start "$UNIT"
	until [ "$(systemctl is-active "$UNIT")" = activating ]; do
		sleep 1
	done
	sleep 2
	echo "$ND" >"$NVDIMM/unbind"
	pkill -P "$holder"
	for ((left = 60; left > 0; left--)); do
		systemctl is-failed "$UNIT" && break
		sleep 1
	done
	journalctl -b --since "@$mark" -u "$UNIT"
	journalctl -b --since "@$mark" -u "$UNIT" | grep -F "$DEV: no such device"
}

comes_back() {
	local left

	echo "$ND" >"$NVDIMM/bind"
	for ((left = 60; left > 0; left--)); do
		! memory_is_there || return 0
		sleep 1
	done
	journalctl -b -u "$UNIT"
	return 1
}

GOOD=$(cat "$CONF"; echo .)
GOOD=${GOOD%.}
grep MemTotal "$MEMINFO" >/run/wanted
ktap_check "two policies for one device are refused" refused "$UNIT" \
	"another section for the same device" "[all]\nmode=devdax\n[all]\nmode=devdax\n"
ktap_check "an unknown word is refused" refused "$UNIT" \
	"$CONF:2: mode is system-ram or devdax, not 'ram'" "[all]\nmode = ram\n"
ktap_check "a policy that others can write is refused" not_roots
chmod 644 "$CONF"
ktap_check "a policy that cannot be read is refused" unreadable
rm "$CONF"
ktap_check "a device that does not come is named, after a minute" \
	refused kmemctl-apply.service "[soft-reserved 64T+1G]" \
	"${GOOD}[soft-reserved 64T+1G]\nmode = devdax\n"
printf '%s' "$GOOD" >"$CONF"
ktap_check "with a good policy the units succeed again" \
	systemctl restart kmemctl-apply.service "$UNIT"
ktap_check "the memory is as before" memory_is_there
ktap_check "a device that goes while its unit waits fails the unit" goes_meanwhile
ktap_check "when it comes back it is made memory again" comes_back
printf '[all]\nmode = ram\n' >"$CONF"
ktap_done
