#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kmemctl on a kernel that was locked down (lockdown=confidentiality), where not
# even root may read /proc/kcore: what why cannot see, and that the rest works.
# Such a kernel loads no module of ours: with its own driver. Needs root and
# KMEM_TEST_DEV=daxX.Y.

# shellcheck disable=SC2154

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/kmemctl.sh
. lib/kmemctl.sh

[ -e /sys/kernel/security/lockdown ] ||
	mount -t securityfs securityfs /sys/kernel/security
grep -qF '[confidentiality]' /sys/kernel/security/lockdown ||
	ktap_skip_all "the kernel is not locked down for confidentiality"
kmemctl_require
CANNOT="kmemctl: cannot read pinned pages: /proc/kcore: Operation not permitted"

k online "$DEV"
expect "online works" 0 "$DEV: online: *" ""
hold node_pin "$NODE"
k why "$DEV"
let_go
expect "why names the process with a pinned page, and says that it cannot see pinned pages" \
	0 "* node_pin *" "$CANNOT"
k map "$DEV"
expect "map works" 0 "$DEV: * blocks of *" ""
k offline --drain "$DEV"
expect "offline --drain works" 0 "*$DEV: offline: *" ""
k doctor
expect "doctor says that the kernel's own driver is signed for it" 0 \
	"*signature *ok *" "*"
ktap_done
