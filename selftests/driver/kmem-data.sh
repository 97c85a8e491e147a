#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What programs have in the device's memory is right to the last byte, while they
# write and check it and unplugs move it away: unplugs that succeed, fail half
# way or are killed. Needs the test module memory_veto and the program page_data.
# Changes the memory of the machine: KMEM_TEST_DEV=daxX.Y.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh
# shellcheck source=selftests/lib/state.sh
. lib/state.sh
# shellcheck source=selftests/lib/hold.sh
. lib/hold.sh

command -v page_data >/dev/null || ktap_skip_all "no program page_data"
KINDS=(anon thp shmem hugetlb file)
NODE=$(target_node "$DEV")
ROUNDS=3
KIB=16384

hugepages() {
	echo "$2" >"/sys/devices/system/node/node$1/hugepages/hugepages-2048kB/nr_hugepages"
}

# end_data: ends the programs; their exit codes are in CODES
end_data() {
	local pid

	CODES=
	kill -TERM "${PIDS[@]}"
	for pid in "${PIDS[@]}"; do
		wait "$pid"
		CODES="$CODES $?"
	done
	PIDS=()
}

hold_data() {
	local kind

	hugepages "$NODE" 8
	hugepages 0 8
	for kind in "${KINDS[@]}"; do
		hold page_data "$kind" "$NODE" $KIB "$disk/file"
	done
}

on_node() {
	echo "$(pages_on "$NODE") KiB"
	test "$(pages_on "$NODE")" "$@"
}

echo unplugged >"$BIND_STATE"
bind_kmem "$DEV"
snapshot "$TMP/unplugged"
TOTAL=$(cat "$KMEM/total_blocks")
# A file on a disk where there is a loop device: busybox's mke2fs needs one.
disk=$TMP
mkdir "$TMP/disk"
truncate -s 64M "$TMP/image"
if modprobe -a loop ext4 && losetup /dev/loop0 "$TMP/image" &&
	mke2fs /dev/loop0 >/dev/null && mount -t ext2 /dev/loop0 "$TMP/disk"; then
	disk=$TMP/disk
fi
ktap_diag "file is on $(stat -f -c %T "$disk")"

# a program that would never find anything proves nothing
echo online_movable >"$STATE"
mkfifo "$TMP/said"
page_data anon "$NODE" 64 >"$TMP/said" 2>"$TMP/error" &
PIDS=($!)
read -r _ _ address <"$TMP/said"
printf x | dd "of=/proc/${PIDS[0]}/mem" bs=1 seek=$((address + 20000)) \
	conv=notrunc 2>/dev/null
sleep 0.3
end_data
ktap_check "a byte that was changed from outside is found" equals "$CODES" " 3"

hold_data
ktap_check "the data is on the device's node" on_node -ge $((KIB * 4))
failed=0
for round in $(seq $ROUNDS); do
	echo $((TOTAL - round)) >"$VETO/offline"
	attempt unplugged "$STATE" >/dev/null || failed=$((failed + 1))
	echo 0 >"$VETO/offline"
done
ktap_check "$ROUNDS unplugs fail near their end and are rolled back" \
	equals "$failed $(cat "$STATE")" "$ROUNDS online_movable"
# shellcheck disable=SC2016 # for the inner shell
timeout -s KILL 0.3 bash -c 'echo unplugged >"$1"' - "$STATE" 2>/dev/null
end_data
ktap_check "no byte is wrong after rollbacks and a killed unplug" \
	equals "$CODES" " 0 0 0 0 0"

[ "$(cat "$STATE")" = online_movable ] || echo online_movable >"$STATE"
hold_data
ktap_check "the data is on the device's node again" on_node -ge $((KIB * 4))
ktap_check "an unplug moves it away" attempt unplugged "$STATE"
ktap_check "nothing of it is on that node" on_node -eq 0
sleep 0.5
end_data
ktap_check "no byte is wrong after the unplug" equals "$CODES" " 0 0 0 0 0"
hugepages 0 0
[ "$disk" = "$TMP" ] || umount "$TMP/disk"
ktap_check "and nothing is left" same "$TMP/unplugged"
ktap_done
