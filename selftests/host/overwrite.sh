# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# A device that a process uses, or that begins with a known signature, does not
# become memory unless that is forced. Memory that was RAM is no data.

OR_FORCE="or use --force (in kmemctl.conf: overwrite = yes)"
ONLINE="dax0.0: online: 6 blocks, 768M, Movable, node 1"

# process PID COMMAND
process() {
	mkdir -p "$TREE/proc/$1/fd"
	echo "$2" >"$TREE/proc/$1/comm"
	echo "7f00-7f01 r-xp 00000000 00:01 5  /usr/bin/$2" >"$TREE/proc/$1/maps"
}

# content BYTES OFFSET: the device /dev/dax0.0 has these bytes there
content() {
	# shellcheck disable=SC2059 # escapes are meant
	printf "$1" | dd of="$TREE/dev/dax0.0" bs=1 seek="$2" conv=notrunc \
		status=none
}

# blank: a device of zeroes, of which 4 MiB can be read
blank() {
	tree_devdax "$WORK/t"
	mkdir "$TREE/dev"
	truncate -s 4M "$TREE/dev/dax0.0"
}

# has_data SENTENCE SIGNATURE
has_data() {
	tree_keep
	k online dax0.0
	expect_error "$1" 4 "kmemctl: dax0.0: it begins with a signature of $2, so it may hold data; nothing was changed; save what it holds, $OR_FORCE"
}

tree_devdax "$WORK/t"
process 1 init
process 4242 "qemu system"
ln -s /tmp/dax0.0 "$TREE/proc/4242/fd/3"
ln -s /dev/dax0.01 "$TREE/proc/4242/fd/4"
echo "7f00-7f01 rw-s 00000000 00:05 5  /dev/dax10.0" >>"$TREE/proc/4242/maps"
tree_keep
k online dax0.0
expect "online: other files of a similar name do not hold a device" 0 "$ONLINE" ""
tree_reset
ln -s /dev/dax0.0 "$TREE/proc/4242/fd/5"
tree_keep
HELD="kmemctl: dax0.0: /dev/dax0.0 is held open by process 4242 (qemu system)"
REFUSED="$HELD; nothing was changed; stop that process, $OR_FORCE"
k online dax0.0
expect_error "online: refused while a process has the device open" 4 "$REFUSED"
k online --dry-run dax0.0
expect_error "online --dry-run: refused as well" 4 "$REFUSED"
k bind dax0.0
expect_error "bind: refused as well" 4 "$REFUSED"
k online --dry-run --force dax0.0
if [ "$rc" = 0 ] && [ "$err" = "$HELD; overwritten as asked" ] &&
   [[ $out == *"would be online"* ]]; then
	ktap_pass "online --dry-run --force: says what it overrides, and the plan"
else
	ktap_fail "online --dry-run --force: says what it overrides, and the plan" \
		"exit $rc: $out
$err"
fi
k online --force dax0.0
expect "online --force: goes on, and says what it overrides" 0 "$ONLINE" \
	"$HELD; overwritten as asked"
tree_reset
k bind --force dax0.0
expect "bind --force: goes on" 0 "dax0.0: bound to kmem: 6 of 6 blocks online" \
	"$HELD; overwritten as asked"
tree_reset
tree_dev dax1.0 2 $((16 << 30)):$((2 * BLOCK))
tree_bound dax1.0 device_dax
k online all
expect "online all: each device is checked by itself" 64 \
	"dax1.0: online: 2 blocks, 256M, Movable, node 2" "$REFUSED"
tree_reset
rm "$TREE/proc/4242/fd/5"
echo "7f00-7f01 rw-s 00000000 00:05 5  /dev/dax0.0" >>"$TREE/proc/4242/maps"
tree_keep
k online dax0.0
expect_error "online: refused while a process has the device mapped" 4 \
	"${REFUSED/held open/mapped}"

blank
k online --verbose dax0.0
if [ "$rc" = 0 ] && ! grep -q "cannot check" "$WORK/err"; then
	ktap_pass "online: an empty device is checked and becomes memory"
else
	ktap_fail "online: an empty device is checked and becomes memory" "$err"
fi
blank
rm "$TREE/dev/dax0.0"
k online --verbose dax0.0
if [ "$rc" = 0 ] && grep -qx "kmemctl: dax0.0: cannot check it for data: /dev/dax0.0: No such file or directory" "$WORK/err"; then
	ktap_pass "online: what cannot be checked is not refused, --verbose says so"
else
	ktap_fail "online: what cannot be checked is not refused, --verbose says so" "$err"
fi

for kind in PMEMOBJ PMEMBLK PMEMLOG; do
	blank
	content "$kind" 0
	has_data "online: refused with a pool of PMDK, $kind" "$kind"
done
blank
content 'LUKS\xba\xbe\x00\x01' 0
has_data "online: refused with a LUKS header" crypto_LUKS
blank
mkswap -q "$TREE/dev/dax0.0" 2>/dev/null
has_data "online: refused with a swap area" swap
blank
content '\x00\x20\x21\x00\x83\x00\x00\x00\x00\x08\x00\x00\x00\x10\x00\x00' 446
content '\x55\xaa' 510
has_data "online: refused with a partition table" dos
blank
content '\x53\xef' $((0x438))
has_data "online: refused with a filesystem" ext2
DATA="kmemctl: dax0.0: it begins with a signature of ext2, so it may hold data"
k online --force dax0.0
expect "online --force: goes on over a signature, and says so" 0 "$ONLINE" \
	"$DATA; overwritten as asked"
k online dax0.0
expect "online: what is memory already is not checked" 0 \
	"dax0.0: already online: 6 blocks, 768M, Movable, node 1" ""
k offline dax0.0
k online dax0.0
expect "online: a signature that RAM left is no data" 0 "$ONLINE" ""
k offline dax0.0
content x 5000
has_data "online: refused when the pages changed since they were RAM" ext2
k online --force dax0.0
rm -r "$TREE"/sys/devices/system/memory/memory{3?,4?}
tree_bound dax0.0 device_dax
has_data "online: refused when another program than kmemctl ended its use as RAM" ext2

blank
content '\x53\xef' $((0x438))
echo offline >"$TREE/sys/devices/system/memory/auto_online_blocks"
k bind --force dax0.0
k offline dax0.0
has_data "offline: blocks that were not online leave data what it was" ext2

blank
content '\x53\xef' $((0x438))
k online --force dax0.0
echo offline >"$TREE/sys/devices/system/memory/memory49/state"
k offline dax0.0
k online dax0.0
expect "offline: notes the RAM of a device with a later block offline" 0 \
	"$ONLINE" ""
blank
printf '%#x\n' $((TREE_A + BLOCK / 2)) \
	>"$TREE/sys/devices/platform/dax0.0/mapping0/start"
echo $((11 * BLOCK / 2)) >"$TREE/sys/devices/platform/dax0.0/size"
content '\x53\xef' $((0x438))
k online --force dax0.0
k offline dax0.0
k online dax0.0
ktap_check "offline: what is before the first whole block of RAM is no data either" \
	test "$rc$err" = 0

blank
content '\x53\xef' $((0x438))
mkdir -p "$TREE/etc"
printf '[all]\nmode = system-ram\n' >"$TREE/etc/kmemctl.conf"
tree_keep
k apply
expect_error "apply: refused with data on the device" 4 \
	"$DATA; nothing was changed; save what it holds, $OR_FORCE"
echo "overwrite = yes" >>"$TREE/etc/kmemctl.conf"
k apply
expect "apply: goes on with overwrite = yes" 0 "$ONLINE" \
	"$DATA; overwritten as asked"

# online --exclusive
export FAKE_DRIVER=ours
tree_devdax "$WORK/t"
tree_parameter
exclusive() {
	cat "$TREE/sys/devices/platform/dax0.0/kmem/exclusive"
}
k online --exclusive dax0.0
expect "online --exclusive: becomes memory" 0 "$ONLINE" ""
ktap_check "online --exclusive: kmem/exclusive is 1" test "$(exclusive)" = 1
echo 0 >"$TREE/sys/devices/platform/dax0.0/kmem/exclusive"
k online --exclusive --dry-run dax0.0
ktap_check "online --exclusive --dry-run: the write is in the plan" \
	grep -q "echo 1 >.*/dax0.0/kmem/exclusive" "$WORK/out"
ktap_check "online --exclusive --dry-run: nothing is written" \
	test "$(exclusive)" = 0
k online --exclusive dax0.0
expect "online --exclusive: memory that is online already" 0 \
	"dax0.0: already online: 6 blocks, 768M, Movable, node 1" ""
ktap_check "online --exclusive: then kmem/exclusive is 1 as well" \
	test "$(exclusive)" = 1
echo 0 >"$TREE/sys/devices/platform/dax0.0/kmem/exclusive"
FAKE_FAULTS=1:EIO k online --exclusive dax0.0
expect "online --exclusive: a failed write leaves the memory online" 64 \
	"dax0.0: already online: 6 blocks, 768M, Movable, node 1" \
	"kmemctl: dax0.0: cannot write exclusive: Input/output error; the rest is done; see 'dmesg' for the kernel's reason"
unset FAKE_DRIVER
tree_devdax "$WORK/t"
tree_keep
k online --exclusive dax0.0
expect_error "online --exclusive: refused with a driver that does not know it" \
	4 "kmemctl: dax0.0: the kmem driver that is loaded does not know exclusive; nothing was changed; install dax-kmem: see 'dkms status'"
