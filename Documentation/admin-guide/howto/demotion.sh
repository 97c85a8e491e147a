#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Cold pages on the new node: demotion and promotion
# ==================================================
#
# Without being told to, programs use the node of their CPU alone. When that is full,
# Linux can move what is cold to a slower node instead of to swap, and bring back
# what becomes hot. This page fills node 0 of a machine with 2 GiB; on a larger one,
# give MIB more: half of what node 0 has. "sh -v demotion.sh" runs it, as root, on
# dax0.0 or on $DEV.

set -eu
DEV=${DEV:-dax0.0}
MIB=${MIB:-1000}
NUMA=/sys/kernel/mm/numa
BALANCING=/proc/sys/kernel/numa_balancing
BALANCING_BEFORE=$(cat $BALANCING)
NODE=$(cat "/sys/bus/dax/devices/$DEV/target_node")

# The device's memory is a node of a slower tier.
kmemctl online "$DEV"
cat /sys/devices/virtual/memory_tiering/memory_tier*/nodelist | sort
#> 0
#> [1-9]*

# Demotion is off, until somebody asks for it.
cat $NUMA/demotion_enabled
#> false

echo true >$NUMA/demotion_enabled

# A file that nobody reads again fills half of node 0.
mkdir -p /tmp/fast
mount -t tmpfs -o size=100% none /tmp/fast
numactl --membind=0 dd if=/dev/zero of=/tmp/fast/cold bs=1M count="$MIB"

# A second one does not fit beside it. It gets the fast memory, and cold pages go to
# the slow node.
numactl --membind=0 dd if=/dev/zero of=/tmp/fast/hot bs=1M count="$MIB"
awk '/^pgdemote_(kswapd|direct)/ { n += $2 } END { print (n > 0) }' /proc/vmstat
#> 1

# What is cold is still right, read from the slow node.
cmp -n "$((MIB << 20))" /tmp/fast/cold /dev/zero

umount /tmp/fast
rmdir /tmp/fast
echo false >$NUMA/demotion_enabled

# Promotion is NUMA balancing in its mode 2: a page of a slow tier that is used often
# comes to the CPU that uses it. Here a program's pages are moved to the slow node,
# and come back while it works.
echo 2 >$BALANCING
dd if=/dev/zero of=/dev/null bs=32M 2>/dev/null &
PID=$!
sleep 1
migratepages "$PID" 0 "$NODE"

for _ in $(seq 60); do
	[ "$(awk '/^pgpromote_success/ { print ($2 > 1000) }' /proc/vmstat)" = 1 ] && break
	sleep 1
done
awk '/^pgpromote_success/' /proc/vmstat
#> pgpromote_success [1-9]*

kill "$PID"
echo "$BALANCING_BEFORE" >$BALANCING

# All of it can go offline again.
kmemctl offline "$DEV"
#> *: offline: *
