#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kmemctl on a real kernel, given what it must refuse: names, permissions,
# modules that are missing or blacklisted, a system without dax. One line, the
# right exit code, nothing changed. Needs root and KMEM_TEST_DEV=daxX.Y, whose
# memory it does not change.

# shellcheck disable=SC2154,SC2034

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/kmemctl.sh
. lib/kmemctl.sh

kmemctl_require
rmmod kmem
snapshot "$TMP/before"
MODULES=/lib/modules/$(uname -r)

# hidden DIR COMMAND ARG...: kmemctl in a mount namespace with DIR empty, after
# COMMAND, a line of shell, was run there.
hidden() {
	local dir=$1 before=$2

	shift 2
	k_by unshare -m sh -c "mount -t tmpfs none '$dir' && { $before; } && exec kmemctl \"\$@\"" \
		sh "$@"
}

# as_user ARG...: kmemctl run by nobody
as_user() {
	chmod 755 "$TMP"
	cp "$(command -v kmemctl)" "$TMP/kmemctl"
	k_by su -s /bin/sh nobody -c "'$TMP/kmemctl' $*"
}

long=dax$(printf '%0297d' 0)
for command in list online offline bind unbind; do
	k $command dax98.7
	expect_error "$command: an unknown device" 3 \
		"kmemctl: dax98.7: no such device; run 'kmemctl list' to see the devices" \
		"$TMP/before"
	for name in "" .. "../$DEV" "/dev/$DEV" "$DEV/.." "$DEV/driver"; do
		k $command "$name"
		expect_error "$command: the name '$name'" 3 \
			"kmemctl: ${name:-\'\'}: no such device: names look like dax0.0; *" \
			"$TMP/before"
	done
	k $command "$long"
	expect_error "$command: a name of 300 characters" 3 \
		"kmemctl: ${long:0:40}...: no such device: *" "$TMP/before"
done
k online "$DEV" dax98.7
expect_error "online: one wrong name of two" 3 \
	"kmemctl: dax98.7: no such device; *" "$TMP/before"
k frobnicate "$DEV"
expect_error "an unknown command" 2 \
	"kmemctl: unknown command 'frobnicate'; run 'kmemctl --help'" \
	"$TMP/before"
k online --movable --normal "$DEV"
expect_error "both zones at once" 2 \
	"kmemctl: --movable and --normal exclude each other; *" "$TMP/before"

for command in online offline bind unbind; do
	as_user $command "$DEV"
	expect_error "$command: without root" 1 \
		"kmemctl: lock file /run/kmemctl.lock: Permission denied; run kmemctl as root" \
		"$TMP/before"
done
as_user list -n -o DEVICE,DRIVER,STATE,TOTAL,RANGES "$DEV"
expect "list: without root shows what anybody may see" 0 \
	"$DEV device_dax devdax - -" \
	"kmemctl: run as root to see memory blocks, zones and ranges"

for command in online bind; do
	hidden "$MODULES" : $command "$DEV"
	expect_error "$command: no module" 1 \
		"kmemctl: $DEV: module kmem is not installed for this kernel; nothing was changed; install dax-kmem for it: see 'dkms status'" \
		"$TMP/before"
	mkdir -p /etc/modprobe.d
	hidden /etc/modprobe.d \
		"echo blacklist kmem >/etc/modprobe.d/no-kmem.conf" \
		$command "$DEV"
	expect_error "$command: the module is blacklisted" 1 \
		"kmemctl: $DEV: module kmem is blacklisted in modprobe.d; nothing was changed; remove that line, or load it by hand with 'modprobe'" \
		"$TMP/before"
	ktap_check "$command: then the module is not loaded" \
		test ! -d /sys/module/kmem
done
hidden /etc/modprobe.d \
	"echo install kmem false >/etc/modprobe.d/no-kmem.conf" online "$DEV"
expect_error "online: modprobe.d has a command in place of the module" 1 \
	"kmemctl: $DEV: cannot load module kmem: *; nothing was changed; *" \
	"$TMP/before"

hidden /sys : list
expect "list: no dax bus" 3 "" \
	"kmemctl: no dax bus: this kernel shows no /sys/bus/dax; try 'modprobe device_dax'"
hidden /sys : online "$DEV"
expect_error "online: no dax bus" 3 \
	"kmemctl: no dax bus: this kernel shows no /sys/bus/dax; try 'modprobe device_dax'" \
	"$TMP/before"
k offline "$DEV"
expect "offline: without the module, a devdax device is already offline" 0 \
	"$DEV: already offline: driver device_dax" ""
modprobe kmem
ktap_done
