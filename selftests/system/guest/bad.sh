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
	mkdir "$CONF"
	! systemctl restart "$UNIT" && journalctl -b -u "$UNIT" |
		grep -F "$CONF: cannot read it: Is a directory"
}

# The unit waits for another kmemctl, and meanwhile the NVDIMM goes.
goes_meanwhile() {
	local lock mark

	kmemctl offline "$DEV" || return
	mark=$(date +%s)
	exec {lock}<>/run/kmemctl.lock
	flock "$lock"
	systemctl --no-block start "$UNIT"
	within_a_minute sh -c "journalctl -b --since @$mark -u $UNIT |
		grep 'waiting for another kmemctl'" || return
	echo "$ND" >"$NVDIMM/unbind"
	exec {lock}>&-
	within_a_minute systemctl is-failed "$UNIT"
	journalctl -b --since "@$mark" -u "$UNIT"
	journalctl -b --since "@$mark" -u "$UNIT" | grep -F "$DEV: no such device"
}

comes_back() {
	echo "$ND" >"$NVDIMM/bind"
	within_a_minute memory_is_there
}

# For another kmemctl, to the end.
waits_at_shutdown() {
	local mark

	kmemctl offline "$DEV" || return
	mark=$(date +%s)
	systemd-run flock /run/kmemctl.lock sleep 10000 || return
	within_a_minute sh -c '! flock -n /run/kmemctl.lock true' || return
	systemctl --no-block start "$UNIT"
	within_a_minute sh -c "journalctl -b --since @$mark -u $UNIT |
		grep 'waiting for another kmemctl'"
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
rmdir "$CONF"
ktap_check "a device that does not come is named, after a minute" \
	refused kmemctl-apply.service "[soft-reserved 64T+1G]" \
	"${GOOD}[soft-reserved 64T+1G]\nmode = devdax\n"
printf '%s' "$GOOD" >"$CONF"
ktap_check "with a good policy the units succeed again" \
	systemctl restart kmemctl-apply.service "$UNIT"
ktap_check "the memory is as before" memory_is_there
ktap_check "a device that goes while its unit waits fails the unit" goes_meanwhile
ktap_check "when it comes back it is made memory again" comes_back
ktap_check "a unit still waits when the system shuts down" waits_at_shutdown
printf '[all]\nmode = ram\n' >"$CONF"
ktap_done
