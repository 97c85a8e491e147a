#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kmemctl where the kernel demands signatures of modules (module.sig_enforce=1):
# what doctor says of a kmem.ko whose key is not enrolled, of one that is not
# signed and of the kernel's own, and that online then fails or works. Needs
# root, KMEM_TEST_DEV=daxX.Y, and dax-kmem signed by DKMS, not loaded.

# shellcheck disable=SC2154

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/kmemctl.sh
. lib/kmemctl.sh

[ "$(id -u)" -eq 0 ] || ktap_skip_all "must run as root"
[ "$(cat /sys/module/module/parameters/sig_enforce)" = Y ] ||
	ktap_skip_all "the kernel demands no signatures"
DEV=${KMEM_TEST_DEV:?}
TMP=$(mktemp -d)
FILE=$(modinfo -n kmem)
SIGNER=$(modinfo -F signer kmem)
[[ $FILE == */updates/dkms/* && -n $SIGNER ]] ||
	ktap_skip_all "no kmem.ko signed by DKMS"
trap 'rm -rf "$TMP"' EXIT
set_policy offline
snapshot "$TMP/before"

# signature VERDICT FINDING: what doctor says of it
signature() {
	kmemctl doctor -n >"$TMP/doctor"
	cat "$TMP/doctor"
	grep -qx "signature  *$1  *$2" "$TMP/doctor"
}

# without_signature: what is appended to a module, by the length its end tells
without_signature() {
	local bytes

	bytes=$(tail -c 32 "$FILE" | head -c 4 | od -An -tu1 |
		awk '{ print (($1 * 256 + $2) * 256 + $3) * 256 + $4 + 40 }')
	head -c "-$bytes" "$FILE" >"$TMP/kmem.ko" && cp "$TMP/kmem.ko" "$FILE"
}

ktap_check "A key that is not enrolled is named" \
	signature fail "sig_enforce requires signed modules, and the kernel has no key '$SIGNER', which signed kmem"
k online "$DEV"
expect_error "It is not enrolled, so online fails and says why" 1 \
	"kmemctl: $DEV: cannot load module kmem: Key was rejected by service; nothing was changed; run 'kmemctl doctor', which says how to enroll the key" \
	"$TMP/before"

without_signature
ktap_check "The signature is gone" test -z "$(modinfo -F signer kmem)"
ktap_check "A module without a signature is told apart" \
	signature fail "sig_enforce requires signed modules, but $FILE is not signed"
k online "$DEV"
expect_error "Nor does online load that" 1 \
	"kmemctl: $DEV: cannot load module kmem: *; nothing was changed; run 'kmemctl doctor', which says how to enroll the key" \
	"$TMP/before"

rm "$FILE"
depmod
ktap_check "The kernel's own is signed by a key that it has" signature ok \
	"sig_enforce requires signed modules; kmem is signed by '$(modinfo -F signer kmem)', and the kernel has a key of that name"
k online "$DEV"
expect "And online loads it" 0 "$DEV: online: *" ""
k offline "$DEV"
expect "And offline gives the device back" 0 "$DEV: offline: driver device_dax" ""
ktap_done
