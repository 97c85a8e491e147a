#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The memmap of a device on the device itself: what it costs of the DRAM node,
# with and without, and what happens where the kernel will not have it. Boot
# with memory_hotplug.memmap_on_memory=1 for the first part, without for the
# second. Changes the memory of the machine: KMEM_TEST_DEV=daxX.Y.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh

kmem_require
modprobe memory_veto || ktap_skip_all "no test module memory_veto"
DEV=$KMEM_TEST_DEV
STATE=$DAX/$DEV/state
KMEM=$DAX/$DEV/kmem
BIND_STATE=/sys/module/kmem/parameters/bind_state
VETO=/sys/module/memory_veto/parameters
TMP=$(mktemp -d)
DRIVER=$(driver_of "$DEV")

restore() {
	rmmod memory_veto
	echo unplugged >"$STATE"
	wants_memmap "$DEV" 0
	echo policy >"$BIND_STATE"
	forget "$DEV"
	[ "$DRIVER" = none ] || echo "$DEV" >"$DRIVERS/$DRIVER/bind"
	rm -rf "$TMP"
}
trap restore EXIT

echo unplugged >"$BIND_STATE"
unbind "$DEV"
wants_memmap "$DEV" 0 || ktap_fail "the device can be asked for a memmap in DRAM"
snapshot "$TMP/before"
BLOCKS=$(cat "$KMEM/total_blocks")
BYTES=$((BLOCKS * $(block_size)))
MEMMAP=$((BYTES * 64 / $(page_size)))
PLAIN=$(dram_cost "$STATE")
ktap_check "memmap_bytes of a plain memmap is 0" \
	equals "$(cat "$KMEM/memmap_bytes")" 0
[ -e "$DAX/$DEV/memmap_on_memory" ] || ktap_check \
	"memmap_on_memory cannot be changed while memory is added" \
	equals "$(attempt 1 "$KMEM/memmap_on_memory")" "Device or resource busy"
echo unplugged >"$STATE"

# why_sum COLUMN: bytes of all blocks together
why_sum() {
	kmemctl why -bn -o "$1" "$DEV" |
		awk '{ sum += $1 } END { printf "%d\n", sum }'
}

# --- strides

# stopped_at_stride: last_error names an add that would have begun at a multiple
# of 4 GiB, or of a block where this kernel wants memory, or memmaps, block by
# block
stopped_at_stride() {
	local start size=$((4 << 30))

	if [ "$(uname -m)" = aarch64 ] || {
		[ "$1" = 1 ] && [ ! -e "$DAX/$DEV/memmap_on_memory" ]
	}; then
		size=$(block_size)
	fi
	cat "$KMEM/last_error"
	start=$(sed -nE "s/^add (0x[0-9a-f]+)-0x[0-9a-f]+ $2\$/\1/p" \
		"$KMEM/last_error")
	[ -n "$start" ] && [ $((start % size)) -eq 0 ]
}

# killed_in_add: a plug that a signal ends before its first block is online
killed_in_add() {
	local _

	for _ in 1 2 3 4 5; do
		echo unplugged >"$STATE" || return
		write_until online_movable "present_blocks -gt 0" TERM
		same "$TMP/before" || return
		! error_like "add .* -4" || return 0
	done
	return 1
}

# watched WORD: write it, and see present_blocks change to a number between none
# and all
watched() {
	local first present seen='' writer

	first=$(<"$KMEM/present_blocks")
	echo "$1" >"$STATE" &
	writer=$!
	while kill -0 "$writer" 2>/dev/null; do
		present=$(<"$KMEM/present_blocks")
		case $present in
		0 | "$BLOCKS" | "$first") ;;
		*) seen=$present ;;
		esac
	done
	echo "last seen between: '$seen'"
	wait "$writer" && [ -n "$seen" ]
}

# strides OWN-MEMMAP: for a device of many strides
strides() {
	local way="a memmap in DRAM"

	[ "$1" = 0 ] || way="a memmap on the device"
	[ "$BYTES" -ge $((32 << 30)) ] || return 0
	echo 5 >"$VETO/add"
	ktap_check "$way: a plug whose fifth stride fails returns the errno" \
		equals "$(attempt online_movable "$STATE")" "Input/output error"
	ktap_check "$way: it failed at the boundary of a stride" \
		stopped_at_stride "$1" -5
	ktap_check "$way: it removes the strides that were added" \
		same "$TMP/before"
	ktap_check "$way: SIGTERM ends a plug while it adds, and nothing is left" \
		killed_in_add
	ktap_check "$way: it ended at the boundary of a stride" \
		stopped_at_stride "$1" -4
	ktap_check "$way: present_blocks shows how far a plug has come" \
		watched online_movable
	ktap_check "$way: /proc/iomem shows one range" \
		equals "$(ranges "System RAM (kmem)")" "$(ranges "$DEV")"
	echo 3 >"$VETO/remove"
	ktap_check "$way: an unplug whose third stride fails returns the errno" \
		equals "$(attempt unplugged "$STATE")" "Input/output error"
	ktap_check "$way: what is left is offline" \
		equals "$(cat "$STATE")" offline
	ktap_check "$way: what is left is a part of the blocks" \
		test "$(cat "$KMEM/present_blocks")" -lt "$BLOCKS"
	ktap_check "$way: it cannot be put online" \
		refused online_movable "Device or resource busy"
	ktap_check "$way: it can be removed, and present_blocks shows how far that is" \
		watched unplugged
	ktap_check "$way: and then nothing is left" same "$TMP/before"
}

strides 0

# own_memmap: whether the kernel will have it: "stays" if such memory could never
# go offline again
own_memmap() {
	local will

	will=$(cat /sys/module/memory_hotplug/parameters/memmap_on_memory)
	[ "$will" = N ] ||
		! grep -qw prevent_memory_remove_notifier /proc/kallsyms ||
		will=stays
	echo "$will"
}

# tool_says TEXT
tool_says() {
	local out

	out=$(kmemctl online "$DEV" 2>&1)
	echo "$out"
	[[ $out == *"$1"* ]]
}

case $(own_memmap) in
stays)
	wants_memmap "$DEV" 1 || ktap_fail "the device can be asked for its own memmap"
	log_mark
	ktap_check "a memmap that would keep the memory online for ever is refused" \
		refused online_movable "Operation not supported"
	ktap_check "the message says so" logged "never go offline again"
	ktap_check "last_error says it is the memmap" error_is "memmap all -95"
	ktap_check "kmemctl says what to do" tool_says "keep it in RAM: --no-memmap-on-memory"
	ktap_check "and nothing is left" same "$TMP/before"
	;;
Y | force)
	wants_memmap "$DEV" 1 || ktap_fail "the device can be asked for its own memmap"
	ktap_check "a plain memmap takes 64 bytes a page of DRAM" \
		test "$PLAIN" -ge $((MEMMAP / 1280))
	OWN=$(dram_cost "$STATE")
	echo "# DRAM taken: $PLAIN kB plain, $OWN kB with the memmap on the device"
	# for each page an entry of the direct map, which has no large pages
	[ "$(uname -m)" != aarch64 ] ||
		OWN=$((OWN - BYTES * 8 / $(page_size) / 1024))
	ktap_check "a memmap on the device takes less than 1 % of that from DRAM" \
		test $((OWN * 100)) -lt "$PLAIN"
	ktap_check "memmap_bytes is 64 bytes a page" \
		equals "$(cat "$KMEM/memmap_bytes")" \
		"$MEMMAP"
	ktap_check "/proc/iomem shows one range" \
		equals "$(ranges "System RAM (kmem)")" "$(ranges "$DEV")"
	ktap_check "all blocks are online" \
		equals "$(cat "$KMEM/online_blocks")" "$BLOCKS"
	ktap_check "kmemctl why tells the memmap from other memory of the kernel" \
		equals "$(why_sum MEMMAP) $(why_sum KERNEL) $(why_sum RESERVED)" \
		"$(cat "$KMEM/memmap_bytes") 0 0"
	ktap_check "and that it is no obstacle" \
		equals "$(kmemctl why -n -o OFFLINABLE "$DEV" | sort | uniq -c | xargs)" \
		"$BLOCKS yes"
	while :; do
		cat "$KMEM/online_blocks" "$KMEM/memmap_bytes" 2>/dev/null
	done >"$TMP/read" &
	reader=$!
	ktap_check "unplug, while others read how far it is" \
		attempt unplugged "$STATE"
	kill "$reader"
	wait "$reader" 2>/dev/null
	ktap_check "and nothing is left" same "$TMP/before"
	echo $((BLOCKS / 2)) >"$VETO/online"
	ktap_check "a plug that fails half way returns the errno" equals \
		"$(attempt online_movable "$STATE")" "Input/output error"
	ktap_check "and leaves nothing" same "$TMP/before"
	strides 1
	echo online_movable >"$STATE"
	unbind "$DEV"
	ktap_check "memory with its own memmap is adopted" bind_kmem "$DEV"
	ktap_check "and goes away" attempt unplugged "$STATE"
	;;
*)
	log_mark
	if [ -e "$DAX/$DEV/memmap_on_memory" ]; then
		unbind "$DEV"
		ktap_check "where the kernel will not have it, the bus refuses to be asked" \
			equals "$(attempt 1 "$DAX/$DEV/memmap_on_memory")" \
			"Operation not supported"
		bind_kmem "$DEV"
	else
		wants_memmap "$DEV" 1
		ktap_check "where the kernel will not have it, the plug is refused" \
			equals "$(attempt online_movable "$STATE")" "Invalid argument"
		ktap_check "the message says what it needs" \
			logged "memory_hotplug.memmap_on_memory=1"
		ktap_check "and nothing is left" same "$TMP/before"
	fi
	;;
esac
ktap_done
