# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153,SC2154
#
# What why and map say of pages, holders and logs that a tree shows, and what
# they say when a file of those is missing, short or garbage.

NO_KCORE="kmemctl: cannot read pinned pages: /proc/kcore: No such file or directory"

tree_pages "$WORK/t" Movable
tree_keep
k why dax0.0
expect "why: free memory can go offline" 0 \
"dax0.0: offlinable: yes, 6 of 6 online blocks

CAUSE SIZE BLOCKS EFFECT
free  768M      6 no obstacle

BLOCK       COUNT ZONE    OFFLINABLE USED FREE REASON
memory32-35     4 Movable yes          0B 512M -
memory48-49     2 Movable yes          0B 256M -" "$NO_KCORE"

DB=$(stat -c %i "$TREE/sys/fs/cgroup/db.service")
pages 32 0 256 "$ANON" "$DB"
pages 32 256 16 "$MLOCKED" "$DB"
pages 33 0 8 "$FILE"
pages 33 8 4 "$SHMEM" 424242
pages 48 512 512 "$HUGE"
mapper 77 db $((32 * PER_BLOCK)) 272
k why dax0.0
expect "why: names what moves, who maps it, who is charged" 0 \
"dax0.0: offlinable: yes, 6 of 6 online blocks

CAUSE     SIZE BLOCKS EFFECT
free    764.9M      6 no obstacle
anon        1M      1 is moved
mlocked    64K      1 is moved
file       32K      1 is moved
shmem      16K      1 is moved
hugetlb     2M      1 is moved

BLOCK       COUNT ZONE    OFFLINABLE USED   FREE REASON
memory32-35     4 Movable yes        1.1M 510.9M -
memory48-49     2 Movable yes          2M   254M -

PID COMMAND          SIZE PAGES                           CGROUP
 77 db               1.1M anon 1M, mlocked 64K            /db.service
  - (mapped by none)   2M file 32K, shmem 16K, hugetlb 2M -

CGROUP       SIZE PAGES
/db.service  1.1M anon 1M, mlocked 64K
inode 424242  16K shmem 16K" "$NO_KCORE"
k why -bn -o block,ANON,mlocked,offlinable dax0.0
expect "why: -o gives each block a row, -b bytes" 0 \
"memory32 1048576 65536 yes
memory33       0     0 yes
memory34       0     0 yes
memory35       0     0 yes
memory48       0     0 yes
memory49       0     0 yes" "$NO_KCORE"
k why -J dax0.0
# shellcheck disable=SC2016 # perl's
ktap_check "why: JSON is valid, and holds all" \
	perl -MJSON::PP -0777 -ne '$j = decode_json($_);
		die $_ unless @{$j->{blocks}} == 6 &&
			$j->{verdict}[0]{offlinable} eq "yes" &&
			$j->{processes}[0]{pid} == 77 &&
			$j->{cgroups}[0]{cgroup} eq "/db.service"' "$WORK/out"
BEFORE=$(tree_print)
k why dax0.0
after=$(tree_print)
ktap_check "why: changes nothing" test "$BEFORE" = "$after"

# verdict SENTENCE RC ZONE FLAGS COUNT VERDICT REASON: of one block
verdict() {
	tree_reset
	[ "$3" = Movable ] || tree_pages "$TREE" "$3"
	pages 34 100 "$5" "$4"
	k why -n -o OFFLINABLE,REASON 34
	expect "why: $1" "$2" "$6 $7" "$NO_KCORE"
}

verdict "slab in zone Normal keeps a block" 4 Normal "$SLAB" 3 no \
	"slab 12K: the kernel's own, never moved"
verdict "page tables in zone Normal keep a block" 4 Normal "$TABLE" 1 no \
	"pagetable 4K: the kernel's own, never moved"
verdict "reserved pages keep a block in zone Movable" 4 Movable "$RESERVED" 2 no \
	"reserved 8K: the kernel's own, never moved"
verdict "a hole keeps a block" 4 Movable "$HOLE" 1 no "it has holes"
verdict "unclear pages in zone Normal leave it open" 4 Normal "$UNCLEAR" 1 maybe \
	"unclear 4K: free or the kernel's own"
verdict "unclear pages in zone Movable are no obstacle" 0 Movable "$UNCLEAR" 1 \
	yes "-"
verdict "poisoned pages are no obstacle" 0 Normal "$POISONED" 1 yes "-"
verdict "what a balloon took is no obstacle" 0 Normal "$BALLOON" 9 yes "-"
verdict "anon memory in zone Normal is no obstacle" 0 Normal "$ANON" 9 yes "-"
verdict "a block in several zones cannot go" 4 none "$FREE" 1 no \
	"it lies in more than one zone or node"

tree_reset
pages 34 0 512 "$MEMMAP"
pages 34 600 1 "$MEMMAP"
k why -n -o MEMMAP,UNCLEAR memory34
expect "why: the memmap is at the start of its block" 0 "2M 4K" "$NO_KCORE"

tree_reset
node 0 1000
pages 32 0 1024 "$ANON"
k why dax0.0
expect_lines "why: no room on all other nodes" 4 \
	"dax0.0: offlinable: no, 6 of 6 online blocks; 4M would have to move, but all other nodes have room for 1000K"

# node 0 has 4100K free, of which its zones keep 200 and 300 pages
tree_reset
node 0 4100
cat >"$TREE/proc/zoneinfo" <<EOT
Node 0, zone    DMA32
        min      100
        low      150
        high     200
        spanned  524288
        present  524288
  start_pfn: 0
Node 0, zone   Normal
        min      200
        low      250
        high     300
        spanned  524288
        present  524288
  start_pfn: 524288
Node 1, zone  Movable
        min      0
        low      0
        high     0
        spanned  589824
        present  196608
  start_pfn: 1048576
EOT
pages 32 0 1024 "$ANON"
k why dax0.0
expect_lines "why: what zones keep below their high watermark is no room" 4 \
	"dax0.0: offlinable: no, 6 of 6 online blocks; 4M would have to move, but all other nodes have room for 2.1M"
rm "$TREE/proc/zoneinfo"

tree_reset
cat >"$TREE/dev/kmsg" <<'END'
6,1,1000,-;page:0 refcount:9 mapcount:9 mapping:0 index:0 pfn:0x1
4,2,1500000,-;page dumped because: not ours
4,3,2500000,-;page:0badcafe refcount:3 mapcount:1 mapping:0 index:0x7f pfn:0x110010
 SUBSYSTEM=x
4,4,2500001,-;anon flags: 0x5(lru)
4,5,2500002,-;page dumped because: migration failure
3,6,3000000,-;kmem dax0.0: memory34 could not be offlined (-16), putting all back
3,7,3000000,-;kmem dax9.0: memory34 could not be offlined (-16), putting all back
END
k why dax0.0
expect_lines "why: shows what the kernel said of its pages, and kmem" 0 \
"SINCE_BOOT BLOCK    PFN      REFERENCES MAPPINGS KERNEL_SAYS
2.500000   memory34 0x110010          3        1 migration failure
3.000000   -        -                 -        - dax0.0: memory34 could not be offlined (-16), putting all back"

pages 32 0 4 "$ANON" "$DB"
mapper 77 db $((32 * PER_BLOCK)) 4
k why -J dax0.0
ktap_check "why: JSON has no empty array here" test -z "$(grep -A1 '\[$' "$WORK/out" |
	grep '^ *\]')"
ktap_check "why: each key of its JSON is in the manual" \
	documented "JSON OF WHY" "COLUMNS OF WHY"

# The node's memory is removed and comes back: older lines are of other memory.
log_line() {
	echo "6,9,${1}000000,-;$2" >>"$TREE/dev/kmsg"
}
dumped() {
	log_line "$1" "page:0 refcount:3 mapcount:1 mapping:0 index:0 pfn:0x1100$1"
	log_line "$1" "page dumped because: migration failure"
}
tree_reset
dumped 11
log_line 12 "kmem dax0.0: memory34 could not be offlined (-16), rolling back"
log_line 13 "Fallback order for Node 0: 0 1 "
log_line 13 "Fallback order for Node 1: 1 0 "
log_line 13 "Built 2 zonelists, mobility grouping on.  Total pages: 469726"
k why dax0.0
expect_lines "why: keeps lines of the log while the node has memory" 0 \
"11.000000  memory34 0x110011          3        1 migration failure
12.000000  -        -                 -        - dax0.0: memory34 could not be offlined (-16), rolling back"
cp "$TREE/dev/kmsg" "$WORK/kmsg"
for order in "1: 1 0 " "1: 0 "; do
	cp "$WORK/kmsg" "$TREE/dev/kmsg"
	log_line 14 "Fallback order for Node $order"
	log_line 14 "Built 1 zonelists, mobility grouping on.  Total pages: 469726"
	dumped 15
	k why dax0.0
	expect_lines "why: leaves out lines older than the node's memory, order $order" \
		0 "KERNEL_SAYS
15.000000  memory34 0x110015          3        1 migration failure"
done
cp "$WORK/kmsg" "$TREE/dev/kmsg"
log_line 14 "Fallback order for Node 0: 0 "
log_line 14 "Built 1 zonelists, mobility grouping on.  Total pages: 469726"
k why dax0.0
expect_lines "why: keeps them when another node's memory changes" 0 "11.000000"
mkdir -p "$TREE/sys/devices/platform/dax0.0/kmem"
echo >"$TREE/sys/devices/platform/dax0.0/kmem/last_error"
k why dax0.0
ktap_check "why: leaves out the driver's line after a transition that succeeded" \
	test "$(grep -c "could not be offlined" "$WORK/out")" = 0
echo "offline memory34 -16" >"$TREE/sys/devices/platform/dax0.0/kmem/last_error"
k why dax0.0
expect_lines "why: keeps it after one that failed" 0 "could not be offlined"
echo offline >"$TREE/sys/devices/system/memory/memory34/state"
k why dax0.0
ktap_check "why: leaves out lines of a block that is offline" \
	test "$(grep -c "migration failure" "$WORK/out")" = 0

tree_reset
tree_blocks "$TREE_A" $((4 * BLOCK)) offline "Normal Movable"
tree_blocks "$TREE_B" $((2 * BLOCK)) offline "Normal Movable"
k why dax0.0
expect_lines "why: nothing online is nothing to ask" 0 \
	"dax0.0: no memory block is online"

broken "why: no page flags" 1 \
	"kmemctl: dax0.0: cannot read /proc/kpageflags: No such file or directory; the kernel needs CONFIG_PROC_PAGE_MONITOR" \
	"rm $PROC/kpageflags" why dax0.0
broken "why: page flags end too early" 1 \
	"kmemctl: dax0.0: cannot read /proc/kpageflags: it ends too early; see 'dmesg' for the kernel's reason" \
	"truncate -s 8390000 $PROC/kpageflags" why dax0.0
broken "why: no control groups in the kernel" 0 "$NO_KCORE
kmemctl: cannot read control groups: /proc/kpagecgroup: No such file or directory" \
	"rm $PROC/kpagecgroup; pages 32 0 1 $ANON; rm $PROC/kpagecgroup" \
	why dax0.0
broken "why: no kernel log" 0 "$NO_KCORE
kmemctl: cannot read the kernel log: /dev/kmsg: No such file or directory" \
	"rm $TREE/dev/kmsg" why dax0.0
BAD="kmemctl: cannot read pinned pages: /proc/kcore: unexpected value"
broken "why: a kcore that is no ELF file" 0 "$BAD" \
	"seq 1000 >$PROC/kcore" why dax0.0
broken "why: an empty kcore" 0 "$BAD" ": >$PROC/kcore" why dax0.0
broken "why: a kcore without notes" 0 "$BAD" \
	"head -c 4096 /bin/true >$PROC/kcore" why dax0.0
broken "why: a process that ended meanwhile" 0 "$NO_KCORE" \
	"mkdir $PROC/99; pages 32 0 1 $ANON" why dax0.0
broken "why: a process whose maps are garbage" 0 "$NO_KCORE" \
	"pages 32 0 1 $ANON; mapper 99 x 1 1; head -c 9999 /dev/urandom >$PROC/99/numa_maps; seq 99 >$PROC/99/maps" \
	why dax0.0
broken "why: a kernel log of garbage" 0 "$NO_KCORE" \
	"head -c 99999 /dev/urandom >$TREE/dev/kmsg" why dax0.0
broken "why: no memory information of a node" 1 \
	"kmemctl: dax0.0: cannot read node0/meminfo: No such file or directory; run 'kmemctl list' to see what is there" \
	"rm $TREE/sys/devices/system/node/node0/meminfo" why dax0.0
broken "why: an unknown device" 3 \
	"kmemctl: dax7.7: no such device; run 'kmemctl list' to see the devices" \
	"" why dax7.7
broken "why: an unknown block" 3 \
	"kmemctl: memory9999: no such memory block; 'lsmem -a' lists the memory blocks there are" \
	"" why memory9999
broken "why: an unknown column" 2 \
	"kmemctl: unknown column 'FROB'; 'man kmemctl' lists the columns" \
	"" why -o BLOCK,FROB dax0.0
broken "why: garbage for kpagecount is not read without reference counts" 0 \
	"$NO_KCORE" "rm $PROC/kpagecount; : >$PROC/kpagecount" why dax0.0
tree_reset
chmod 400 "$PROC/kpageflags"
k_user why 32
expect "why: what only root can see" 1 "" \
	"kmemctl: 32: cannot read /proc/kpageflags: Permission denied; run kmemctl as root: only root can see what pages are used for"

# What offline --drain refuses before it changes anything.
drained() {
	local sentence=$1 code=$2 message=$3

	shift 3
	BEFORE=$(tree_print)
	k offline "$@" dax0.0
	if [ "$rc" = "$code" ] && [[ $err == "$message"* ]] &&
	   [ "$(tree_print)" = "$BEFORE" ] &&
	   { [ "$code" != 2 ] || [ -z "$out" ]; }; then
		ktap_pass "$sentence"
	else
		ktap_fail "$sentence" "exit $rc, not $code
$out
$err"
	fi
}

tree_reset
pages 32 0 1024 "$ANON"
node 0 1000
drained "drain: refused when no other node has room" 4 \
	"kmemctl: dax0.0: 4M would have to move, but all other nodes have room for 1000K; nothing was changed; stop programs that 'kmemctl why dax0.0' names" \
	--drain
expect_lines "drain: and why says what it is" 4 "anon    4M      1 is moved"
drained "drain: refused with --quiet as well" 4 \
	"kmemctl: dax0.0: 4M would have to move" --drain --quiet
ktap_check "drain: --quiet prints no report" test -z "$out"
drained "drain: refused in a dry run as well" 4 \
	"kmemctl: dax0.0: 4M would have to move" --drain --dry-run --json
# shellcheck disable=SC2016 # perl's
ktap_check "drain: --dry-run --json prints JSON alone after a refusal" \
	perl -MJSON::PP -0777 -ne 'decode_json($_)' "$WORK/out"
drained "drain: to nodes that are named, which have too little room" 4 \
	"kmemctl: dax0.0: 4M would have to move, but the nodes named have room for 1000K; nothing was changed; " \
	--drain --to 0
for nodes in 1 7 0,7 x 0x "" 99999999999; do
	drained "drain: '$nodes' is no list of other nodes with memory" 2 \
		"kmemctl: dax0.0: --to $nodes: not a list of other nodes with memory; nothing was changed; " \
		--drain --to "$nodes"
done
drained "drain: --to goes with it" 2 \
	"kmemctl: --to goes with --drain; run 'kmemctl offline --help'" --to 0
tree_reset
pages 32 7 1 "$RESERVED"
node 1 524288
drained "drain: the kernel's own memory is in the way" 4 \
	"kmemctl: dax0.0: it cannot go offline: memory32: reserved 4K: the kernel's own, never moved; nothing was changed; " \
	--drain
tree_reset
pages 32 0 1 "$ANON"
node 2 1048576
echo 0-2 >"$TREE/sys/devices/system/node/has_memory"
echo 0-2 >"$TREE/sys/devices/system/node/online"
echo "20 10 15" >"$TREE/sys/devices/system/node/node1/distance"
k offline --drain --dry-run dax0.0
expect_lines "drain: to the nearest node first" 0 \
	"dax0.0: 4K would move to node 2, 0"
tree_reset
rm "$PROC/kpageflags"
drained "drain: what cannot be seen is not drained" 1 \
	"kmemctl: dax0.0: cannot read /proc/kpageflags: No such file or directory; nothing was changed; the kernel needs CONFIG_PROC_PAGE_MONITOR" \
	--drain

# What plain offline refuses, by the counters of the node: its total is that of
# the device, or more.
counters() {
	printf 'Node 1 MemTotal: %s kB\nNode 1 MemFree: 1000 kB\n%s\n' "$1" \
		"Node 1 Active(anon): $2 kB" >"$TREE/sys/devices/system/node/node1/meminfo"
}

tree_reset
counters $((6 * BLOCK / 1024)) 4096
node 0 1000
rm "$PROC/kpageflags"
drained "offline: refused without a scan when no other node has room" 4 \
	"kmemctl: dax0.0: 4M would have to move, but all other nodes have room for 1000K; nothing was changed; stop programs that 'kmemctl why dax0.0' names"
echo "Node 0 SReclaimable: 4096 kB" >>"$TREE/sys/devices/system/node/node0/meminfo"
k offline --dry-run dax0.0
expect_lines "offline: caches of other nodes are room" 0 "would be offline"
node 0 1000
echo "SwapFree: 4096 kB" >"$PROC/meminfo"
k offline --dry-run dax0.0
expect_lines "offline: swap is room" 0 "would be offline"
tree_reset
counters $((6 * BLOCK / 1024)) 4096
echo 1 >"$TREE/sys/devices/system/node/has_memory"
k offline --dry-run dax0.0
expect_lines "offline: on the only node with memory pages move within it" 0 \
	"would be offline"
tree_reset
counters 9999999 4096
node 0 1000
k offline --dry-run dax0.0
expect_lines "offline: what is on other memory of the node need not move" 0 \
	"would be offline"
pages 32 0 1024 "$ANON"
drained "offline: refused when what is on the device has no room" 4 \
	"kmemctl: dax0.0: 4M would have to move, but all other nodes have room for 1000K; nothing was changed; "

# A signal that comes before the pages of the first block are read.
STOPPED="kmemctl: dax0.0: stopped: Terminated; nothing was changed"
export FAKE_READ=node0/meminfo:TERM
drained "offline: a signal ends the scan of the pages" 1 "$STOPPED"
drained "drain: a signal ends the scan of the pages" 1 "$STOPPED" --drain
ktap_check "drain: and no second scan begins" test "$err$out" = "$STOPPED"
unset FAKE_READ

# pool USED UNUSED ALL_UNUSED RESERVED: huge pages of node 1, of all nodes
pool() {
	local node=$TREE/sys/devices/system/node/node1/hugepages/hugepages-2048kB
	local all=$TREE/sys/kernel/mm/hugepages/hugepages-2048kB

	mkdir -p "$node" "$all"
	echo $(($1 + $2)) >"$node/nr_hugepages"
	echo "$2" >"$node/free_hugepages"
	echo "$3" >"$all/free_hugepages"
	echo "$4" >"$all/resv_hugepages"
}

tree_reset
counters $((6 * BLOCK / 1024)) 0
node 0 1000
pages 32 0 1536 "$HUGE"
pool 2 1 1 0
HUGE_ROOM="would have to move, but all other nodes have room for 1000K"
drained "offline: refused when used huge pages have no room" 4 \
	"kmemctl: dax0.0: 4M $HUGE_ROOM; "
k why dax0.0
expect_lines "why: used huge pages without room" 4 "4M $HUGE_ROOM"
pool 2 1 2 0
k why dax0.0
expect_lines "why: an unused huge page of another node takes one of them" 4 \
	"2M $HUGE_ROOM"
pool 2 1 9 8
drained "offline: refused when other programs reserved unused huge pages" 4 \
	"kmemctl: dax0.0: 2M $HUGE_ROOM; "
pool 2 1 3 0
for command in "offline --dry-run" "offline --drain --dry-run" why; do
	# shellcheck disable=SC2086 # words
	k $command dax0.0
	ktap_check "$command: unused huge pages of other nodes are room" \
		test "$rc" = 0
done

# An offline that the kernel refuses.
tree_reset
pages 34 7 1 "$RESERVED"
FAKE_STUCK=memory34 k offline dax0.0
expect "offline: a failure names the block, the cause and why" 1 "" \
	"kmemctl: dax0.0: cannot offline memory34: Device or resource busy: reserved 4K: the kernel's own, never moved; all was put back as before; run 'kmemctl why dax0.0' to see what uses its memory"

tree_reset
counters $((6 * BLOCK / 1024)) 1024
echo "Node 1 Active(file): 2048 kB" >>"$TREE/sys/devices/system/node/node1/meminfo"
mkdir -p "$TREE/sys/devices/system/node/node1/hugepages/hugepages-2048kB"
for file in nr free; do
	echo 3 >"$TREE/sys/devices/system/node/node1/hugepages/hugepages-2048kB/${file}_hugepages"
done
pages 32 0 256 "$ANON"
mapper 77 db $((32 * PER_BLOCK)) 256
k offline --drain --dry-run dax0.0
expect_lines "drain: a dry run says what would move and whose it is" 0 \
"dax0.0: 1M would move to node 0

PID COMMAND SIZE PAGES   CGROUP
 77 db        1M anon 1M /db.service
dax0.0: up to 2M of caches would be dropped
dax0.0: 3 unused huge pages of 2M would be given up"
FAKE_HOG=1 k offline --drain dax0.0
if [ "$rc" = 4 ] && [[ $err == "kmemctl: dax0.0: room ran out on the other nodes: 1M would have to move, but all other nodes have room for 0B; nothing was changed; "* ]]; then
	ktap_pass "drain: room that runs out while it works is named"
else
	ktap_fail "drain: room that runs out while it works is named" "exit $rc
$out
$err"
fi
