# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Makes trees that look like a system with dax devices, for kmemctl --sysroot.
# Source it. The contents of each file are as recorded on Debian's 6.1 kernel
# with an NVDIMM; blocks are 128 MiB.

BLOCK=$((128 << 20))

# tree_new DIR: an empty dax bus with both drivers, memory hotplug, no device.
tree_new() {
	local driver

	TREE=$1
	rm -rf "$TREE"
	mkdir -p "$TREE"/{run,ids,etc/modprobe.d,sys/devices/platform} \
		 "$TREE"/sys/bus/dax/{devices,drivers} \
		 "$TREE"/sys/devices/system/memory
	for driver in kmem device_dax; do
		tree_driver "$driver"
	done
	echo 8000000 >"$TREE/sys/devices/system/memory/block_size_bytes"
	echo online >"$TREE/sys/devices/system/memory/auto_online_blocks"
	# the first GiB is the machine's own memory
	tree_blocks 0 $((8 * BLOCK)) online Normal
}

# tree_driver NAME: the bus has that driver.
tree_driver() {
	local file

	mkdir -p "$TREE/sys/bus/dax/drivers/$1"
	for file in bind unbind new_id remove_id; do
		: >"$TREE/sys/bus/dax/drivers/$1/$file"
	done
}

# tree_dev NAME NODE START:SIZE...: an unbound device with these ranges.
tree_dev() {
	local dev=$TREE/sys/devices/platform/$1 name=$1 node=$2 range i=0 size=0

	shift 2
	mkdir -p "$dev"
	for range; do
		mkdir "$dev/mapping$i"
		printf '%#x\n' $((${range%:*})) >"$dev/mapping$i/start"
		printf '%#x\n' $((${range%:*} + ${range#*:} - 1)) \
			>"$dev/mapping$i/end"
		chmod 400 "$dev/mapping$i"/*
		size=$((size + ${range#*:}))
		i=$((i + 1))
	done
	echo "$size" >"$dev/size"
	echo 2097152 >"$dev/align"
	# the kernel hides the attribute of a device without a node
	[ "$node" -lt 0 ] || echo "$node" >"$dev/target_node"
	echo 0 >"$dev/numa_node"
	ln -s "../../../devices/platform/$name" \
		"$TREE/sys/bus/dax/devices/$name"
}

# tree_bound NAME DRIVER
tree_bound() {
	ln -sfn "../../../bus/dax/drivers/$2" \
		"$TREE/sys/devices/platform/$1/driver"
}

# tree_below NAME DIR BUS: the device's parent is DIR below sys/devices, a
# device of that bus.
tree_below() {
	local up

	# shellcheck disable=SC2001 # every name becomes ..
	up=$(sed 's,[^/]*,..,g' <<<"$2")
	mkdir -p "$TREE/sys/devices/$2"
	mv "$TREE/sys/devices/platform/$1" "$TREE/sys/devices/$2/"
	ln -sfn "../../../devices/$2/$1" "$TREE/sys/bus/dax/devices/$1"
	ln -sfn "$up/../bus/$3" "$TREE/sys/devices/$2/subsystem"
}

# tree_blocks START SIZE STATE ZONES: memory blocks that exist.
tree_blocks() {
	local id dir

	for ((id = $1 / BLOCK; id < ($1 + $2) / BLOCK; id++)); do
		dir=$TREE/sys/devices/system/memory/memory$id
		mkdir -p "$dir"
		echo "$3" >"$dir/state"
		echo "$4" >"$dir/valid_zones"
	done
}

# tree_print: everything in the tree, to compare; of large files the checksum.
# The lock file is not state.
tree_print() {
	(
		cd "$TREE" || exit
		find . -name kmemctl.lock -o -type d -print |
			LC_ALL=C sort
		find . -name kmemctl.lock -o -type l -printf '%p -> %l\n' |
			LC_ALL=C sort
		find . -name kmemctl.lock -o -type f -print | LC_ALL=C sort
		find . -name kmemctl.lock -o -type f -size -65k -print0 |
			LC_ALL=C sort -z | xargs -0 grep -aH '' | tr '\0' '@'
		find . -name kmemctl.lock -o -type f -size +64k -print0 |
			LC_ALL=C sort -z | xargs -0r sha1sum
	)
}

# The four trees most tests start from: dax0.0 has 4 blocks from 4 GiB up and
# 2 blocks from 6 GiB up on node 1.
TREE_A=$((4 << 30))
TREE_B=$((6 << 30))

tree_devdax() {
	tree_new "$1"
	tree_dev dax0.0 1 "$TREE_A:$((4 * BLOCK))" "$TREE_B:$((2 * BLOCK))"
	tree_bound dax0.0 device_dax
}

# tree_kmem DIR STATE ZONES
tree_kmem() {
	tree_devdax "$1"
	tree_bound dax0.0 kmem
	tree_blocks "$TREE_A" $((4 * BLOCK)) "$2" "$3"
	tree_blocks "$TREE_B" $((2 * BLOCK)) "$2" "$3"
}

# tree_held STATE: dax0.0, bound to kmem, has the files of the driver that
# FAKE_DRIVER names, and the module its parameter.
tree_held() {
	local dev=$TREE/sys/devices/platform/dax0.0

	[ "${FAKE_DRIVER-}" != ours ] || tree_parameter
	[ -n "${FAKE_DRIVER-}" ] || return 0
	echo "$1" >"$dev/state"
	[ "$FAKE_DRIVER" = ours ] || return 0
	mkdir "$dev/kmem"
	echo 6 >"$dev/kmem/total_blocks"
	echo 0 >"$dev/kmem/lost_bytes"
	echo >"$dev/kmem/zones"
	echo 0 >"$dev/kmem/exclusive"
	echo >"$dev/kmem/last_error"
	cp "$dev/memmap_on_memory" "$dev/kmem/" 2>/dev/null ||
		echo 0 >"$dev/kmem/memmap_on_memory"
	echo 0 >"$dev/kmem/memmap_bytes"
}

# tree_memmap Y|N [0|1]: the kernel's parameter; what the bus keeps of dax0.0,
# where it has such an attribute
tree_memmap() {
	local parameters=$TREE/sys/module/memory_hotplug/parameters

	mkdir -p "$parameters"
	echo "$1" >"$parameters/memmap_on_memory"
	[ $# -eq 1 ] ||
		echo "$2" >"$TREE/sys/devices/platform/dax0.0/memmap_on_memory"
}

# tree_parameter: our module is loaded.
tree_parameter() {
	mkdir -p "$TREE/sys/module/kmem/parameters"
	echo policy >"$TREE/sys/module/kmem/parameters/bind_state"
}
