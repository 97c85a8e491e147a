#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What bind refuses, with which errno and which words, and that nothing of a
# refused or failed bind is left. Needs the test modules dax_fake and
# memory_veto, a node 1 without other dax devices, 2G of RAM at 4G that the
# kernel was told to leave alone (memmap=2G$4G), and 46 bits of mappable memory
# (no5lvl). Changes the memory of the machine: KMEM_TEST_DEV=dax102.0.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh

[ "${KMEM_TEST_DEV-}" = dax102.0 ] ||
	ktap_skip_all "changes the memory of this machine; set KMEM_TEST_DEV=dax102.0 to run it"
grep -q -- '-17fffffff : Reserved' /proc/iomem ||
	ktap_skip_all "no spare RAM at 4G, boot with memmap=2G\$4G"
TMP=$(mktemp -d)
POLICY=$(cat $MEMORY/auto_online_blocks)

readonly G4=$((4 << 30)) MB=$((1 << 20)) UNMAPPABLE=$((1 << 46))

# The regions, from dax100.0 on: start, size, how much the device takes, node.
REGIONS="
$G4                  $((256 * MB)) 0 -1
$((G4 + 256 * MB))   $((256 * MB)) 0 1000
$((G4 + 512 * MB))   $((256 * MB)) 0 0
$((G4 + 770 * MB))   $((130 * MB)) 0 1
$((G4 + 1026 * MB))  $((300 * MB)) 0 1
$((1 << 30))         $((256 * MB)) 0 1
$((G4 + 1536 * MB))  $((UNMAPPABLE - G4)) $((128 * MB)) 1
"

column() {
	awk -v n="$1" 'NF { printf "%s%s", comma, $n; comma = "," }' <<<"$REGIONS"
}

load_fake() {
	modprobe dax_fake "start=$(column 1)" "size=$(column 2)" \
		"used=$(column 3)" "node=$(column 4)"
}

restore() {
	set_policy "$POLICY"
	rmmod dax_fake memory_veto 2>/dev/null
	rm -rf "$TMP"
}
trap restore EXIT

# refused SENTENCE DEV ERRNO PATTERN: bind fails so, says so, leaves nothing
refused() {
	local got

	unbind "$2"
	snapshot "$TMP/attempt"
	log_mark
	got=$(bind_kmem "$2")
	if [ "$got" = "$3" ]; then
		ktap_pass "$1: bind fails with $3"
	else
		ktap_fail "$1: bind fails with $3" "bind: '$got'"
	fi
	ktap_check "$1: the message says why" logged "$4"
	ktap_check "$1: nothing is left of the attempt" same "$TMP/attempt"
}

add_mapping() {
	printf '%x-%x' "$2" $(($2 + $3 - 1)) >"$DAX/$1/mapping"
}

leaves_no_memory() {
	echo "$1" >"$DRIVERS/kmem/unbind"
	same "$TMP/before"
}

modprobe device_dax
load_fake || ktap_skip_all "no test module dax_fake"
kmem_require
modprobe memory_veto || ktap_skip_all "no test module memory_veto"
set_policy offline

refused "negative target node" dax100.0 "Invalid argument" \
	'target node -1: the firmware assigns no NUMA node .*SRAT.*ndctl list -v'
refused "target node that cannot exist" dax101.0 "Invalid argument" \
	'target node 1000: not a possible node.*SRAT.*ndctl list -v'
refused "device without one whole memory block" dax103.0 "Invalid argument" \
	'no range holds a whole memory block of 128 MiB'
refused "range that is ordinary RAM" dax105.0 "Device or resource busy" \
	'mapping0: 0x40000000-0x4fffffff could not be reserved.*/proc/iomem'

unbind dax102.0
snapshot "$TMP/before"
log_mark
ktap_check "target node that has CPUs: bind succeeds" bind_kmem dax102.0
ktap_check "target node that has CPUs: a warning says what that means" \
	logged 'target node 0 has CPUs: slow memory joins'
each_block dax102.0 online_movable
ktap_check "a device that disappears leaves its online memory in use" \
	rmmod dax_fake
ktap_check "its reservation still has its name" test -n "$(ranges dax102.0)"
modprobe dax_fake start=$((G4 + 512 * MB)) size=$((256 * MB))
ktap_check "a device of another name and the same range takes it over" \
	bind_kmem dax100.0
each_block dax102.0 offline
unbind dax100.0
ktap_check "and gives it back" test -z "$(ranges dax102.0)"
echo dax100.0 >"$DRIVERS/kmem/remove_id"
rmmod dax_fake
# device_dax would be first. The bus binds a device before it has a mapping0.
rmmod device_dax
load_fake
ktap_check "a device that kmem knows is bound when it is created" \
	equals "$(driver_of dax102.0)" kmem
modprobe device_dax

log_mark
unbind dax104.0
snapshot "$TMP/before"
ktap_check "unaligned range: bind succeeds" bind_kmem dax104.0
ktap_check "unaligned range: the message names the bytes lost" \
	logged 'mapping0: 0x140200000-0x152dfffff truncated to 0x148000000-0x14fffffff, 180355072 bytes lost'
ktap_check "unaligned range: only whole memory blocks are used" \
	test "$(ranges dax104.0)" = "148000000 14fffffff"
ktap_check "unaligned range: all of it goes away" leaves_no_memory dax104.0
forget dax104.0

# dax106.0 grows range by range
add_mapping dax106.0 $((G4 + 1666 * MB)) $((2 * MB))
log_mark
unbind dax106.0
snapshot "$TMP/before"
ktap_check "device of two ranges, one too small: bind succeeds" \
	bind_kmem dax106.0
ktap_check "device of two ranges, one too small: the message names it" \
	logged 'mapping1: 0x168200000-0x1683fffff holds no whole memory block'
ktap_check "device of two ranges, one too small: the other is used" \
	test "$(ranges dax106.0)" = "160000000 167ffffff"
ktap_check "device of two ranges, one too small: all of it goes away" \
	leaves_no_memory dax106.0

add_mapping dax106.0 $((G4 + 1792 * MB)) $((128 * MB))
set_policy online_movable
# kmem still knows the device: bind makes one attempt, which the veto meets
for nth in 1 2; do
	echo $nth >/sys/module/memory_veto/parameters/online
	refused "onlining that fails at block $nth of 2" dax106.0 \
		"Input/output error" 'could not be set online_movable \(-5\), rolling back'
done
snapshot "$TMP/before"
ktap_check "device of two good ranges: bind succeeds" bind_kmem dax106.0
ktap_check "device of two good ranges: both are online" \
	test "$(count_online dax106.0)" -eq 2
each_block dax106.0 offline
ktap_check "device of two good ranges: all of it goes away" \
	leaves_no_memory dax106.0

add_mapping dax106.0 $UNMAPPABLE $((128 * MB))
refused "later range that cannot be added" dax106.0 "Argument list too long" \
	'mapping3: 0x400000000000-0x400007ffffff could not be added to node 1 \(-7\)'
set_policy offline

ktap_done
