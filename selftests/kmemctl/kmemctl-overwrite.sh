#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kmemctl on a real kernel: a devdax device that a process uses, or that begins
# with a known signature, does not become memory unless that is forced. Works
# with the kernel's own kmem as well. KMEM_TEST_DEV=daxX.Y.

# shellcheck disable=SC2154

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/kmemctl.sh
. lib/kmemctl.sh

kmemctl_require
need_program dax_use

# refused SENTENCE TEXT
refused() {
	snapshot "$TMP/refused"
	k online "$DEV"
	expect_error "$1" 4 \
		"kmemctl: $DEV: $2; nothing was changed; *, or use --force (in kmemctl.conf: overwrite = yes)" \
		"$TMP/refused"
}

hold dax_use open "/dev/$DEV"
refused "online: refused while a process has the device open" \
	"/dev/$DEV is held open by process $HELD (dax_use)"
k online --dry-run "$DEV"
expect "online --dry-run: refused as well" 4 "" \
	"kmemctl: $DEV: /dev/$DEV is held open by process $HELD (dax_use); *"
let_go
hold dax_use map "/dev/$DEV"
refused "online: refused while a process has the device mapped" \
	"/dev/$DEV is mapped by process $HELD (dax_use)"
k online --force "$DEV"
expect "online --force: takes the device all the same, and says so" 0 \
	"$DEV: online: $N blocks, *" \
	"kmemctl: $DEV: /dev/$DEV is mapped by process $HELD (dax_use); overwritten as asked"
let_go
k offline "$DEV"
expect "offline: gives it back" 0 "$DEV: offline: driver device_dax" ""

# The two bytes by which ext2 and its successors are known.
dax_use write "/dev/$DEV" 0x438 "$(printf '\x53\xef')"
refused "online: refused with a filesystem on the device" \
	"it begins with a signature of ext2, so it may hold data"
dax_use write "/dev/$DEV" 0 PMEMOBJ
refused "online: refused with a pool of PMDK on the device" \
	"it begins with a signature of PMEMOBJ, so it may hold data"
k online --force "$DEV"
expect "online --force: overwrites it, and says so" 0 \
	"$DEV: online: $N blocks, *" \
	"kmemctl: $DEV: it begins with a signature of PMEMOBJ, *; overwritten as asked"
k offline "$DEV"
k online "$DEV"
expect "online: what RAM left on the device is no data" 0 \
	"$DEV: online: $N blocks, *" ""
k offline "$DEV"
dax_use write "/dev/$DEV" 0 "PMEMLOG with data of today"
refused "online: refused with data that is newer than the RAM" \
	"it begins with a signature of PMEMLOG, so it may hold data"

# The tests that follow need a device without one.
dax_use write "/dev/$DEV" 0 "no pool"
dax_use write "/dev/$DEV" 0x438 "no"
k online "$DEV"
expect "online: goes on when the signatures are gone" 0 \
	"$DEV: online: $N blocks, *" ""
k offline "$DEV"
ktap_done
