#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A boot with Secure Boot, the key of DKMS being enrolled: all is as without, and
# only a module that is signed is loaded.

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=selftests/system/guest/common.sh
. system/guest/common.sh
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT

# Debian 13 has modules compressed. strip drops what follows the ELF file.
not_signed() {
	local file

	file=$(modinfo -n kmem)
	cp "$file" "$TMP"
	[[ $file != *.xz ]] || xz -d "$TMP/kmem.ko.xz" || return
	strip --strip-debug "$TMP/kmem.ko" &&
		[ -z "$(modinfo -F signer "$TMP/kmem.ko")" ]
}

is_refused() {
	kmemctl offline "$DEV" && rmmod kmem || return
	! insmod "$TMP/kmem.ko" && [ ! -e /sys/module/kmem ]
}

ktap_check "the firmware verifies what it boots" secure_boot
ktap_check "so the kernel is locked down" \
	grep -F '[integrity]' /sys/kernel/security/lockdown
ktap_check "the memory is online before what is ordered after it" memory_is_there
ktap_check "doctor finds the key that signed the module" \
	sh -c "kmemctl doctor | grep '^signature  *ok '"
ktap_check "no unit failed" no_unit_failed
ktap_check "the signature can be taken off the module" not_signed
ktap_check "so the kernel refuses it" is_refused
ktap_check "the module that DKMS signed is loaded again" kmemctl apply
ktap_check "the memory is back" memory_is_there
ktap_done
