# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2153,SC2154
#
# Adds to a tree what the kernel says of pages and of who holds them: flags,
# counts, cgroups and maps of processes. Source it after mktree.sh.

PER_BLOCK=$((BLOCK / 4096))
FREE=0x400 ANON=0x5868 FILE=0x68 SHMEM=0x4868 SLAB=0x80 TABLE=0x4000000
HUGE=0x28000 MLOCKED=0x200045868 RESERVED=0x100000000 POISONED=0x80000
BALLOON=0x800000 MEMMAP=0x2000000000 UNCLEAR=0 HOLE=0x100000

# numbers FILE INDEX COUNT VALUE: into a file of 64-bit numbers
numbers() {
	perl -e 'my ($file, $index, $count, $value) = @ARGV;
		open(my $f, -e $file ? "+<" : "+>", $file) or die;
		seek($f, $index * 8, 0);
		print $f pack("Q<", $value) x $count' \
		"$TREE/proc/$1" $(($2)) $(($3)) $(($4))
}

# pages BLOCK FIRST COUNT FLAGS [CGROUP]
pages() {
	numbers kpageflags $(($1 * PER_BLOCK + $2)) "$3" "$4"
	numbers kpagecgroup $(($1 * PER_BLOCK + $2)) "$3" "${5-0}"
}

# node ID FREE: its meminfo
node() {
	local dir=$TREE/sys/devices/system/node/node$1

	mkdir -p "$dir"
	printf 'Node %s MemTotal: 2097152 kB\nNode %s MemFree: %s kB\n' \
		"$1" "$1" "$2" >"$dir/meminfo"
	echo "10 20" >"$dir/distance"
}

# mapper PID NAME PFN COUNT: maps these pages of node 1 at 0x10000000
mapper() {
	local dir=$TREE/proc/$1

	mkdir -p "$dir"
	echo "$2" >"$dir/comm"
	echo "0::/$2.service" >"$dir/cgroup"
	printf '00400000 default file=/bin/x N0=3 kernelpagesize_kB=4\n%s\n' \
		"10000000 default anon=$4 dirty=$4 N1=$4 kernelpagesize_kB=4" \
		>"$dir/numa_maps"
	printf '%s\n' "00400000-00403000 r-xp 0 00:00 0 /bin/x" \
		"10000000-20000000 rw-p 0 00:00 0" >"$dir/maps"
	perl -e 'my ($pfn, $count) = @ARGV;
		seek(STDOUT, 0x10000 * 8, 0);
		print pack("Q<", (1 << 63) | ($pfn + $_)) for 0 .. $count - 1' \
		"$3" "$4" >"$dir/pagemap"
}

# tree_pages DIR ZONE: dax0.0 online on node 1, all of it free; PROC is its /proc
tree_pages() {
	local id

	tree_kmem "$1" online "$2"
	PROC=$TREE/proc
	mkdir -p "$TREE"/{dev,proc/self,sys/fs/cgroup/db.service}
	for id in $DEV_BLOCKS; do
		mkdir "$TREE/sys/devices/system/memory/memory$id/node1"
		pages "$id" 0 "$PER_BLOCK" $FREE
	done
	numbers kpagecount 0 $((50 * PER_BLOCK)) 0
	: >"$TREE/dev/kmsg"
	: >"$TREE/sys/fs/cgroup/cgroup.procs"
	: >"$TREE/sys/fs/cgroup/db.service/cgroup.procs"
	node 0 1048576
	node 1 1048576
	echo 0-1 >"$TREE/sys/devices/system/node/has_memory"
	echo 0-1 >"$TREE/sys/devices/system/node/online"
}
