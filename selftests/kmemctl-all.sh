#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kmemctl on a real kernel with two dax devices: "all", and one of the two that
# fails. Needs two devices held by device_dax and the test module memory_veto.
# Changes the memory of the machine: KMEM_TEST_DEV=daxX.Y.

# shellcheck disable=SC2154

cd "$(dirname "$0")" || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh
# shellcheck source=selftests/lib/kmemctl.sh
. lib/kmemctl.sh

kmemctl_require
modprobe memory_veto || ktap_skip_all "no test module memory_veto"
VETO=/sys/module/memory_veto/parameters
trap 'kmemctl offline all >/dev/null; rmmod memory_veto; kmemctl_restore' EXIT
snapshot "$TMP/before"

devices=$(kmemctl -n -o RESOURCE,DEVICE | sort | awk '{ print $2 }')
[ "$(echo "$devices" | wc -l)" -eq 2 ] || ktap_skip_all "not two dax devices"
LOW=${devices%$'\n'*}
HIGH=${devices#*$'\n'}

k online all
expect "online all: both, the one at the higher address first" 0 \
	"$HIGH: online: *, Movable, node $(target_node "$HIGH")
$LOW: online: *, Movable, node $(target_node "$LOW")" ""
both_online() {
	equals "$(memtotal)" $((BEFORE + $(dev_kib "$LOW") + $(dev_kib "$HIGH")))
}
ktap_check "online all: MemTotal grows by both" both_online
k list -J -b -o STATE,ONLINE,TOTAL,NODE
states=$(grep -c '"state": "online"' "$TMP/out")
ktap_check "list -J: both are online" test "$states" -eq 2
k online all
expect "online all: once more is already so" 0 \
	"$HIGH: already online: *
$LOW: already online: *" ""
k offline all
expect "offline all: both, the one at the lower address first" 0 \
	"$LOW: offline: driver device_dax
$HIGH: offline: driver device_dax" ""
ktap_check "offline all: all is as it was" same "$TMP/before"

echo 12 >$VETO/error
echo 2 >$VETO/online
k online all
expect "online all: one that fails does not stop the other" 64 \
	"$LOW: online: *" \
	"kmemctl: $HIGH: memory*: cannot write 'online_movable': *; all was put back as before; *"
ktap_check "online all: the one that failed is devdax again" \
	equals "$(driver_of "$HIGH")" device_dax
k online "$HIGH" "$LOW"
expect "online: two names, one of them already so" 0 \
	"$HIGH: online: *
$LOW: already online: *" ""
k offline "$HIGH"
expect "offline: one of the two" 0 "$HIGH: offline: *" ""
k list -n -o STATE "$LOW"
expect "offline: the other one stays" 0 "online" ""
k offline all
expect "offline all: one of them already so" 0 \
	"$LOW: offline: *
$HIGH: already offline: *" ""
ktap_check "offline all: at the end all is as it was" same "$TMP/before"
ktap_done
