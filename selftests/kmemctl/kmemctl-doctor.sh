#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What kmemctl doctor says on a real kernel: about the module that is installed
# and the one that is loaded, memory left behind, policies and blacklists. Needs
# root and KMEM_TEST_DEV=daxX.Y; on the kernel's own kmem (KMEM_TEST_DRIVER=
# intree) what it leaves behind stays until reboot.

# shellcheck disable=SC2154,SC2034

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/kmemctl.sh
. lib/kmemctl.sh

RELEASE=$(uname -r)
FILE=$(modinfo -F filename kmem)

# verdict SENTENCE CHECK PATTERN: the one line of that check
verdict() {
	local line

	k doctor -n
	line=$(sed -n "s/^$2  *\(.*[^ ]\) *$/\1/p" "$TMP/out" | tr -s ' ')
	# shellcheck disable=SC2053 # patterns are meant
	if [[ $line == $3 ]]; then
		ktap_pass "$2: $1"
	else
		ktap_fail "$2: $1" "$line
expected: $3"
	fi
}

kmemctl_require
rmmod kmem 2>/dev/null

verdict "not loaded" kmem-loaded \
	"ok no kmem driver is loaded; 'kmemctl online' loads it"
verdict "the kernel has a bus" dax-bus "ok *"
verdict "policy offline" auto-online "ok auto_online_blocks is offline*"
set_policy online
verdict "policy online" auto-online \
	"warn auto_online_blocks is online*: memory that another program binds *"
set_policy offline
verdict "the device's nodes" nodes "ok *$DEV: node $NODE (near *"
verdict "no memory behind" left-behind "ok *"
verdict "the parameter of this kernel" memmap \
	"ok memmap_on_memory is $(cat /sys/module/memory_hotplug/parameters/memmap_on_memory):*"
verdict "no rules" udev-rules "ok *"
mkdir -p /etc/udev/rules.d
echo 'SUBSYSTEM=="memory", ATTR{state}="online"' >/etc/udev/rules.d/40-x.rules
verdict "a rule" udev-rules "warn /etc/udev/rules.d/40-x.rules:1 *"
rm /etc/udev/rules.d/40-x.rules
verdict "not blacklisted" blacklist "ok *"
mkdir -p /etc/modprobe.d
echo "blacklist kmem" >/etc/modprobe.d/no-kmem.conf
verdict "blacklisted" blacklist "fail kmem is blacklisted in modprobe.d"
ktap_check "doctor: a fail is exit status 1" test "$rc" = 1
k online "$DEV"
ktap_check "online fails for the reason doctor gave" \
	test "$rc $(grep -c "kmem is blacklisted" "$TMP/err")" = "1 1"
rm /etc/modprobe.d/no-kmem.conf

if [ "${KMEM_TEST_DRIVER:-dkms}" = intree ]; then
	verdict "modprobe takes the kernel's own" kmem-installed \
		"warn modprobe loads the kernel's own kmem: $FILE"
	modprobe kmem
	verdict "the kernel's own is loaded" kmem-loaded \
		"ok the kernel's own kmem"
else
	version=$(modinfo -F version kmem)
	verdict "modprobe takes ours" kmem-installed \
		"ok dax-kmem $version: $FILE"
	modprobe kmem
	verdict "ours is loaded" kmem-loaded "ok dax-kmem $version, taint *O*"
	hidden=/lib/modules/$RELEASE/updates
	mv "$hidden" "$TMP/updates"
	depmod
	verdict "ours is loaded, but modprobe takes the kernel's own" \
		kmem-installed "warn modprobe loads the kernel's own kmem: *"
	mv "$TMP/updates" "$hidden"
	depmod
fi
verdict "nothing requires signatures" signature \
	"ok the kernel loads modules without a signature"
verdict "the kernel has what is needed" kernel-config "ok *"

# What an unbind leaves behind is where doctor says.
k online "$DEV"
range=$(sed -n 's/^ *\(.*\) : System RAM (kmem)/\1/p' /proc/iomem | head -n 1)
range=0x${range%-*}-0x${range#*-}
verdict "memory in use by a device" left-behind "ok *"
if [ "${KMEM_TEST_DRIVER:-dkms}" != intree ]; then
	exclusive=/sys/bus/dax/devices/$DEV/kmem/exclusive
	echo 1 >"$exclusive"
	verdict "a device that is exclusive" exclusive "ok $DEV is exclusive: *"
	echo 0 >"$exclusive"
fi
echo "$DEV" >"$DRIVERS/kmem/unbind"
if [ "${KMEM_TEST_DRIVER:-dkms}" = intree ]; then
	verdict "memory left behind" left-behind \
		"fail an unbind left memory in use without a driver: 1 range, the first $range of $DEV"
else
	verdict "memory left behind" left-behind \
		"warn an unbind left memory of 1 device in use, the first $DEV: node $NODE, $range"
	k bind "$DEV"
	verdict "memory taken over again" left-behind "ok *"
fi
ktap_done
