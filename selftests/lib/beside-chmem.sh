#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs a test while chmem has a block of boot memory offline and online again, all
# the time: that is not the test's, and must not matter. One more claim says that
# chmem did so. In a guest with movablecore=.
#
# usage: beside-chmem.sh TEST [ARGUMENT...]

cd "$(dirname "$0")/.." || exit 1
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT

# movable_block: the first one of boot memory that is in zone Movable; the last one may
# have a hole
movable_block() {
	local dir

	for dir in $(printf '%s\n' /sys/devices/system/memory/memory* | sort -V); do
		[ "$(cat "$dir/valid_zones")" != Movable ] || basename "$dir"
	done | head -n 1
}

there_and_back() {
	local start end size

	size=$((0x$(cat /sys/devices/system/memory/block_size_bytes)))
	start=$((${1#memory} * size)) end=$((start + size - 1))
	until [ -e "$TMP/over" ]; do
		chmem --disable "$(printf '0x%x-0x%x' $start $end)" && echo went
		chmem --enable --zone Movable "$(printf '0x%x-0x%x' $start $end)"
	done
}

block=$(movable_block)
there_and_back "$block" >"$TMP/chmem" 2>&1 &
"$@" >"$TMP/out" 2>&1
rc=$?
touch "$TMP/over"
wait
times=$(grep -c '^went' "$TMP/chmem")
claims=$(grep -cE '^(not )?ok' "$TMP/out")
grep -v '^1\.\.[0-9]*$' "$TMP/out"
if [ "$times" -gt 9 ] &&
	[ "$(cat "/sys/devices/system/memory/$block/state")" = online ]; then
	result=ok
else
	result='not ok' rc=1
fi
echo "$result $((claims + 1)) - chmem had $block of boot memory offline ten times at least, and it is online"
echo "# $times times"
tail -n 3 "$TMP/chmem" | sed 's/^/# /'
echo "1..$((claims + 1))"
exit "$rc"
