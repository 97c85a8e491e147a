#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kmemctl on a real kernel with two dax devices: "all", and one of the two that
# fails. Needs two devices held by device_dax and the test module memory_veto.
# Changes the memory of the machine: KMEM_TEST_DEV=daxX.Y.

# shellcheck disable=SC2154

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/kmemctl.sh
. lib/kmemctl.sh
# shellcheck source=selftests/lib/race.sh
. lib/race.sh

kmemctl_require
need_program block_racer
need_veto
trap 'kmemctl offline all >/dev/null; kmemctl_restore' EXIT

devices=$(kmemctl -n -o RESOURCE,DEVICE | while read -r address device; do
	echo "$((address)) $device"
done | sort -n | awk '{ print $2 }')
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
k_planned offline all
expect "offline all: both, the one at the lower address first" 0 \
	"$LOW: offline: driver device_dax
$HIGH: offline: driver device_dax" ""
ktap_check "offline all: all is as it was" same "$TMP/before"

veto online 2 12
k online all
expect "online all: one that fails does not stop the other" 64 \
	"$LOW: online: *" \
	"kmemctl: $HIGH: cannot @(online memory*|write 'online_movable' to its state): Cannot allocate memory; $PUT_BACK; *"
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

# Agents online every block in another zone, under a policy that does so too.
raced() {
	local first last refused=0 round

	unbind "$HIGH"
	bind_kmem "$HIGH"
	first=$(($(cat "$DAX/$LOW/mapping0/start") / $(block_size)))
	last=$(($(cat "$DAX/$LOW/mapping0/end") / $(block_size)))
	set_policy online_kernel
	race_for_the_lock "$HIGH"
	for _ in 1 2 3; do
		race "$first" "$last" online_kernel
	done
	for round in $(seq 30); do
		kmemctl online "$LOW" || break
		[ "$(zones "$LOW")" = Movable ] || break
		# the kernel's own attempt counts as well, one for each range
		refused=$((refused + $(cat "$DAX/$LOW/kmem/guard_refusals") - 1))
		kmemctl offline "$LOW" || break
		[ "$round" -lt 3 ] || [ "$refused" -eq 0 ] || break
	done
	end_race >"$TMP/counts"
	set_policy offline
	zones "$LOW"
	echo "round $round: the guard refused $refused, agents were told: busy $busy, done $worked"
	kmemctl offline "$HIGH"
	# those refused while memory goes are told so and counted nowhere else
	[ "$busy" -gt 0 ] && [ "$worked" -eq 0 ] &&
		same "$TMP/before"
}

if ours; then
	ktap_check "online and offline: agents put no block in a zone nobody asked for, the guard refuses them" \
		raced
fi
ktap_done
