#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A dax device as a NUMA node, by hand
# ====================================
#
# This page needs no tool: each step is a write to sysfs. It ends with all as it
# was. "sh -v by-hand.sh" runs it, as root, on dax0.0 or on $DEV.

set -eu
DEV=${DEV:-dax0.0}
DAX=/sys/bus/dax/devices/$DEV
DRIVERS=/sys/bus/dax/drivers

# The device belongs to device_dax: a program can map it, and nobody allocates
# from it.
basename "$(readlink "$DAX/driver")"
#> device_dax

# Its target node is a node without memory, which numactl does not show yet.
NODE=$(cat "$DAX/target_node")
numactl -H
#> available: * nodes (0*)
#> node 0 size: *

# The driver comes from DKMS: Linux's own has the same name.
modprobe kmem
modinfo -F filename kmem
#> */updates/*

# The parameter bind_state says what a bind does with the memory. Without it, the
# system's policy does, which is "online" on some kernels: then the memory would go
# to zone Normal, from where it may not come back.
BIND_STATE=$(cat /sys/module/kmem/parameters/bind_state)
echo unplugged >/sys/module/kmem/parameters/bind_state

# A device changes its driver. A write to new_id binds each free device of that
# name.
echo "$DEV" >"$DRIVERS/device_dax/unbind"
echo "$DEV" >"$DRIVERS/kmem/new_id"
basename "$(readlink "$DAX/driver")"
#> kmem

# The memory is not there before "state" says so.
cat "$DAX/state"
#> unplugged

# One write adds the memory and onlines it, all of it or nothing. In zone Movable
# it can go offline later.
echo online_movable >"$DAX/state"
cat "$DAX/state" "$DAX/kmem/zones"
#> online_movable
#> Movable:*

# It has a node of its own now, without CPUs.
numactl -H
#> available: * nodes (0*)
#> node [1-9]* cpus:
#> node [1-9]* size: *

# Programs use it if they are told to: here the shell's own data are there.
numactl --membind="$NODE" sh -c 'grep heap /proc/$$/numa_maps'
#> * bind:* heap * N*=* *

# One write takes all of it away again. If a page cannot go, the write fails, and
# all memory is online as before.
echo unplugged >"$DAX/state"
cat "$DAX/state"
#> unplugged

# The device goes back to device_dax, and kmem forgets its name: else the next
# write to new_id would bind it again.
echo "$DEV" >"$DRIVERS/kmem/remove_id"
echo "$DEV" >"$DRIVERS/kmem/unbind"
echo "$DEV" >"$DRIVERS/device_dax/bind"
basename "$(readlink "$DAX/driver")"
#> device_dax

# The parameter is what it was.
echo "$BIND_STATE" >/sys/module/kmem/parameters/bind_state
