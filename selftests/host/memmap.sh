# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034
#
# --memmap-on-memory and its opposite: which file is written and when, with the
# bus's attribute (Linux 6.8 on) and with that of our driver (6.1), what is
# refused, and the same by apply.

ONLINE="dax0.0: online: 6 blocks, 768M, Movable, node 1"
bus=sys/devices/platform/dax0.0/memmap_on_memory
ours=sys/devices/platform/dax0.0/kmem/memmap_on_memory

# order SENTENCE PATTERN...: the writes that contain these came in that order
order() {
	local sentence=$1 pattern got want=""

	shift
	for pattern; do
		want="$want$pattern
"
	done
	got=$(sed 's/^[0-9]* //' "$WORK/log" |
		grep -E 'memmap|/bind |/unbind |/state |new_id' |
		sed 's,.*/\([^/]*/[^/]* [^ ]*\)$,\1,')
	if [ "$got" = "${want%?}" ]; then
		ktap_pass "$sentence"
	else
		ktap_fail "$sentence" "$got"
	fi
}

# memmap_tree DRIVER-KIND BUS: dax0.0 held by device_dax; BUS: its value
memmap_tree() {
	tree_devdax "$WORK/t"
	# shellcheck disable=SC2086 # none is no word
	tree_memmap Y $2
	FAKE_DRIVER=$1
	[ "$1" != ours ] || tree_parameter
	tree_keep
}
export FAKE_DRIVER

memmap_tree ours 0
k online --memmap-on-memory dax0.0
expect "the bus's attribute: online" 0 "$ONLINE" ""
order "the bus's attribute is written before kmem has the device" \
	"dax0.0/memmap_on_memory 1" "kmem/new_id dax0.0" \
	"device_dax/unbind dax0.0" \
	"kmem/bind dax0.0" "dax0.0/state online_movable"
k list -n -o MEMMAP,MEMMAP_SIZE
expect "list shows it" 0 "device 12M" ""
k online --memmap-on-memory dax0.0
expect "once more is already so" 0 "dax0.0: already ${ONLINE#*: }" ""
tree_keep
k online --no-memmap-on-memory dax0.0
expect_error "memory that is online keeps its memmap" 4 \
	"kmemctl: dax0.0: its memmap is on the device, and stays there while a memory block is online; nothing was changed; run 'kmemctl offline dax0.0' first"
k offline dax0.0
k online --no-memmap-on-memory dax0.0
expect "and the other way" 0 "$ONLINE" ""
ktap_check "the bus's attribute is 0 then" test "$(cat "$TREE/$bus")" = 0
k list -n -o MEMMAP
expect "list shows that" 0 "ram" ""
tree_keep
k online --memmap-on-memory dax0.0
expect_error "memory that is online keeps its memmap in RAM" 4 \
	"kmemctl: dax0.0: its memmap is in RAM, and stays there while a memory block is online; nothing was changed; run 'kmemctl offline dax0.0' first"

memmap_tree ours 0
tree_bound dax0.0 kmem
tree_held unplugged
k online --memmap-on-memory dax0.0
expect "a device bound already: online" 0 "$ONLINE" ""
order "a device bound already is let go and bound anew" \
	"kmem/unbind dax0.0" "dax0.0/memmap_on_memory 1" "kmem/new_id dax0.0" \
	"dax0.0/state online_movable"

memmap_tree ours ""
k online --memmap-on-memory dax0.0
expect "our driver's attribute: online" 0 "$ONLINE" ""
order "our driver's attribute is written once kmem has the device" \
	"kmem/new_id dax0.0" "device_dax/unbind dax0.0" "kmem/bind dax0.0" \
	"kmem/memmap_on_memory 1" "dax0.0/state online_movable"
k list -n -o MEMMAP
expect "our driver's attribute: list shows it" 0 "device" ""

memmap_tree "" 0
k online --memmap-on-memory dax0.0
expect "in-tree kmem with the bus's attribute" 0 "$ONLINE" ""
ktap_check "in-tree kmem: the bus's attribute is 1" \
	test "$(cat "$TREE/$bus")" = 1
memmap_tree "" ""
k online --memmap-on-memory dax0.0
expect_error "in-tree kmem without it cannot, and all is put back" 1 \
	"kmemctl: dax0.0: its driver cannot place the memmap on the device; all was put back as before; install dax-kmem: see 'dkms status'"
k online --no-memmap-on-memory dax0.0
expect "in-tree kmem without it has it in RAM" 0 "$ONLINE" ""

memmap_tree ours 0
tree_memmap N
tree_keep
NOT="nothing was changed; boot with memory_hotplug.memmap_on_memory=1"
k online --memmap-on-memory dax0.0
expect_error "a kernel that was not told to" 1 \
	"kmemctl: dax0.0: the kernel places no memmap on a device: its memory_hotplug.memmap_on_memory is N; $NOT"
k online --dry-run --memmap-on-memory dax0.0
expect_error "a dry run says so too" 1 \
	"kmemctl: dax0.0: the kernel places no memmap on a device: its memory_hotplug.memmap_on_memory is N; $NOT"
memmap_tree ours 0
mkdir -p "$TREE/proc"
echo "0000000000000000 t prevent_memory_remove_notifier" >"$TREE/proc/kallsyms"
tree_keep
k online --memmap-on-memory dax0.0
expect_error "a kernel that could never take such memory offline" 1 \
	"kmemctl: dax0.0: this kernel could never take memory offline that holds its own memmap; nothing was changed; keep it in RAM: --no-memmap-on-memory"
k online dax0.0
expect "there the memmap is in RAM unless asked for" 0 "$ONLINE" ""
memmap_tree ours 0
rm -r "$TREE/sys/module/memory_hotplug"
tree_keep
k online --memmap-on-memory dax0.0
expect_error "a kernel that cannot" 1 \
	"kmemctl: dax0.0: this kernel cannot place the memmap on a device; nothing was changed; boot one with CONFIG_MHP_MEMMAP_ON_MEMORY"
memmap_tree ours 0
FAKE_FALLBACK=1 k online --memmap-on-memory dax0.0
expect_error "a memmap that went to RAM all the same is no success" 1 \
	"kmemctl: dax0.0: its memmap went to RAM instead of the device; all was put back as before; see 'dmesg' for the kernel's reason"
FAKE_FAULTS=1:lost k online --memmap-on-memory dax0.0
expect_error "a write of the bus's attribute that does nothing is noticed" 1 \
	"kmemctl: dax0.0: wrote 1 to memmap_on_memory, but it reads otherwise; all was put back as before; see 'dmesg' for the kernel's reason"
k online --memmap-on-memory --no-memmap-on-memory dax0.0
expect_error "both are wrong usage" 2 \
	"kmemctl: --memmap-on-memory and --no-memmap-on-memory exclude each other; run 'kmemctl online --help'"

# conf KEY-LINES: for all devices
memmap_conf() {
	printf '%b' "[all]\nmode = system-ram\n$1" >"$TREE/etc/kmemctl.conf"
}
memmap_tree ours 0
memmap_conf "memmap = device\n"
k apply --dry-run
ktap_check "apply --dry-run tells the place of the memmap" \
	grep -q "memory, zone movable if it is not online already, memmap on the device (no id)" \
	"$WORK/out"
k apply
expect "apply: memmap = device" 0 "$ONLINE" ""
ktap_check "apply: it is there" test \
	"$(cat "$TREE/${ours%/*}/memmap_bytes")" = 12582912
k offline dax0.0
memmap_conf "memmap = ram\n"
k apply
ktap_check "apply: memmap = ram" test "$(cat "$TREE/${ours%/*}/memmap_bytes")" = 0
memmap_conf "memmap = disk\n"
k check-config
expect "check-config knows the places" 1 "" \
	"kmemctl: /etc/kmemctl.conf:3: memmap is device or ram, not 'disk'; see kmemctl.conf(5)"
printf '[all]\nmode = devdax\nmemmap = ram\n' >"$TREE/etc/kmemctl.conf"
k check-config
expect "check-config: a character device has no memmap" 1 "" \
	"kmemctl: /etc/kmemctl.conf:1: memmap cannot be used with mode = devdax; remove one of them"
unset FAKE_DRIVER
