#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kmemctl on a real kernel after kmem was unbound while memory was online:
# our driver takes it over, the kernel's own cannot, and then kmemctl changes
# nothing. With the kernel's own, the memory is lost until our driver is loaded,
# so that part runs in guests alone. Changes the memory of the machine:
# KMEM_TEST_DEV=daxX.Y.

# shellcheck disable=SC2154,SC2086

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/kmemctl.sh
. lib/kmemctl.sh

kmemctl_require
ours || [ "${KMEM_GUEST-}" = 1 ] ||
	ktap_skip_all "would lose the device until a reboot"

strand() {
	kmemctl online "$DEV" >/dev/null
	first=$(blocks "$DEV" | head -n 1)
	echo offline >"$MEMORY/memory$first/state"
	echo "$DEV" >"$DRIVERS/kmem/unbind"
}

strand
snapshot "$TMP/stranded"
k list -n -o STATE,DRIVER,BLOCKS "$DEV"
expect "list shows it stranded" 0 "stranded - *$((N - 1))/$N" ""

if ! ours; then
	for command in online offline bind; do
		k $command "$DEV"
		expect_error "$command: the kernel's own kmem cannot take it" 1 \
			"kmemctl: $DEV: cannot bind to kmem: Device or resource busy; $PUT_BACK; its range is in use: 'kmemctl doctor' says if an unbind left it so" \
			"$TMP/stranded"
		ktap_check "$command: no id is left" \
			equals "$(attempt "$DEV" $DRIVERS/kmem/bind)" \
			"No such device"
	done
	trap 'rm -rf "$TMP"' EXIT
	ktap_done
fi

k unbind "$DEV"
expect "unbind: it is not bound" 0 "$DEV: not bound to kmem: driver none" ""
k online "$DEV"
expect "online: takes it over and onlines the rest" 0 \
	"$DEV: online: $N blocks, *, Movable, *" ""
k offline "$DEV"
expect "offline: gives all of it back" 0 "$DEV: offline: *" ""
ktap_check "offline: all is as it was" same "$TMP/before"
strand
k bind "$DEV"
expect "bind: takes it over as it is" 0 \
	"$DEV: bound to kmem: $((N - 1)) of $N blocks online" ""
echo "$DEV" >"$DRIVERS/kmem/unbind"
k offline "$DEV"
expect "offline: takes it over and gives it back" 0 \
	"$DEV: offline: driver device_dax" ""
ktap_check "offline: all is as it was again" same "$TMP/before"
ktap_done
