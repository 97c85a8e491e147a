# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What tests of the kmem driver share: finding a device's memory, moving the
# device between drivers, reading what the system says of it. Sourced after
# ktap.sh, by bash.

DAX=/sys/bus/dax/devices
DRIVERS=/sys/bus/dax/drivers
MEMORY=/sys/devices/system/memory

# kmem_require: leave with a skip unless this machine is meant for the test.
kmem_require() {
	[ "$(id -u)" -eq 0 ] || ktap_skip_all "must run as root"
	[ -n "${KMEM_TEST_DEV-}" ] ||
		ktap_skip_all "changes the memory of this machine; name a dax device to use in KMEM_TEST_DEV"
	[ -e "$DAX/$KMEM_TEST_DEV" ] || ktap_skip_all "no device $KMEM_TEST_DEV"
	modprobe kmem || ktap_skip_all "no kmem module"
}

memtotal() {
	awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo
}

# node_memtotal NODE: kB on that node, 0 when there is no such node
node_memtotal() {
	local file=/sys/devices/system/node/node$1/meminfo

	[ -e "$file" ] || { echo 0; return; }
	awk '$3 == "MemTotal:" { print $4 }' "$file"
}

target_node() {
	cat "$DAX/$1/target_node"
}

block_size() {
	echo $((0x$(cat $MEMORY/block_size_bytes)))
}

# set_policy WORD: how the system onlines new memory
set_policy() {
	echo "$1" >$MEMORY/auto_online_blocks
}

driver_of() {
	local link

	link=$(readlink "$DAX/$1/driver") || { echo none; return; }
	basename "$link"
}

# attempt WORD FILE: write; prints the errno's text when that fails
attempt() {
	local out

	out=$( { echo "$1" >"$2"; } 2>&1) && return
	echo "${out##*: }"
	return 1
}

# equals IS EXPECTED: says what they are
equals() {
	echo "'$1', expected '$2'"
	[ "$1" = "$2" ]
}

# refused WORD ERRNO [FILE]: writing it, to $STATE by default, fails so
refused() {
	equals "$(attempt "$1" "${3-$STATE}")" "$2"
}

unbind() {
	local driver

	driver=$(driver_of "$1")
	[ "$driver" = none ] || echo "$1" >"$DRIVERS/$driver/unbind"
}

# bind_kmem DEV: from whatever driver holds it; prints the errno's text when
# that fails. One attempt for a device that kmem knows; a new one is tried by
# new_id, which tells no errno, and once more by bind.
bind_kmem() {
	local error

	[ "$(driver_of "$1")" = kmem ] && return
	unbind "$1"
	error=$(attempt "$1" $DRIVERS/kmem/bind) && return
	if [ "$error" = "No such device" ]; then
		attempt "$1" $DRIVERS/kmem/new_id || return
		[ "$(driver_of "$1")" = kmem ] && return
		error=$(attempt "$1" $DRIVERS/kmem/bind) && return
	fi
	echo "$error"
	return 1
}

# forget DEV: out of kmem's list of devices, unbound
forget() {
	echo "$1" >"$DRIVERS/kmem/remove_id"
	unbind "$1"
}

# wants_memmap DEV 0|1: whether its memmap shall be on itself, bound or not; by
# the bus's attribute where it has one, which wants the device unbound; else by
# kmem's, which wants it unplugged
wants_memmap() {
	if [ -e "$DAX/$1/memmap_on_memory" ]; then
		unbind "$1"
		echo "$2" >"$DAX/$1/memmap_on_memory" || return
		bind_kmem "$1"
	else
		bind_kmem "$1" && echo "$2" >"$DAX/$1/kmem/memmap_on_memory"
	fi
}

# page_size: in bytes
page_size() {
	awk '$1 == "KernelPageSize:" { print $2 * 1024; exit }' /proc/self/smaps
}

# dram_free: kB free on node 0, with what CPUs keep at hand: a memmap that was
# just freed lies there, and MemFree does not count it
dram_free() {
	awk -v kib=$(($(page_size) / 1024)) '$1 == "Node" { on = $2 == "0," }
		on && $1 == "pages" && $2 == "free" { n += $3 }
		on && $1 == "count:" { n += $2 }
		END { print n * kib }' /proc/zoneinfo
}

# dram_settled: the same, once it no longer changes: what was freed comes late
dram_settled() {
	local last=0 now

	sync
	echo 3 >/proc/sys/vm/drop_caches
	for _ in $(seq 20); do
		now=$(dram_free)
		[ $((now - last)) -gt 256 ] || [ $((last - now)) -gt 256 ] || break
		last=$now
		sleep 0.2
	done
	echo "$now"
}

# dram_cost STATE-FILE: kB of free DRAM that onlining takes; it is online
# afterwards
dram_cost() {
	local free

	free=$(dram_settled)
	echo online_movable >"$1" || return
	echo $((free - $(dram_free)))
}

# ranges NAME: "first last" in hexadecimal of what /proc/iomem shows by a name
ranges() {
	awk -v name="$1" '$2 == ":" && substr($0, index($0, " : ") + 3) == name {
		sub("-", " ", $1); print $1 }' /proc/iomem
}

# blocks NAME: numbers of the memory blocks of those ranges
blocks() {
	local first last size

	size=$(block_size)
	ranges "$1" | while read -r first last; do
		seq $((0x$first / size)) $(((0x$last + 1) / size - 1))
	done
}

# each_block NAME STATE: set them all; what is offline is offline already
each_block() {
	local block

	for block in $(blocks "$1"); do
		[ "$(cat "$MEMORY/memory$block/state")" != "$2" ] || continue
		echo "$2" >"$MEMORY/memory$block/state" || return
	done
}

# zones NAME: the zones of the online blocks, each once
zones() {
	local block

	for block in $(blocks "$1"); do
		[ "$(cat "$MEMORY/memory$block/state")" = online ] || continue
		awk '{ print $1 }' "$MEMORY/memory$block/valid_zones"
	done | sort -u | tr '\n' ' ' | sed 's/ $//'
}

count_online() {
	local block n=0

	for block in $(blocks "$1"); do
		[ "$(cat "$MEMORY/memory$block/state")" != online ] || n=$((n + 1))
	done
	echo "$n"
}

# snapshot FILE: all that must be as before when something failed or was undone
snapshot() {
	{
		cat /proc/iomem
		memtotal
		(cd $MEMORY && grep -H . memory*/state memory*/valid_zones)
		grep -H . /sys/devices/virtual/memory_tiering/memory_tier*/nodelist
		grep -H . /sys/devices/system/node/{online,has_memory,has_normal_memory}
		find $DAX/*/driver -printf '%p %l\n' 2>/dev/null
		grep '^kmem ' /proc/modules | cut -d ' ' -f 3
	} >"$1"
}

# same FILE: whether all of that is as when FILE was made
same() {
	snapshot "$1.now"
	diff "$1" "$1.now"
}

# kill_when CONDITION SIGNAL: kill the writer when CONDITION holds: an attribute
# of $KMEM, and a test of its number
kill_when() {
	local writer attribute condition

	read -r attribute condition <<<"$1"
	until read -r writer <"$TMP/writer"; do :; done 2>/dev/null
	while kill -0 "$writer" 2>/dev/null; do
		# shellcheck disable=SC2086 # a test and its number
		if test "$(<"$KMEM/$attribute")" $condition; then
			kill "-$2" "$writer"
			return
		fi
	done
}

# write_until WORD CONDITION SIGNAL: write to $STATE in a process of its own, to
# be killed meanwhile; prints "done" or "ended". The writer is in the
# foreground: bash has others ignore SIGINT.
write_until() {
	rm -f "$TMP/writer"
	kill_when "$2" "$3" &
	# shellcheck disable=SC2016 # for the inner shell
	if bash -c 'echo $$ >"$3"; echo "$1" >"$2"' - "$1" "$STATE" \
		"$TMP/writer" 2>/dev/null; then
		echo "done"
	else
		echo ended
	fi
	wait
}

# pin_when TEST: hold a page of $DEV as soon as TEST of online_blocks holds
pin_when() {
	# shellcheck disable=SC2086 # a test and its number
	until test "$(cat "$KMEM/online_blocks")" $1; do :; done
	node_pin "$(target_node "$DEV")" >"$TMP/pin" 2>&1 </dev/null &
	echo $! >"$TMP/pinner"
	until grep -q pinned "$TMP/pin"; do :; done
}

# unpin: give that page free, and wait until it is
unpin() {
	kill "$(cat "$TMP/pinner")"
	while kill -0 "$(cat "$TMP/pinner")" 2>/dev/null; do :; done
}

# error_is TEXT: what $KMEM/last_error says
error_is() {
	equals "$(cat "$KMEM/last_error")" "$1"
}

# error_like PATTERN: its whole line matches
error_like() {
	cat "$KMEM/last_error"
	grep -qxE "$1" "$KMEM/last_error"
}

# The kernel log from now on: log_mark, then log_since.
log_mark() {
	LOG_LINES=$(dmesg | wc -l)
}

log_since() {
	dmesg | tail -n +$((LOG_LINES + 1))
}

# logged PATTERN: whether the driver said so since log_mark
logged() {
	log_since | grep -E "kmem.*$1" >/dev/null && return
	log_since
	return 1
}

# no_leak: 2 on a kernel without kmemleak; else whether that finds nothing. It
# passes over what is only seconds old. KASAN, which comes with it, keeps freed
# objects for a while: their number tells nothing there.
no_leak() {
	local leaks=/sys/kernel/debug/kmemleak

	[ -e $leaks ] || return 2
	echo scan >$leaks
	sleep 6
	echo scan >$leaks
	! grep . $leaks
}
