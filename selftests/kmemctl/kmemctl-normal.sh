#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kmemctl on a real kernel and zone Normal, where the kernel may put what it
# cannot move: from Linux 7 on that memory hardly ever comes back. So this is
# the last test of a guest. Changes the memory of the machine:
# KMEM_TEST_DEV=daxX.Y.

# shellcheck disable=SC2154

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/kmemctl.sh
. lib/kmemctl.sh

kmemctl_require
trap 'set_policy "$POLICY"; rm -rf "$TMP"' EXIT

in_normal() {
	equals "$(zones "$DEV")" Normal && equals "$(count_online "$DEV")" "$N"
}

k_planned online --normal "$DEV"
expect "online --normal succeeds" 0 "*, Normal, node $NODE" ""
ktap_check "online --normal puts all blocks in Normal" in_normal
k list -n -o ZONES "$DEV"
expect "list shows zone Normal" 0 "Normal" ""
k online "$DEV"
expect "online without a zone is content with Normal" 0 \
	"$DEV: already online: *, Normal, *" ""
snapshot "$TMP/normal"
# gives_back SENTENCE COMMAND...: it does, or puts all back
gives_back() {
	local sentence=$1

	shift
	k "$@"
	if [ "$rc" -eq 0 ]; then
		ktap_pass "$sentence"
	else
		expect_error "$sentence, or puts all back" 1 \
			"kmemctl: $DEV: *: Device or resource busy*; $PUT_BACK; *" \
			"$TMP/normal"
	fi
}
gives_back "online --movable moves what is in Normal" online --movable "$DEV"
gives_back "offline gives back what is in Normal" offline "$DEV"
[ "$rc" -ne 0 ] || ktap_check "then all is as it was" same "$TMP/before"
ktap_done
