#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A kmem module built with another layout of struct dev_dax than this kernel's
# must refuse every device. Needs soft reserved memory as dax0.0 and such a
# module, kmem_wrong.ko, of any kmem driver. If the module does not refuse, the
# kernel can crash.

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh

TMP=$(mktemp -d)

wrong_layout() {
	local error

	snapshot "$TMP/before"
	error=$(bind_kmem dax0.0)
	echo "bind: ${error:-success}"
	[ "$error" = "Invalid argument" ] && same "$TMP/before"
}

set_policy offline
unbind dax0.0
# From Linux 6.3 on it binds the device as soon as it is loaded.
echo "promise 7: bind with a wrong layout" >/dev/kmsg
insmod "$(find /lib/modules -name kmem_wrong.ko)" || exit 1
unbind dax0.0
ktap_check "promise 7: a module with a wrong layout touches no device" \
	wrong_layout
rmmod kmem
ktap_done
