#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A module whose private layout is not this kernel's refuses every device and
# touches none. Needs such modules (layout-refused.sh builds them) beside the
# others, as kmem_wrong_*.ko. KMEM_TEST_DEV=daxX.Y names the device.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh

kmem_require
DEV=$KMEM_TEST_DEV
TMP=$(mktemp -d)
MODULES=$(find "/lib/modules/$(uname -r)" -name 'kmem_wrong_*.ko' | sort)
[ -n "$MODULES" ] || ktap_skip_all "no modules kmem_wrong_*.ko"

restore() {
	forget "$DEV" 2>/dev/null
	echo "$DEV" >"$DRIVERS/device_dax/bind"
	rm -rf "$TMP"
}
trap restore EXIT

refuses() {
	local error

	error=$(bind_kmem "$DEV")
	echo "bind: '$error'"
	[ "$error" = "Invalid argument" ]
}

rmmod kmem
unbind "$DEV"
for module in $MODULES; do
	name=$(basename "$module" .ko)
	name=${name#kmem_wrong_}
	insmod "$module" || ktap_fail "wrong layout ($name): the module loads"
	snapshot "$TMP/before"
	log_mark
	ktap_check "wrong layout ($name): bind fails with Invalid argument" \
		refuses
	ktap_check "wrong layout ($name): the message says what to do" \
		logged "rebuild kmem for (it|this kernel), or see Documentation/porting.rst"
	ktap_check "wrong layout ($name): nothing is changed" \
		same "$TMP/before"
	rmmod kmem
done
modprobe kmem
ktap_check "the right layout binds the same device" bind_kmem "$DEV"
each_block "$DEV" offline 2>/dev/null
ktap_done
