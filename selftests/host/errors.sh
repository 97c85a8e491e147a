# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# Bad input of every kind: one line that names the thing and the next step, the
# right exit code, nothing changed.

MEM=sys/devices/system/memory
DEV=sys/devices/platform/dax0.0
LIST="run 'kmemctl list' to see the devices"
DMESG="see 'dmesg' for the kernel's reason"

# every_command SENTENCE RC MESSAGE ARG: each command says the same.
every_command() {
	local cmd

	for cmd in list online offline bind unbind; do
		k $cmd "$4"
		expect_error "$cmd: $1" "$2" "kmemctl: $3"
	done
}

tree_devdax "$WORK/t"
tree_keep
long=$(printf 'dax%0296d.1' 0)
every_command "an unknown device" 3 "dax7.0: no such device; $LIST" dax7.0
for name in ../dax0.0 /dev/dax0.0 dax0.0/ . .. memory1 dax0 dax0. dax.0 \
	    dax0.0x 'dax0.0 ' DAX0.0 -1 'dax0.*'; do
	k list -- "$name"
	expect_error "list: '$name' is no device name" 3 \
		"kmemctl: $name: no such device: names look like dax0.0; $LIST"
	k online -- "$name"
	expect_error "online: '$name' is no device name" 3 \
		"kmemctl: $name: no such device: names look like dax0.0; $LIST"
done
every_command "an empty name" 3 \
	"'': no such device: names look like dax0.0; $LIST" ""
every_command "a name of 300 characters is cut in the message" 3 \
	"${long:0:40}...: no such device: names look like dax0.0; $LIST" "$long"
every_command "a name with a newline and an escape stays on one line" 3 \
	"dax0.0??[2J: no such device: names look like dax0.0; $LIST" \
	$'dax0.0\n\033[2J'
k online dax0.0 dax7.0
expect_error "one wrong name among right ones changes nothing" 3 \
	"kmemctl: dax7.0: no such device; $LIST"

tree_new "$WORK/t"
tree_keep
for cmd in online offline; do
	k $cmd all
	expect_error "$cmd all without any device" 3 \
		"kmemctl: no dax device of any size; run 'kmemctl list' to see what is there"
done

rm -r "$WORK/t/sys/bus/dax"
tree_keep
every_command "no dax bus" 3 \
	"no dax bus: this kernel shows no /sys/bus/dax; try 'modprobe device_dax'" \
	dax0.0
k
expect_error "no dax bus and no command" 3 \
	"kmemctl: no dax bus: this kernel shows no /sys/bus/dax; try 'modprobe device_dax'"

# value SENTENCE FILE TEXT MESSAGE: a file that holds what it must not. The
# other commands change nothing; list shows the device, with nothing known.
value() {
	local cmd

	tree_devdax "$WORK/t"
	chmod u+w "$TREE/$2" 2>/dev/null
	printf '%b' "$3" >"$TREE/$2"
	tree_keep
	for cmd in online offline bind unbind; do
		k $cmd dax0.0
		expect_error "$cmd: $1" 1 \
			"kmemctl: dax0.0: $4; nothing was changed; $DMESG"
	done
	k -n -o DEVICE,SIZE,NODE,DRIVER,STATE,BLOCKS,ZONES
	expect "list: $1" 1 "dax0.0 - - - - - -" \
		"kmemctl: dax0.0: $4; $DMESG"
}

bad="unexpected value"
value "an empty size" $DEV/size '' "cannot read size: $bad"
value "a size that is no number" $DEV/size 'many\n' "cannot read size: $bad"
value "a negative size" $DEV/size '-1\n' "cannot read size: $bad"
value "a size with something behind it" $DEV/size '1 2\n' \
	"cannot read size: $bad"
value "a size of two lines" $DEV/size '1\n2\n' "cannot read size: $bad"
value "a size with a zero byte" $DEV/size '1\000\n' "cannot read size: $bad"
value "a size beyond 64 bits" $DEV/size '18446744073709551616\n' \
	"cannot read size: number too large"
value "a size far too long" $DEV/size "$(printf '%0200d' 1)" \
	"cannot read size: $bad"
value "a size that the ranges do not have" $DEV/size '805306367\n' \
	"size is 805306367 but its mappings hold 805306368"
value "a node that is no number" $DEV/target_node 'x\n' \
	"cannot read target_node: $bad"
value "a node beyond an int" $DEV/target_node '4294967296\n' \
	"cannot read target_node: number too large"
value "an align that is no number" $DEV/align '2M\n' "cannot read align: $bad"
value "a range that ends before it starts" $DEV/mapping1/end '0x17fffffff\n' \
	"mapping1: end 0x17fffffff lies below start 0x180000000"
value "a range start beyond 64 bits" $DEV/mapping0/start \
	'0x10000000000000000\n' "cannot read mapping0: number too large"
value "a range that is no number" $DEV/mapping0/end '\n' \
	"cannot read mapping0: $bad"
value "ranges that overlap" $DEV/mapping1/start '0x118000000\n' \
	"two mappings overlap at 0x118000000"

# A new device shows its size before its mappings.
tree_devdax "$WORK/t"
mkdir "$TREE/$DEV/late"
mv "$TREE/$DEV"/mapping* "$TREE/$DEV/late/"
tree_keep
k online dax0.0
expect_error "a device whose mappings do not come" 1 \
	"kmemctl: dax0.0: size is 805306368 but its mappings hold 0; nothing was changed; $DMESG"
FAKE_LATE=1 k -n -o DEVICE,SIZE,STATE,TOTAL
expect "list: a device whose mappings come late" 0 "dax0.0 768M devdax 6" ""

tree_new "$WORK/t"
tree_dev dax0.0 1 "0:$BLOCK" "$TREE_B:$BLOCK"
chmod 600 "$TREE/$DEV"/mapping*/*
echo 0x0 >"$TREE/$DEV/mapping0/start"
echo 0xffffffffffffffff >"$TREE/$DEV/mapping0/end"
rm -r "$TREE/$DEV/mapping1"
tree_keep
k online dax0.0
expect_error "a range as large as all addresses" 1 \
	"kmemctl: dax0.0: mappings: size: number too large; nothing was changed; $DMESG"

# memory SENTENCE FILE TEXT MESSAGE NEXT: the same for files of memory.
memory() {
	tree_kmem "$WORK/t" offline "Normal Movable"
	tree_blocks "$TREE_A" "$BLOCK" online Movable
	printf '%b' "$3" >"$TREE/$MEM/$2"
	tree_keep
	k online dax0.0
	expect_error "online: $1" 1 \
		"kmemctl: dax0.0: $4; nothing was changed; $5"
	k offline dax0.0
	expect_error "offline: $1" 1 \
		"kmemctl: dax0.0: $4; nothing was changed; $5"
	k -n -o DEVICE,BLOCKS
	expect "list: $1" 1 "dax0.0 -" "kmemctl: dax0.0: $4; $5"
}

hotplug="check that the kernel has CONFIG_MEMORY_HOTPLUG"
memory "a block size that is no number" block_size_bytes 'x\n' \
	"block_size_bytes: $bad" "$hotplug"
memory "a block size of zero" block_size_bytes '0\n' \
	"block_size_bytes: $bad" "$hotplug"
memory "a block size that is no power of two" block_size_bytes '8000001\n' \
	"block_size_bytes: $bad" "$hotplug"
memory "a block in an unknown state" memory33/state 'asleep\n' \
	"cannot read memory33/state: $bad" "$DMESG"
memory "a block in an empty zone" memory32/valid_zones '\n' \
	"cannot read memory32/valid_zones: $bad" "$DMESG"

tree_devdax "$WORK/t"
rm "$TREE/$MEM/block_size_bytes"
tree_keep
k online dax0.0
expect_error "a kernel without memory hotplug" 1 \
	"kmemctl: dax0.0: block_size_bytes: No such file or directory; nothing was changed; $hotplug"
tree_devdax "$WORK/t"
rm "$TREE/$MEM/auto_online_blocks"
tree_keep
k online dax0.0
expect_error "no auto_online_blocks" 1 \
	"kmemctl: dax0.0: auto_online_blocks: No such file or directory; nothing was changed; $hotplug"

# eio FILE MESSAGE: an error of the medium, for everything that is read.
eio() {
	k -n -o DEVICE,STATE
	if [ "$rc $out" = "1 dax0.0 -" ] &&
	   [ "$err" = "kmemctl: dax0.0: $2: Input/output error; $DMESG" ]; then
		ktap_pass "list: EIO from $1"
	else
		ktap_fail "list: EIO from $1" "exit $rc
$out
$err"
	fi
	k offline dax0.0
	expect_error "offline: EIO from $1" 1 \
		"kmemctl: dax0.0: $2: Input/output error; nothing was changed; $DMESG"
}

tree_kmem "$WORK/t" online Movable
tree_keep
for file in size align target_node numa_node; do
	FAKE_READ=$file:EIO eio $file "cannot read $file"
done
FAKE_READ=mapping1/end:EIO eio mapping1/end "cannot read mapping1"
FAKE_READ=memory48/state:EIO eio memory48/state "cannot read memory48/state"
FAKE_READ=memory48/valid_zones:EIO eio memory48/valid_zones \
	"cannot read memory48/valid_zones"
tree_dev dax1.0 1 "$((16 << 30)):$BLOCK"
FAKE_READ=dax1.0/size:EIO k -n -o DEVICE,SIZE
expect "list: one device in error does not hide the other" 64 "dax0.0 768M
dax1.0    -" "kmemctl: dax1.0: cannot read size: Input/output error; $DMESG"

# What the driver would refuse is refused before the device is let go.
tree_new "$WORK/t"
tree_dev dax0.0 -1 "$TREE_A:$BLOCK"
tree_bound dax0.0 device_dax
tree_keep
for cmd in online bind; do
	k $cmd dax0.0
	expect_error "$cmd: a device without a node" 1 \
		"kmemctl: dax0.0: it has no target node; nothing was changed; check SRAT, HMAT and 'ndctl list -v'"
done
tree_new "$WORK/t"
tree_dev dax0.0 1 "$((TREE_A + (64 << 20))):$BLOCK"
tree_bound dax0.0 device_dax
tree_keep
for cmd in online bind; do
	k $cmd dax0.0
	expect_error "$cmd: a device in which no whole block fits" 1 \
		"kmemctl: dax0.0: no whole memory block of 0x8000000 bytes fits in it; nothing was changed; make it larger, or align it to that size"
done
tree_dev dax0.1 1
k bind dax0.1
expect "bind: a device of no size" 1 "" \
	"kmemctl: dax0.1: no whole memory block of 0x8000000 bytes fits in it; nothing was changed; make it larger, or align it to that size"

# Permission: somebody who is not root may look but not touch.
tree_devdax "$WORK/t"
tree_keep
for cmd in online offline bind unbind; do
	k_user $cmd dax0.0
	expect_error "$cmd: without root" 1 \
		"kmemctl: lock file $TREE/run/kmemctl.lock: Permission denied; run kmemctl as root"
done
ln -s /nonexistent "$TREE/run/kmemctl.lock"
k online dax0.0
expect "a lock file that is a link is not followed" 1 "" \
	"kmemctl: lock file $TREE/run/kmemctl.lock: Too many levels of symbolic links; see 'dmesg' for the kernel's reason"

# Modules: below --sysroot libkmod reads that tree's modules and modprobe.d.
tree_devdax "$WORK/t"
rm -r "$TREE/sys/bus/dax/drivers/kmem"
tree_keep
for cmd in online bind; do
	k $cmd dax0.0
	expect_error "$cmd: the module is missing" 1 \
		"kmemctl: dax0.0: module kmem is not installed for this kernel; nothing was changed; install dax-kmem for it: see 'dkms status'"
done
mods=$TREE/lib/modules/$(uname -r)
mkdir -p "$mods/updates/dkms"
# an object file is module enough for depmod, and nothing ever inserts it
echo "int kmem;" | gcc -x c -c -o "$mods/updates/dkms/kmem.ko" -
/sbin/depmod -b "$TREE" "$(uname -r)" 2>/dev/null
echo "blacklist kmem" >"$TREE/etc/modprobe.d/no-kmem.conf"
tree_keep
k online dax0.0
expect_error "online: the module is blacklisted" 1 \
	"kmemctl: dax0.0: module kmem is blacklisted in modprobe.d; nothing was changed; remove that line, or load it by hand with 'modprobe'"
rm "$TREE/etc/modprobe.d/no-kmem.conf"
tree_keep
k online dax0.0
expect_error "online: the module loads but brings no driver" 1 \
	"kmemctl: dax0.0: module kmem is loaded, yet the dax bus has no driver of that name; nothing was changed; $DMESG"
FAKE_INSERT=1 k online dax0.0
expect "online: the module is loaded first" 0 \
	"dax0.0: online: 6 blocks, 768M, Movable, node 1" ""
rm -r "$TREE/sys/bus/dax/drivers/device_dax"
tree_keep
k offline dax0.0
expect_error "offline: device_dax is needed before anything is let go" 1 \
	"kmemctl: dax0.0: module device_dax is not installed for this kernel; nothing was changed; install dax-kmem for it: see 'dkms status'"
