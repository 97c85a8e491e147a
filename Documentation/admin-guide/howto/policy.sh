#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Who onlines new memory: the kernel's policy, daxctl, kmemctl
# ============================================================
#
# A kernel has a policy for memory that is added while it runs. It is built in
# (CONFIG_MEMORY_HOTPLUG_DEFAULT_ONLINE, "online" on Debian's Linux 6.12 and later),
# changed at boot by memhp_default_state=, and by a write to auto_online_blocks. With
# "online" the kernel chooses the zone, and may choose Normal, from where memory may
# not come back. "sh -v policy.sh" runs this page, as root, on dax0.0 or on $DEV.

set -eu
DEV=${DEV:-dax0.0}
DRIVERS=/sys/bus/dax/drivers
POLICY=/sys/devices/system/memory/auto_online_blocks
BIND_STATE=/sys/module/kmem/parameters/bind_state
modprobe kmem
POLICY_BEFORE=$(cat $POLICY)
BIND_STATE_BEFORE=$(cat $BIND_STATE)

# daxctl refuses to work while the policy would online the memory for it.
echo online >$POLICY
daxctl reconfigure-device --mode=system-ram --no-online "$DEV" || echo refused
#> *auto-online*
#> refused

# kmemctl needs no policy: it suspends it while it binds the device, and the memory
# goes where the command says. Then the policy is as before.
kmemctl online "$DEV"
cat $POLICY
#> *: online: * Movable, node *
#> online

kmemctl offline "$DEV"
#> *: offline: *

# A device that is bound by hand, or by the kernel itself, follows bind_state of
# dax-kmem; the packages set it to "offline". "policy" asks the kernel's policy.
echo policy >$BIND_STATE
echo online_movable >$POLICY
echo "$DEV" >$DRIVERS/device_dax/unbind
echo "$DEV" >$DRIVERS/kmem/new_id
cat "/sys/bus/dax/devices/$DEV/state"
#> online_movable

kmemctl offline "$DEV"
#> *: offline: *

# With "offline" the memory is added, whatever the policy, and waits for an
# administrator.
echo offline >$BIND_STATE
echo "$DEV" >$DRIVERS/device_dax/unbind
echo "$DEV" >$DRIVERS/kmem/new_id
cat "/sys/bus/dax/devices/$DEV/state"
lsmem -o STATE
#> offline
#> offline

# Each block can be onlined by itself then, as chmem does it; or all by kmemctl, which
# undoes it if one fails.
kmemctl online "$DEV"
#> *: online: * Movable, node *

kmemctl offline "$DEV"
#> *: offline: *

echo "$BIND_STATE_BEFORE" >$BIND_STATE
echo "$POLICY_BEFORE" >$POLICY
