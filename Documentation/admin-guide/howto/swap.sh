#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Swap and the new node
# =====================
#
# A machine with a new node swaps later, and what is on that node is swapped when the
# node is full, as on any other. Where demotion is on (see demotion.sh), pages of fast
# nodes go to the new node first, and to swap from there. This page has the NVDIMM
# of region0 for RAM, and that of region1 for swap, where a disk would do; it destroys
# what is on them.
# "sh -v swap.sh" runs it, as root.

set -eu
REGION=${REGION:-region0}
SWAP_REGION=${SWAP_REGION:-region1}
SIZE=${SIZE:-768M}
FILE=/tmp/on-node/file

# An NVDIMM can be divided once it has labels.
label() {
	dimm=$(ndctl list -D --region="$1" | sed -n 's/.*"dev":"\([^"]*\)".*/\1/p')
	ndctl disable-region "$1"
	ndctl init-labels --force "$dimm"
	ndctl enable-region "$1"
}
label "$REGION"
label "$SWAP_REGION"
#> enabled 1 region
#> enabled 1 region

ndctl create-namespace --mode=raw --region="$SWAP_REGION" --size="$SIZE"
#> "blockdev":"pmem*"

SWAP=$(ndctl list -N --region="$SWAP_REGION" | sed -n 's/.*"blockdev":"\([^"]*\)".*/\1/p')
SWAP_NAMESPACE=$(ndctl list -N --region="$SWAP_REGION" | sed -n 's/.*"dev":"\(.*\)",/\1/p')
mkswap "/dev/$SWAP"
swapon "/dev/$SWAP"

ndctl create-namespace --mode=devdax --map=mem --region="$REGION" --size="$SIZE"
#> "chardev":"dax*",

NAMESPACE=$(ndctl list -N --region="$REGION" | sed -n 's/.*"dev":"\(.*\)",/\1/p')
DEV=$(ndctl list -N --region="$REGION" | sed -n 's/.*"chardev":"\([^"]*\)".*/\1/p')
NODE=$(cat "/sys/bus/dax/devices/$DEV/target_node")
swapped() {
	awk '/^pswpout/ { print $2 }' /proc/vmstat
}
BEFORE=$(swapped)

kmemctl online "$DEV"
#> *: online: * Movable, node *

# A file that is to be on this node, and is larger than that: the rest is swapped. A
# program that may use no other node would be killed without swap.
MIB=$(awk '/MemTotal/ { print int($4 / 1024) + 64 }' "/sys/devices/system/node/node$NODE/meminfo")
mkdir -p /tmp/on-node
mount -t tmpfs -o "size=${MIB}M,mpol=bind:$NODE" on-node /tmp/on-node
dd if=/dev/zero of=$FILE bs=1M count="$MIB"
echo "$(($(swapped) - BEFORE)) pages"
#> [1-9]???* pages

# The node can still go offline: what is there moves to other nodes, and what they have
# no room for to swap.
kmemctl offline --drain "$DEV"
#> *: offline: *

# Nothing is lost, wherever it went.
cmp -n "$((MIB << 20))" $FILE /dev/zero

# Without the file, nothing is in swap.
umount /tmp/on-node
rmdir /tmp/on-node
swapoff "/dev/$SWAP"
ndctl destroy-namespace --force "$SWAP_NAMESPACE"
#> destroyed 1 namespace

ndctl destroy-namespace --force "$NAMESPACE"
#> destroyed 1 namespace
