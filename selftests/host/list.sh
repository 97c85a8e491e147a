# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# What list prints: each state, each column, table and JSON, with and without
# the right to read ranges.

tree_devdax "$WORK/t"
k
expect "list is the command when none is given" 0 \
"DEVICE SIZE USABLE LOST NODE DISTANCE TIER DRIVER     STATE  BLOCKS ZONES
dax0.0 768M   768M   0B    1        -    - device_dax devdax -      -" ""

k list -n -o device,STATE
expect "-n leaves the headings out, and case in -o does not matter" 0 \
	"dax0.0 devdax" ""

k -b -n -o SIZE
expect "-b prints bytes" 0 "805306368" ""

k -n -o +ALIGN,SIZE
expect "-o +COL adds to the default, a column twice appears once" 0 \
	"dax0.0 768M 768M 0B 1 - - device_dax devdax - - 2M" ""

k -o RESOURCE,RANGES,LOST,NUMA_NODE,TOTAL,ONLINE
expect "every range has a line" 0 \
"RESOURCE    RANGES                  LOST NUMA_NODE TOTAL ONLINE
0x100000000 0x100000000-0x11fffffff   0B         0     6      0
            0x180000000-0x18fffffff                      " ""

k -o DEVICE,FROB
expect "an unknown column is refused" 2 "" \
	"kmemctl: unknown column 'FROB'; 'kmemctl list --help' shows the columns"
k -o ""
expect "an empty column is refused" 2 "" \
	"kmemctl: unknown column ''; 'kmemctl list --help' shows the columns"
k -o DEV
expect "half a column name is refused" 2 "" \
	"kmemctl: unknown column 'DEV'; 'kmemctl list --help' shows the columns"

# state SENTENCE STATE BLOCKS ZONES
state() {
	k -n -o STATE,BLOCKS,ZONES
	expect "$1" 0 "$2 $3 $4" ""
}

tree_bound dax0.0 fsdev_dax
state "another dax driver is state other" other - -
rm "$TREE/sys/devices/platform/dax0.0/driver"
state "no driver is state unbound" unbound - -
tree_bound dax0.0 kmem
state "kmem without memory blocks is state unplugged" unplugged - -
tree_kmem "$WORK/t" offline "Normal Movable"
state "all blocks offline is state offline" offline 0/6 -
tree_blocks "$TREE_B" $((2 * BLOCK)) online Movable
state "some blocks online is state partial" partial 2/6 Movable
tree_kmem "$WORK/t" online Movable
state "all blocks online is state online" online 6/6 Movable
tree_blocks "$TREE_B" $((2 * BLOCK)) online Normal
state "zones are counted when they differ" online 6/6 "Movable:4 Normal:2"
tree_blocks "$TREE_B" "$BLOCK" online none
state "a block in several zones is seen" online 6/6 \
	"Movable:4 none:1 Normal:1"
tree_blocks "$TREE_B" "$BLOCK" going-offline Movable
state "a block going offline still counts as online" online 6/6 \
	"Movable:5 Normal:1"
rm -r "$TREE/sys/devices/system/memory/memory49"
state "a block that is missing makes it partial" partial 5/6 Movable
rm "$TREE/sys/devices/platform/dax0.0/driver"
state "memory without kmem is state stranded" stranded 5/6 Movable

# A foreign block between the two ranges of a device is not the device's.
tree_kmem "$WORK/t" online Movable
tree_blocks $((TREE_A + 4 * BLOCK)) $((4 * BLOCK)) offline "Normal Movable"
state "blocks between two ranges are somebody else's" online 6/6 Movable

tree_new "$WORK/t"
tree_dev dax0.0 1 "$((TREE_A + (2 << 20))):$((3 * BLOCK))" \
	"$TREE_B:$((BLOCK - (2 << 20)))"
k -n -o DEVICE,SIZE,TOTAL,LOST
expect "bytes outside whole blocks are lost" 0 "dax0.0 510M 2 254M" ""
k -bn -o LOST
expect "LOST is exact with -b" 0 "266338304" ""

tree_new "$WORK/t"
k
expect "a bus without devices is no error" 0 "" "kmemctl: no dax device"
k --json
expect "a bus without devices is an empty array in JSON" 0 \
'{
   "devices": [

   ]
}' "kmemctl: no dax device"

tree_dev dax10.0 3 "$((16 << 30)):$BLOCK"
tree_dev dax2.0 -1 "$((12 << 30)):$((12 * BLOCK))"
tree_dev dax0.1 2
k
expect "devices are in the order of their numbers; no node is a dash" 0 \
"DEVICE  SIZE USABLE LOST NODE DISTANCE TIER DRIVER STATE   BLOCKS ZONES
dax0.1    0B     0B   0B    2        -    - -      unbound -      -
dax2.0  1.5G   1.5G   0B    -        -    - -      unbound -      -
dax10.0 128M   128M   0B    3        -    - -      unbound -      -" ""
k list -n -o DEVICE dax10.0 dax2.0
expect "list shows the devices named" 0 "dax10.0
dax2.0" ""

tree_kmem "$WORK/t" online Movable
k -J
expect "JSON has lower-case keys, and numbers where they are numbers" 0 \
'{
   "devices": [
      {
         "device": "dax0.0",
         "size": "768M",
         "usable": "768M",
         "lost": "0B",
         "node": 1,
         "distance": null,
         "tier": null,
         "driver": "kmem",
         "state": "online",
         "blocks": "6/6",
         "zones": "Movable"
      }
   ]
}' ""
k -Jb -o SIZE,ONLINE,TOTAL,RANGES,LOST,ALIGN,NUMA_NODE,RESOURCE
expect "JSON with -b has sizes as numbers and ranges as an array" 0 \
'{
   "devices": [
      {
         "size": 805306368,
         "online": 6,
         "total": 6,
         "ranges": [
             "0x100000000-0x11fffffff", "0x180000000-0x18fffffff"
         ],
         "lost": 0,
         "align": 2097152,
         "numa_node": 0,
         "resource": "0x100000000"
      }
   ]
}' ""
# shellcheck disable=SC2016 # perl's
ktap_check "JSON is valid" \
	perl -MJSON::PP -0777 -ne 'decode_json($_)' "$WORK/out"
k -J --output-all
ktap_check "each key of list's JSON is in the manual" \
	documented COLUMNS

ROOT_HINT="kmemctl: run as root to see memory blocks, zones and ranges"
k_user
expect "without root what is unknown is a dash, and one line says why" 0 \
"DEVICE SIZE USABLE LOST NODE DISTANCE TIER DRIVER STATE BLOCKS ZONES
dax0.0 768M      -    -    1        -    - kmem   -     -      -" "$ROOT_HINT"
k_user -J -o DEVICE,STATE,ONLINE,SIZE
expect "without root what is unknown is null in JSON" 0 \
'{
   "devices": [
      {
         "device": "dax0.0",
         "state": null,
         "online": null,
         "size": "768M"
      }
   ]
}' "$ROOT_HINT"
# The libsmartcols of Debian 12 and that of 13 differ.
k_user -J -o RANGES
ktap_check "without root the array of ranges holds null, or nothing" \
	test "$(tr -d ' \n' <<<"${out/null/}")" = '{"devices":[{"ranges":[]}]}'
k_user -n -o DEVICE,SIZE
expect "without root there is no hint when nothing is missing" 0 \
	"dax0.0 768M" ""
tree_bound dax0.0 device_dax
k_user -n -o STATE
expect "state devdax needs no root" 0 "devdax" "$ROOT_HINT"

# What our driver has on record: with a device that has the memory, or alone.
tree_devdax "$WORK/t"
stranded=$TREE/sys/bus/dax/drivers/kmem/stranded
echo "dax0.0 1 0x100000000-0x11fffffff 0x180000000-0x18fffffff" >"$stranded"
tree_blocks "$TREE_A" $((4 * BLOCK)) online Movable
tree_blocks "$TREE_B" $((2 * BLOCK)) offline "Normal Movable"
rm "$TREE/sys/devices/platform/dax0.0/driver"
k -n
expect "stranded memory is told with a device that has its ranges" 0 \
	"dax0.0 768M 768M 0B 1 - - - stranded 4/6 Movable" ""
echo "dax7.1 3 0x200000000-0x20fffffff" >>"$stranded"
chmod 600 "$stranded"
k_user -n -o DEVICE,SIZE
expect "without root memory without a device is missed, and one line says so" 0 \
	"dax0.0 768M" \
	"kmemctl: run as root to see memory left by devices that are gone"
k_user -n -o RANGES
expect "without root that is said with what else is missing" 0 "-" \
	"$ROOT_HINT, and memory left by devices that are gone"
k_user list -n -o DEVICE,SIZE dax0.0
expect "without root there is no word of it when a device is named" 0 \
	"dax0.0 768M" ""
chmod 644 "$stranded"
tree_blocks $((8 << 30)) $((2 * BLOCK)) online Normal
k
expect "stranded memory of a device that is gone has a line" 0 \
"DEVICE SIZE USABLE LOST NODE DISTANCE TIER DRIVER STATE    BLOCKS ZONES
dax0.0 768M   768M   0B    1        -    - -      stranded 4/6    Movable
dax7.1 256M   256M   0B    3        -    - -      stranded 2/2    Normal" ""
k -J -o DEVICE,STATE,ONLINE,RANGES
expect "stranded memory is in the JSON" 0 \
'{
   "devices": [
      {
         "device": "dax0.0",
         "state": "stranded",
         "online": 4,
         "ranges": [
             "0x100000000-0x11fffffff", "0x180000000-0x18fffffff"
         ]
      },{
         "device": "dax7.1",
         "state": "stranded",
         "online": 2,
         "ranges": [
             "0x200000000-0x20fffffff"
         ]
      }
   ]
}' ""
k list -n -o DEVICE dax0.0
expect "a device asked for by name is shown alone" 0 "dax0.0" ""
echo "dax7.1 what" >"$stranded"
k -n
expect "a record that makes no sense is an error" 1 "" \
	"kmemctl: cannot read what is stranded: unexpected value; see 'dmesg' for the kernel's reason"

# Our driver tells anybody how many blocks are where.
export FAKE_DRIVER=ours
tree_kmem "$WORK/t" online Movable
tree_held online_movable
cat >"$TREE/sys/devices/platform/dax0.0/kmem/zones" <<END
offline:2 Movable:4
END
k_user -n -o STATE,BLOCKS,ZONES
expect "with our driver blocks and zones need no root" 0 \
	"partial 4/6 Movable" ""
k_user -n -o STATE,RANGES
expect "with our driver ranges still do" 0 "partial -" "$ROOT_HINT"
for bad in Movable Movable: :3 Movable:x Movable:-1 Movable:3x; do
	echo "$bad" >"$TREE/sys/devices/platform/dax0.0/kmem/zones"
	k_user -n -o STATE
	expect "kmem/zones that says '$bad' is not believed" 0 "-" "$ROOT_HINT"
done
unset FAKE_DRIVER

# Distance, tier, memmap, source: what the system around the device says.
tree_kmem "$WORK/t" online Movable
NODES=$TREE/sys/devices/system/node
mkdir -p "$NODES"/node{0,1,4} "$TREE"/sys/devices/virtual/memory_tiering/memory_tier{4,22}
echo 0-1,4 >"$NODES/online"
echo 0,4 >"$NODES/has_cpu"
echo "10 17 40" >"$NODES/node0/distance"
echo "17 10 28" >"$NODES/node1/distance"
echo 0,4 >"$TREE/sys/devices/virtual/memory_tiering/memory_tier4/nodelist"
echo 1 >"$TREE/sys/devices/virtual/memory_tiering/memory_tier22/nodelist"
k -n -o DISTANCE,TIER
expect "the distance is that from the nearest node with CPUs" 0 "17 22" ""
echo 1,4 >"$NODES/has_cpu"
k -n -o DISTANCE
expect "a node with CPUs of its own is at distance 10" 0 "10" ""
echo 4 >"$NODES/has_cpu"
k -n -o DISTANCE
expect "nodes that are not online have no place in the distances" 0 "28" ""
echo "17 x" >"$NODES/node1/distance"
echo 0-9999 >"$TREE/sys/devices/virtual/memory_tiering/memory_tier22/nodelist"
k -n -o DISTANCE,TIER
expect "what cannot be understood is not known" 0 "- -" ""

k -n -o MEMMAP,MEMMAP_SIZE
expect "the memmap is in RAM, a 64th of the memory" 0 "ram 12M" ""
echo 1 >"$TREE/sys/devices/platform/dax0.0/memmap_on_memory"
mkdir -p "$TREE/sys/module/memory_hotplug/parameters"
echo N >"$TREE/sys/module/memory_hotplug/parameters/memmap_on_memory"
k -n -o MEMMAP
expect "the memmap is in RAM when the kernel's parameter says so" 0 "ram" ""
echo Y >"$TREE/sys/module/memory_hotplug/parameters/memmap_on_memory"
k -n -o MEMMAP
expect "a driver that does not say where the memmap is" 0 "-" ""
mkdir "$TREE/sys/devices/platform/dax0.0/kmem"
echo 14680064 >"$TREE/sys/devices/platform/dax0.0/kmem/memmap_bytes"
k -n -o MEMMAP,MEMMAP_SIZE
expect "a driver that says that the memmap is on the device" 0 "device 14M" ""
echo 0 >"$TREE/sys/devices/platform/dax0.0/kmem/memmap_bytes"
k -n -o MEMMAP,MEMMAP_SIZE
expect "a driver that says that it is not" 0 "ram 12M" ""

k -n -o EXCLUSIVE
expect "a driver without kmem/exclusive leaves it open" 0 "-" ""
k -J -o EXCLUSIVE
ktap_check "and null in JSON" grep -qx ' *"exclusive": null' "$WORK/out"
echo 1 >"$TREE/sys/devices/platform/dax0.0/kmem/exclusive"
k -n -o EXCLUSIVE
expect "kmem/exclusive of 1 is true" 0 "true" ""
k -J -o EXCLUSIVE
ktap_check "and true in JSON" grep -qx ' *"exclusive": true' "$WORK/out"
echo 0 >"$TREE/sys/devices/platform/dax0.0/kmem/exclusive"
k -J -o EXCLUSIVE
ktap_check "kmem/exclusive of 0 is false" grep -qx ' *"exclusive": false' "$WORK/out"

k -n -o SOURCE
expect "a device nothing is known of has no source" 0 "-" ""
mkdir -p "$TREE/sys/bus/platform" "$TREE/sys/devices/platform/hmem.0"
ln -s ../../../bus/platform "$TREE/sys/devices/platform/hmem.0/subsystem"
mv "$TREE/sys/devices/platform/dax0.0" "$TREE/sys/devices/platform/hmem.0/"
ln -sfn ../../../devices/platform/hmem.0/dax0.0 "$TREE/sys/bus/dax/devices/dax0.0"
k -n -o SOURCE
expect "soft-reserved memory is known by its place" 0 \
	"soft-reserved 0x100000000+0x90000000" ""

tree_kmem "$WORK/t" online Movable
k -P -b -o DEVICE,SIZE,RANGES,TIER
expect "--pairs prints names and values for a script" 0 \
	'DEVICE="dax0.0" SIZE="805306368" RANGES="0x100000000-0x11fffffff,0x180000000-0x18fffffff" TIER="-"' ""
k -P -n -o DEVICE
expect "--pairs keeps the names without headings" 0 'DEVICE="dax0.0"' ""
k -r -o DEVICE,NODE,DRIVER,STATE
expect "--raw prints one space between values" 0 "DEVICE NODE DRIVER STATE
dax0.0 1 kmem online" ""
k --output-all -P
all=$(tr ' ' '\n' <"$WORK/out" | grep -c =)
ktap_check "--output-all prints all 21 columns" test "$all" -eq 21
