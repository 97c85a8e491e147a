#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# In a guest whose time counts instructions: what "kmemctl why" takes for each
# GiB in use, so that a device of 64 GiB that is full takes less than 10 s.

set -u
cd "$(dirname "$0")/../.." || exit

# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh
# shellcheck source=selftests/lib/hold.sh
. lib/hold.sh

DEV=${KMEM_TEST_DEV-}
[ -n "${KMEM_GUEST-}" ] || ktap_skip_all "times a guest of its own"
NODE=$(target_node "$DEV")
LIMIT=$((10 * 1000000 / 64))	# us for each GiB
MIB=256
TMP=$(mktemp -d)

leave() {
	let_go
	umount "$TMP/files" 2>/dev/null
	rm -r "$TMP"
	kmemctl offline "$DEV" >/dev/null
}

# anon KIB: of a program, in small pages
anon() {
	hold node_hold anon "$NODE" "$1"
}

# cache: as much of a file that no program maps
cache() {
	mkdir "$TMP/files" &&
		mount -t tmpfs -o "size=${MIB}M,mpol=bind:$NODE,huge=never" \
			none "$TMP/files" &&
		fallocate -l "${MIB}M" "$TMP/files/data"
}

# used KIND: MiB
used() {
	kmemctl why -bn -o "$1" "$DEV" |
		awk '{ sum += $1 } END { printf "%d\n", sum / 1048576 }'
}

# taken: microseconds
taken() {
	local start=${EPOCHREALTIME/./}

	kmemctl why "$DEV" >/dev/null || return
	echo $((${EPOCHREALTIME/./} - start))
}

# at_most BEFORE AFTER
at_most() {
	local each=$((($2 - $1) * 1024 / MIB))

	echo "$1 us before, $2 us after: $each us for each GiB, limit $LIMIT"
	[ "$1" -gt 0 ] && [ "$2" -gt "$1" ] && [ "$each" -le "$LIMIT" ]
}

# costs KIND COMMAND...: what COMMAND adds to the time
costs() {
	local kind=$1 before after had has

	shift
	had=$(used "$kind")
	before=$(taken)
	"$@" || ktap_fail "$kind memory is there" "$* failed"
	has=$(used "$kind")
	after=$(taken)
	ktap_check "why sees $MIB MiB more of $kind memory" \
		test $((has - had)) -ge $((MIB - 1))
	ktap_check "what why takes for $kind memory adds up to less than 10 s for 64 GiB" \
		at_most "$before" "$after"
	echo "# $(at_most "$before" "$after")"
}

trap leave EXIT
kmemctl online "$DEV" >/dev/null
# without any, processes are not even looked at
anon 4096
costs anon anon $((MIB * 1024))
costs shmem cache
ktap_done
