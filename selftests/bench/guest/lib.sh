# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the guest's side of the benchmark shares: a device to measure with, the
# two drivers in turn, and whether its memory is all there or all gone.
# Sourced, by bash, in selftests/.

# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh

die() {
	echo "bench: $*"
	exit 1
}

# write WORD FILE
write() {
	echo "$1" >"$2"
}

# device_is DEV: the one to measure with, held by device_dax
device_is() {
	DEV=$1
	BLOCK_SIZE=$(block_size)
	FIRST=$(($(cat "$DAX/$DEV/mapping0/start") + BLOCK_SIZE - 1))
	FIRST=$((FIRST / BLOCK_SIZE))
	BLOCKS=$((($(cat "$DAX/$DEV/mapping0/end") + 1) / BLOCK_SIZE - FIRST))
}

# bench_begin: nothing is onlined but by those who are measured
bench_begin() {
	device_is "$KMEM_TEST_DEV"
	# shellcheck disable=SC2034 # for who sources this
	TMP=$(mktemp -d)
	LOADED=
	if grep -q '^kmem ' /proc/modules; then
		rmmod kmem || die "cannot unload kmem"
	fi
	set_policy offline
	BEFORE=$(memtotal)
}

# load ours|intree: the module of that name, in the place of the other one
load() {
	local file

	[ "$LOADED" != "$1" ] || return 0
	[ -z "$LOADED" ] || rmmod kmem || die "cannot unload kmem"
	file=$(find "/lib/modules/$(uname -r)/$(
		[ "$1" = ours ] && echo updates || echo kernel)" \
		-name 'kmem.ko*')
	insmod "$file" || die "cannot load $file"
	LOADED=$1
}

to_devdax() {
	[ "$(driver_of "$DEV")" != device_dax ] || return 0
	write "$DEV" "$DRIVERS/kmem/remove_id"
	unbind "$DEV"
	write "$DEV" "$DRIVERS/device_dax/bind" ||
		die "device_dax does not take $DEV"
}

# bound_unplugged: fails where the driver has no `state`
bound_unplugged() {
	bind_kmem "$DEV" || die "kmem does not take $DEV"
	[ -e "$DAX/$DEV/state" ] || return
	[ "$(cat "$DAX/$DEV/state")" = unplugged ] ||
		write unplugged "$DAX/$DEV/state" || die "cannot unplug $DEV"
}

# all_are ATTRIBUTE WORD: the first word there of every block of the device
all_are() {
	local files

	files=$(seq -s "/$1 memory" "$FIRST" $((FIRST + BLOCKS - 1)))
	# shellcheck disable=SC2086 # one word per block
	[ "$(cd $MEMORY && cut -d ' ' -f 1 memory$files/$1 | sort | uniq -c |
		xargs)" = "$BLOCKS $2" ]
}

all_movable() {
	all_are state online && all_are valid_zones Movable
}

nothing_left() {
	[ "$(memtotal)" = "$BEFORE" ] && [ ! -e "$MEMORY/memory$FIRST" ] &&
		[ ! -e "$MEMORY/memory$((FIRST + BLOCKS - 1))" ]
}
