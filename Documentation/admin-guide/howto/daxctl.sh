#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# From an NVDIMM to RAM and back, with ndctl and daxctl
# =====================================================
#
# These tools of others need no change: they find dax-kmem under the name of the
# kernel's own driver. This page begins with the NVDIMM of region0, alone in it, and
# destroys what is on it. "sh -v daxctl.sh" runs it, as root.

set -eu
REGION=${REGION:-region0}
SIZE=${SIZE:-768M}
DIMM=$(ndctl list -D --region="$REGION" | sed -n 's/.*"dev":"\([^"]*\)".*/\1/p')
POLICY=/sys/devices/system/memory/auto_online_blocks
POLICY_BEFORE=$(cat $POLICY)

# On many kernels new memory goes online by itself, in zone Normal. daxctl refuses to
# work then. Here nothing goes online before daxctl says so.
echo offline >$POLICY

# An NVDIMM can be divided once it has labels. Many come without.
ndctl disable-region "$REGION"
ndctl init-labels --force "$DIMM"
ndctl enable-region "$REGION"
#> enabled 1 region

# A namespace with a dax device: --map=mem leaves all of it to the data. What
# device_dax needs of RAM for it is given back when the memory becomes RAM itself.
ndctl create-namespace --mode=devdax --map=mem --region="$REGION" --size="$SIZE"
#> "mode":"devdax",
#> "chardev":"dax*",

NAMESPACE=$(ndctl list -N --region="$REGION" | sed -n 's/.*"dev":"\(.*\)",/\1/p')
DEV=$(ndctl list -N --region="$REGION" | sed -n 's/.*"chardev":"\([^"]*\)".*/\1/p')
BEFORE=$(sed -n 's/^MemTotal: *//p' /proc/meminfo)

# --no-online adds the memory, and leaves all of it offline.
daxctl reconfigure-device --mode=system-ram --no-online "$DEV"
#> "mode":"system-ram",

# lsmem shows the new blocks.
lsmem -o STATE,SIZE
#> offline *

# online-memory onlines them, in zone Movable.
daxctl online-memory "$DEV"
#> onlined memory for 1 device

lsmem -o STATE,SIZE,ZONES
#> online * Movable

# kmemctl shows the same.
kmemctl list -o DEVICE,DRIVER,STATE,ZONES "$DEV"
#> dax* kmem online Movable

# offline-memory offlines them, and leaves them there.
daxctl offline-memory "$DEV"
#> offlined memory for 1 device

# Back to a device that programs can map. The memory is gone, and MemTotal is what it
# was. With memory online, say --force: daxctl then offlines it before.
daxctl reconfigure-device --mode=devdax "$DEV"
#> "mode":"devdax"

test "$(sed -n 's/^MemTotal: *//p' /proc/meminfo)" = "$BEFORE"

# Without --no-online, one command does it all.
daxctl reconfigure-device --mode=system-ram "$DEV"
#> reconfigured 1 device

kmemctl list -o DEVICE,STATE,ZONES "$DEV"
#> dax* online Movable

# A namespace cannot be destroyed while its memory is RAM.
ndctl destroy-namespace "$NAMESPACE" || echo refused
#> refused

daxctl reconfigure-device --mode=devdax --force "$DEV"
#> reconfigured 1 device

# "kmemctl online --normal" is for memory of which the kernel may allocate for itself.
# daxctl has --no-movable for that, but then the kernel chooses the zone, which may be
# Movable all the same.
kmemctl online --normal "$DEV"
#> *: online: * Normal, node *

kmemctl offline "$DEV"
#> *: offline: *

# The end: the NVDIMM is empty again.
ndctl destroy-namespace --force "$NAMESPACE"
#> destroyed 1 namespace

echo "$POLICY_BEFORE" >$POLICY
