#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# "kmemctl why" on a real kernel: programs hold memory of every kind on the
# device's node, and each is named with its size, its process and its control
# group; then each verdict is tried on the block itself. Leaves memory behind
# that cannot be taken back, so it runs in guests alone: KMEM_TEST_DEV=daxX.Y.

# shellcheck disable=SC2154

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/kmemctl.sh
. lib/kmemctl.sh

[ "${KMEM_GUEST-}" = 1 ] ||
	ktap_skip_all "would leave memory that cannot be taken back"
kmemctl_require
trap 'rm -rf "$TMP"' EXIT
CGROUP=/sys/fs/cgroup

# kib KIND: on all blocks of the device
kib() {
	kmemctl why -bn -o "$1" "$DEV" 2>/dev/null |
		awk '{ sum += $1 } END { print sum / 1024 }'
}

# between KIND LEAST MOST: in KiB
between() {
	local is

	is=$(kib "$1")
	echo "$1: $is KiB, expected $2 to $3"
	[ "$is" -ge "$2" ] && [ "$is" -le "$3" ]
}

# process PID PATTERN: the line of that process in the last run
process() {
	awk -v pid="$1" '$1 == pid' "$TMP/out" | grep -E -- "$2" && return
	cat "$TMP/out"
	return 1
}

# shows PATTERN: somewhere in the last run
shows() {
	grep -E -- "$1" "$TMP/out" >/dev/null && return
	cat "$TMP/out" "$TMP/err"
	return 1
}

# verdicts: "block verdict" of each
verdicts() {
	kmemctl why -n -o BLOCK,OFFLINABLE "$DEV"
}

# tried BLOCK: what comes of offlining it. A page that does not move keeps the
# kernel trying for ever.
tried() {
	timeout -s INT 4 sh -c "echo offline >$MEMORY/$1/state" 2>/dev/null
	cat "$MEMORY/$1/state"
}

# agrees: each verdict is what the kernel does; prints what is not
agrees() {
	local block verdict is bad=0 n=0

	while read -r block verdict; do
		is=$(tried "$block")
		n=$((n + 1))
		case $verdict-$is in
		yes-offline | no-online | unlikely-online) ;;
		"already offline-offline") ;;
		*)
			echo "$block: $verdict, but then $is"
			bad=1 ;;
		esac
	done < <(verdicts)
	echo "$n blocks tried"
	[ "$n" -gt 0 ] && [ "$bad" = 0 ]
}

prepare() {
	mount -t cgroup2 none "$CGROUP" &&
		echo +memory >"$CGROUP/cgroup.subtree_control" &&
		mkdir "$CGROUP/db" &&
		modprobe -a loop ext4 &&
		truncate -s 16M "$TMP/image" &&
		losetup /dev/loop0 "$TMP/image" &&
		mke2fs /dev/loop0 >/dev/null &&
		mkdir "$TMP/files" &&
		mount -t ext2 /dev/loop0 "$TMP/files" &&
		truncate -s 1M "$TMP/files/data"
}

movable_part() {
	local anon mlock shmem cache huge

	kmemctl online "$DEV" >/dev/null
	k why "$DEV"
	expect "free memory: all blocks can go offline" 0 \
		"$DEV: offlinable: yes, *" ""

	hold bash -c "echo \$BASHPID >$CGROUP/db/cgroup.procs
		exec node_hold anon $NODE 10240"
	anon=$HELD
	hold node_hold mlock "$NODE" 4096
	mlock=$HELD
	hold node_hold shmem "$NODE" 2048
	shmem=$HELD
	hold node_hold file "$NODE" 1024 "$TMP/files/data"
	cache=$HELD
	echo 4 >"/sys/devices/system/node/node$NODE/hugepages/hugepages-2048kB/nr_hugepages"
	hold node_hold hugetlb "$NODE" 4096
	huge=$HELD
	k why "$DEV"
	expect "what only moves is no obstacle" 0 "$DEV: offlinable: yes, *" ""
	ktap_check "anon has its size" between anon 10240 10400
	ktap_check "mlocked has its size" between mlocked 4096 4096
	ktap_check "shmem has its size" between shmem 2048 2048
	ktap_check "file has its size" between file 1024 2048
	ktap_check "hugetlb in use has its size" between hugetlb 4096 4096
	ktap_check "the rest of the pool has its size" between hugepool 4096 4096
	ktap_check "the process with anon memory is named with its cgroup" \
		process "$anon" "node_hold .* anon 10M .* /db$"
	ktap_check "the process with mlocked memory is named" \
		process "$mlock" "mlocked 4M"
	ktap_check "the process with shared memory is named" \
		process "$shmem" "shmem 2M"
	ktap_check "the process with a mapped file is named" \
		process "$cache" "file 1M"
	ktap_check "the process with huge pages is named" \
		process "$huge" "hugetlb 4M"
	ktap_check "the control group is named with its size" \
		shows "^/db +10M +anon 10M"
}

pinned_part() {
	local pin block

	hold node_pin "$NODE"
	pin=$HELD
	k why "$DEV"
	expect "a page in a pipe: not likely to go offline" 4 \
		"$DEV: offlinable: unlikely, *pinned 4K*" ""
	ktap_check "the process with the pinned page is named" \
		process "$pin" "node_pin .* pinned 4K"
	block=$(verdicts | awk '$2 == "unlikely" { print $1 }')
	k why "$block"
	expect "a block alone has the same verdict" 4 \
		"$block: offlinable: unlikely, 0 of 1 online block; *" ""
	ktap_check "each block does what why said" agrees
	k why "$DEV"
	ktap_check "what the kernel said of the page is shown" \
		shows "^[0-9.]+ +$block .* migration failure"
	kill "$pin"
	wait "$pin" 2>/dev/null
	k why "$DEV"
	expect "released, it can go" 0 "$DEV: offlinable: yes, 1 of 1 *" ""
	ktap_check "and goes" agrees
	k why "$DEV"
	expect "nothing is online any more" 0 "$DEV: no memory block is online*" ""
	let_go
	echo 0 >/proc/sys/vm/nr_hugepages
	kmemctl offline "$DEV" >/dev/null
}

# A page that the kernel was told is broken stays where it is, and whoever had
# it goes without; the block goes all the same.
poisoned_part() {
	kmemctl online "$DEV" >/dev/null
	hold node_hold poison "$NODE" 1024
	k why "$DEV"
	expect "a poisoned page is no obstacle" 0 "$DEV: offlinable: yes, *" ""
	ktap_check "lines from before the memory came back are left out" \
		equals "$(grep -c "migration failure" "$TMP/out")" 0
	ktap_check "poisoned has its size" between poisoned 4 4
	ktap_check "poisoned is named, and what becomes of it" \
		shows "^poisoned +4K +1 no obstacle"
	ktap_check "each block does what why said" agrees
	let_go
	kmemctl offline "$DEV" >/dev/null
}

normal_part() {
	local uring

	kmemctl online --normal "$DEV" >/dev/null
	hold node_hold tables "$NODE" 400
	k why "$DEV"
	expect "page tables in zone Normal: cannot go offline" 4 \
		"$DEV: offlinable: no, *pagetable*never moved*" ""
	ktap_check "page tables have their size" between pagetable 400 600
	# the memory of files that are made is charged to who makes them
	numactl --membind="$NODE" bash -c "mkdir $TMP/many
		for i in {1..400}; do : >$TMP/many/\$i; done"
	ktap_check "slab is seen" between slab 100 20000
	hold node_hold uring "$NODE" 256
	uring=$HELD
	k why "$DEV"
	ktap_check "fixed buffers of io_uring are pinned" between pinned 256 256
	ktap_check "the process with the buffers is named" \
		process "$uring" "pinned 256K"
	ktap_check "each block does what why said" agrees
	k why "$DEV"
	ktap_check "what the kernel said of the page is shown" \
		shows "unmovable page|migration failure"
	let_go
}

ktap_check "control groups and a file system are there" prepare
movable_part
pinned_part
poisoned_part
normal_part
umount "$TMP/files"
ktap_done
