#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A newer kernel comes by apt, with its headers, as it does on a server; in the
# image, for under emulation that takes half an hour. It does not boot here.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/system/common.sh
. system/common.sh

kernels() {
	in_image ls /lib/modules
}

# Where newer kernels of that release come from.
add_source() {
	local suite=backports

	[ "$KMEM_SYSTEM" != bookworm ] || suite=security
	home_source "$KMEM_SYSTEM-$suite" >"$IMAGE/root/etc/apt/sources.list.d/newer.list" &&
		in_image apt-get -q update
}

upgrade() {
	local from=()

	[ "$KMEM_SYSTEM" = bookworm ] || from=(-t "$KMEM_SYSTEM-backports")
	in_image apt-get -q -y "${from[@]}" install linux-image-amd64 "$@"
}

built_for_all() {
	local release

	for release in $(kernels); do
		in_image dkms status -k "$release" | grep ': installed' || return
	done
}

before=$(kernels)
mkdir -p "$IMAGE/root/etc/apt/sources.list.d"
ktap_check "the archive has a newer kernel" add_source
ktap_check "apt installs it with its headers" upgrade linux-headers-amd64
NEW=$(kernels | grep -vxF "$before")
ktap_check "it is one more kernel" test "$(wc -w <<<"$NEW")" -eq 1
ktap_check "DKMS has built the module for both" built_for_all
ktap_check "a disk is made" image disk "$IMAGE"
ktap_done
