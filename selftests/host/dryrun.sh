# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2153,SC2034
#
# --dry-run: nothing is touched, and the writes it prints are exactly those that
# the same command then makes; what else it says; and what it refuses.

# shell_lines FILE: of what was printed, what a shell would do
shell_lines() {
	grep -E '^(echo|modprobe) ' "$1"
}

# dry SENTENCE ARG...: a dry run touches nothing, and then the command itself
# makes the writes that were printed; with at least one of them.
dry() {
	local sentence=$1 before planned

	shift
	before=$(tree_print)
	k "$@" --dry-run
	planned=$(shell_lines "$WORK/out")
	if [ "$rc" != 0 ] || [ -n "$err" ]; then
		ktap_fail "$sentence: --dry-run succeeds" "exit $rc
$out
$err"
		return
	fi
	if [ -s "$WORK/log" ] || [ "$(tree_print)" != "$before" ]; then
		ktap_fail "$sentence: --dry-run writes nothing" \
			"$(cat "$WORK/log")"
		return
	fi
	FAKE_INSERT=1 k "$@" --verbose
	if [ "$rc" = 0 ] && [ -n "$planned" ] &&
	   [ "$(shell_lines "$WORK/err")" = "$planned" ]; then
		ktap_pass "$sentence: --dry-run prints the writes that are made"
	else
		ktap_fail "$sentence: --dry-run prints the writes that are made" \
			"exit $rc
$(diff <(echo "$planned") "$WORK/err")"
	fi
}

# runs SENTENCE ARG...: what a dry run prints from its heading on, run by a
# shell, leaves the tree as the command itself does.
runs() {
	local sentence=$1 status=0 after

	shift
	tree_keep
	k "$@" --dry-run
	sed -n "/^# would write/,\$ s, >/, 1<>$TREE/,p" "$WORK/out" \
		>"$WORK/script"
	FAKE_ROOT=$TREE FAKE_LOG=$WORK/log LD_PRELOAD=$WORK/fakekernel.so \
		sh -e "$WORK/script" >"$WORK/shell" 2>&1 || status=$?
	after=$(tree_print)
	tree_reset
	k "$@"
	if [ "$rc $status" = "0 0" ] && [ "$after" != "$BEFORE" ] &&
	   [ "$after" = "$(tree_print)" ]; then
		ktap_pass "$sentence: its plan can be run with sh -e"
	else
		ktap_fail "$sentence: its plan can be run with sh -e" \
			"exit $rc, of sh $status
$(cat "$WORK/script" "$WORK/shell")
$(diff <(echo "$after") <(tree_print))"
	fi
}

# there_and_back WHO: every way that dax0.0, held by device_dax, is taken
there_and_back() {
	dry "$1: online" online dax0.0
	dry "$1: from Movable to Normal" online --normal dax0.0
	dry "$1: offline" offline dax0.0
	dry "$1: online --normal" online --normal dax0.0
	dry "$1: from Normal to Movable" online --movable dax0.0
	dry "$1: offline again" offline dax0.0
	rm "$TREE/sys/devices/platform/dax0.0/driver"
	dry "$1: online without a driver" online dax0.0
	sed -i s/online/offline/ \
		"$TREE/sys/devices/system/memory/memory48/state"
	dry "$1: one block is offline" online dax0.0
	sed -i s/online/offline/ \
		"$TREE"/sys/devices/system/memory/memory{32,33,34,35,48,49}/state
	dry "$1: offline, all blocks are so already" offline dax0.0
}

tree_devdax "$WORK/t"
there_and_back "in-tree kmem"
echo online_movable >"$TREE/sys/devices/system/memory/auto_online_blocks"
dry "in-tree kmem: under a policy" online dax0.0
dry "in-tree kmem: back" offline dax0.0
export FAKE_DRIVER=state FAKE_ZONES=1
tree_devdax "$WORK/t"
there_and_back "kmem with state"
dry "kmem with state: online" online dax0.0
echo unplugged >"$TREE/sys/devices/platform/dax0.0/state"
rm -r "$TREE"/sys/devices/system/memory/memory{32,33,34,35,48,49}
dry "kmem with state: plugged from unplugged" online dax0.0
unset FAKE_ZONES
export FAKE_DRIVER=ours
tree_devdax "$WORK/t"
tree_parameter
there_and_back "our kmem"
dry "our kmem: online" online dax0.0
echo 1 >"$TREE/sys/devices/platform/dax0.0/kmem/exclusive"
sed -i s/online/offline/ "$TREE/sys/devices/system/memory/memory48/state"
dry "our kmem: all move, as kmem/exclusive is 1" online dax0.0
k offline dax0.0
tree_bound dax0.0 kmem
tree_held unplugged
dry "our kmem: online from unplugged" online dax0.0
unset FAKE_DRIVER

# The writes as a script, on a device with and without a driver.
for kind in in-tree state ours; do
	export FAKE_DRIVER=$kind
	tree_devdax "$WORK/t"
	[ $kind != ours ] || tree_parameter
	runs "kmem $kind: online" online dax0.0
	runs "kmem $kind: offline" offline dax0.0
	rm "$TREE/sys/devices/platform/dax0.0/driver"
	runs "kmem $kind: online without a driver" online --normal dax0.0
	k offline dax0.0
	tree_dev dax1.0 2 $((16 << 30)):$((2 * BLOCK))
	runs "kmem $kind: several devices" online all
done
unset FAKE_DRIVER
tree_devdax "$WORK/t"
rm "$TREE/sys/devices/platform/dax0.0/driver"
k online --dry-run dax0.0
ktap_check "a name that kmem does not know is given to it at once" test \
	"$(grep drivers/kmem "$WORK/out")" = \
	"echo dax0.0 >/sys/bus/dax/drivers/kmem/new_id
echo dax0.0 >/sys/bus/dax/drivers/kmem/remove_id"

# Where the memmap is to be.
tree_devdax "$WORK/t"
tree_memmap Y 0
dry "in-tree kmem: the memmap on the device" online --memmap-on-memory dax0.0
k offline dax0.0
export FAKE_DRIVER=ours
tree_parameter
dry "our kmem: the memmap in RAM" online --no-memmap-on-memory dax0.0
k offline dax0.0
tree_bound dax0.0 kmem
tree_held unplugged
dry "our kmem: bound, the memmap on the device" \
	online --memmap-on-memory dax0.0
tree_devdax "$WORK/t"
tree_memmap Y
tree_parameter
dry "our kmem of Linux 6.1: the memmap on the device" \
	online --memmap-on-memory dax0.0
dry "our kmem of Linux 6.1: back" offline dax0.0
unset FAKE_DRIVER

# Modules, several devices, and one that fails among them.
tree_devdax "$WORK/t"
rm -r "$TREE/sys/bus/dax/drivers/kmem"
mods=$TREE/lib/modules/$(uname -r)/updates/dkms
mkdir -p "$mods"
echo "int kmem;" | gcc -x c -c -o "$mods/kmem.ko" -
cp "$mods/kmem.ko" "$mods/device_dax.ko"
/sbin/depmod -b "$TREE" "$(uname -r)" 2>/dev/null
dry "a module that is not loaded" online dax0.0
ktap_check "a module that is not loaded: it is named" \
	grep -qx "modprobe kmem" "$WORK/err"
rm -r "$TREE/sys/bus/dax/drivers/device_dax"
dry "a module for the way back" offline dax0.0
tree_devdax "$WORK/t"
tree_dev dax1.0 2 $((16 << 30)):$((2 * BLOCK))
tree_bound dax1.0 device_dax
tree_keep
dry "several devices" online all
dry "several devices, back" offline all
tree_blocks $((16 << 30)) "$BLOCK" online Movable
tree_keep
k online --dry-run all
first=$(echo "$out" | head -n 1)
ktap_check "one of several that cannot work: the other is planned" \
	test "$rc $first" = "64 dax0.0: would be online: 6 blocks, 768M, Movable, node 1"
ktap_check "one of several that cannot work: its error is that of the real run" \
	test "$err" = "kmemctl: dax1.0: cannot bind to kmem: Device or resource busy; nothing was changed; its range is in use: 'kmemctl doctor' says if an unbind left it so"
ktap_check "one of several that cannot work: the tree is as it was" \
	test "$(tree_print)" = "$BEFORE"

# Of the blocks of dax1.0 both are left, below the reservation of its range.
tree_blocks $((16 << 30)) $((2 * BLOCK)) online Movable
mkdir -p "$TREE/proc"
printf '%x-%x : dax1.0\n' $((16 << 30)) $(((16 << 30) + 2 * BLOCK - 1)) \
	>"$TREE/proc/iomem"
mkdir -p "$TREE/sys/module/kmem/parameters"
echo policy >"$TREE/sys/module/kmem/parameters/bind_state"
k offline --dry-run dax1.0
ktap_check "memory that the kernel's own kmem left can go offline" \
	test "$rc $err" = "0 "

# What else it says.
tree_devdax "$WORK/t"
tree_memmap Y 0
k online --dry-run --memmap-on-memory dax0.0
ktap_check "the memmap on the device takes no RAM" \
	grep -qx "  memmap: 12M of the device itself" "$WORK/out"
info() {
	grep "^  $1" "$WORK/out" | sed 's/^ *//'
}
tree_new "$WORK/t"
tree_dev dax0.0 1 "$((TREE_A + (16 << 20))):$((4 * BLOCK - (24 << 20)))"
tree_bound dax0.0 device_dax
mkdir -p "$TREE/proc" "$TREE/sys/module/memory_hotplug/parameters" \
	"$TREE/sys/devices/system/node/node"{0,1} "$TREE/etc/udev/rules.d"
printf 'MemTotal: 2097152 kB\nMemAvailable: 5120 kB\n' >"$TREE/proc/meminfo"
cat >"$TREE/proc/zoneinfo" <<EOT
Node 0, zone   Normal
  pages free     768
        spanned  262144
        present  262144
  start_pfn: 0
Node 1, zone  Movable
  pages free     256
        spanned  512
        present  512
      nr_zone_inactive_file 192
      nr_zone_active_file 64
  start_pfn: 1048576
EOT
echo 30 >"$TREE/sys/module/memory_hotplug/parameters/auto_movable_ratio"
node=$TREE/sys/devices/system/node
echo 0-1 >"$node/online"
echo 0 >"$node/has_cpu"
echo "10 20" >"$node/node0/distance"
echo "20 10" >"$node/node1/distance"
mkdir -p "$node/node1/access0/initiators"
for word in read_latency:120 write_latency:150 read_bandwidth:9000 \
	    write_bandwidth:5000; do
	echo "${word#*:}" >"$node/node1/access0/initiators/${word%:*}"
done
mkdir -p "$TREE/sys/devices/virtual/memory_tiering/memory_tier22"
echo 1 >"$TREE/sys/devices/virtual/memory_tiering/memory_tier22/nodelist"
echo 'SUBSYSTEM=="memory", ACTION=="add", ATTR{state}="online"' \
	>"$TREE/etc/udev/rules.d/40-hot.rules"
k online --dry-run dax0.0
expect_has() {
	if [ "$(info "$2")" = "$3" ]; then
		ktap_pass "$1"
	else
		ktap_fail "$1" "$out"
	fi
}
expect_has "what alignment loses, and what would lose nothing" \
	"\(  of\|lost\)" "lost to alignment: 232M
of 0x101000000-0x11f7fffff: a start of 0x108000000 and a size of 256M, 268435456 bytes, would lose none"
expect_has "what the memmap takes, and what there is" memmap \
	"memmap: 4M of RAM, of which 3M are available"
expect_has "movable memory that is no risk is not mentioned" zone ""
expect_has "the node's tier, distance and figures" node \
	"node 1: memory tier 22, distance 20, latency 120 ns read, 150 ns write, 9000 MB/s read, 5000 MB/s write"
expect_has "rules, the policy, and a memmap too large are conflicts" conflict \
	"conflict: auto-online: auto_online_blocks is online: memory that another program binds may go to zone Normal; boot with memhp_default_state=offline, or bind with kmemctl only
conflict: udev-rules: /etc/udev/rules.d/40-hot.rules:1 onlines memory blocks by itself; disable it: create an empty file of that name in /etc/udev/rules.d
conflict: memmap: it does not fit into RAM; free RAM, or boot with memory_hotplug.memmap_on_memory=1, then use --memmap-on-memory"
echo contig-zones >"$TREE/sys/module/memory_hotplug/parameters/online_policy"
sed -i 's/262144/16384/' "$TREE/proc/zoneinfo"
k online --dry-run dax0.0
expect_has "movable memory that is a risk, in words" zone \
	"zone Movable: would be 4.0 times as large as the other zones; the kernel cannot keep its own data there and may run out of memory: up to 3 is usually fine, --normal adds to the other zones"
k online --normal --dry-run dax0.0
expect_has "memory in zone Normal is no such risk" zone ""
sed -i 's/16384/262144/' "$TREE/proc/zoneinfo"
echo auto-movable >"$TREE/sys/module/memory_hotplug/parameters/online_policy"
k online --dry-run dax0.0
expect_has "movable memory against the kernel's limit, where it has one" zone \
	"zone Movable: would be 0.2 times as large as the other zones; with online_policy=auto-movable the kernel itself would stop at 0.3"
k online --dry-run -J -b dax0.0
ktap_check "dry-run -J: each key is in the manual" documented "JSON OF THE PLAN"
# json KEY...: their values for the first device
json() {
	# shellcheck disable=SC2016 # perl's
	perl -MJSON::PP -0777 -e '
		my $device = decode_json(<STDIN>)->{devices}[0];
		print join("|", map { ref $_ ? "[@$_]" : $_ // "null" }
			@$device{@ARGV})' "$@" <"$WORK/out"
}
ktap_check "-J: the same as JSON" test \
	"$(json device becomes node blocks size zones lost memmap memmap_size available movable_ratio movable_limit tier read_latency)" = \
	"dax0.0|online|1|2|268435456|Movable|243269632|ram|4194304|3145728|25|30|22|120"
ktap_check "-J: what is many is an array" test \
	"$(json lossless)" = "[0x108000000-0x117ffffff]"
ktap_check "-J: the writes are there" \
	grep -q '"echo online_movable >/sys/devices/system/memory/memory33/state"' \
	"$WORK/out"
export FAKE_DRIVER=ours
tree_parameter
tree_keep
k online --dry-run dax0.0
expect_error "our kmem: what its memmap does not fit for is refused as it would be" 1 \
	"kmemctl: dax0.0: its memmap does not fit into RAM: Cannot allocate memory; nothing was changed; free RAM, or boot with memory_hotplug.memmap_on_memory=1, then use --memmap-on-memory"
unset FAKE_DRIVER

tree_kmem "$WORK/t" online Movable
tree_keep
k online --dry-run dax0.0
expect "what is so already needs no write, and says so" 0 \
	"dax0.0: already online: 6 blocks, 768M, Movable, node 1" ""
k offline --dry-run dax0.0
first=$(echo "$out" | head -n 2)
ktap_check "offline: what would become of it, and what it gives back" test \
	"$first" = "dax0.0: would be offline: driver device_dax
  memmap: gives back 12M of RAM"
tree_new "$WORK/t"
tree_dev dax0.0 -1 "$TREE_A:$BLOCK"
tree_bound dax0.0 device_dax
tree_keep
k online --dry-run dax0.0
expect_error "a device without a node is refused as it would be" 1 \
	"kmemctl: dax0.0: it has no target node; nothing was changed; check SRAT, HMAT and 'ndctl list -v'"
