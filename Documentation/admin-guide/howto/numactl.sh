#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Programs on the new node, with numactl
# ======================================
#
# The memory of a dax device is a NUMA node without CPUs. Nothing allocates there
# while the nodes with CPUs have free memory, unless it is told to. This page tells
# programs to, and looks where their pages are: /proc/PID/numa_maps counts them, N1=2
# is two pages on node 1. "sh -v numactl.sh" runs it, as root, on dax0.0 or on $DEV. It
# calls an example, which is to be built before:
# cc -o /usr/local/bin/node_memory node_memory.c -lnuma

set -eu
DEV=${DEV:-dax0.0}
NODE=$(cat "/sys/bus/dax/devices/$DEV/target_node")

# The device's memory is online, in zone Movable.
kmemctl online "$DEV"
#> *: online: * Movable, node *

# Without numactl, a program has its pages on the node of its CPU.
sh -c 'grep heap /proc/$$/numa_maps'
#> * default heap * N0=*

# --membind has all pages there. If that node is full, the program is killed, though
# other nodes have free memory.
numactl --membind="$NODE" sh -c 'grep heap /proc/$$/numa_maps'
#> * bind:* heap * N[1-9]*=*

# --preferred begins there, and goes to other nodes when that one is full.
numactl --preferred="$NODE" sh -c 'grep heap /proc/$$/numa_maps'
#> * prefer:* heap * N[1-9]*=*

# --interleave takes turns, page by page: more bandwidth, the latency of both.
numactl --interleave=0,"$NODE" sh -c 'grep heap /proc/$$/numa_maps'
#> * interleave:* heap * N0=* N[1-9]*=*

# A program can look for the node by itself, and ask for memory there: node_memory.c,
# beside this page, does so with libnuma.
node_memory
#> node *: 16384 of 16384 pages

# A file in a tmpfs can have its node as well: all of its pages are there, whoever
# writes it.
mkdir -p /tmp/on-node
mount -t tmpfs -o mpol="bind:$NODE" on-node /tmp/on-node
dd if=/dev/zero of=/tmp/on-node/file bs=1M count=64
grep Shmem: "/sys/devices/system/node/node$NODE/meminfo"
#> Node * Shmem: 65??? kB

# What is there can move away while it is in use: "offline --drain" does that, and
# the memory is gone.
kmemctl offline --drain "$DEV"
#> *: offline: *

# The file is still there. Its pages are on node 0 now, which its policy forbids
# only to new ones.
cmp -n 67108864 /tmp/on-node/file /dev/zero
umount /tmp/on-node
rmdir /tmp/on-node
