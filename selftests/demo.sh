#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The tour: persistent memory becomes RAM, a program uses it, it becomes
# persistent memory again. In a guest with a virtual NVDIMM; this machine gets
# a few packages and a cache directory. Root or sudo.

set -eu

SELFTESTS=$(cd "$(dirname "$0")" && pwd)
MIB=256

# --- in the guest -----------------------------------------------------------

heading() {
	printf '\n== %s\n' "$1"
}

# show COMMAND...: as if typed.
show() {
	printf '\n# %s\n' "$*"
	"$@" || fail "'$*' returned $?"
}

fail() {
	printf '\ndemo: FAILED: %s\n' "$1"
	exit 1
}

mem_total() {
	sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo
}

picture() {
	show numactl -H
	show lsmem
	show kmemctl list -o DEVICE,SIZE,NODE,DRIVER,STATE,BLOCKS,ZONES
}

# gained FROM TO: whether TO kB is more than FROM by what the device holds, less
# what alignment and the kernel's own use may cost.
gained() {
	size=$(cat /sys/bus/dax/devices/dax0.0/size)
	[ $(($2 - $1)) -gt $((size * 9 / 10240)) ]
}

guest() {
	node=$(cat /sys/bus/dax/devices/dax0.0/target_node)
	before=$(mem_total)

	heading "Before: an NVDIMM on node $node, which programs cannot allocate from"
	picture
	heading "The NVDIMM becomes RAM, by the driver that DKMS built and installed"
	show modinfo -F filename kmem
	modinfo -F filename kmem | grep -q /updates/dkms/ ||
		fail "modprobe would not load the module under test"
	show kmemctl online dax0.0
	picture
	during=$(mem_total)
	gained "$before" "$during" || fail "MemTotal did not grow: $before, $during kB"
	heading "A program uses it"
	show node_touch "$node" $MIB
	heading "And back"
	show kmemctl offline dax0.0
	picture
	after=$(mem_total)
	[ "$after" = "$before" ] || fail "MemTotal was $before kB and is $after kB"

	heading "MemTotal: $((before / 1024)) MiB before, $((during / 1024)) MiB with the NVDIMM, $((after / 1024)) MiB after"
}

# --- on this machine --------------------------------------------------------

farewell() {
	cache=${KMEM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dax-kmem}
	added=$(sh "$SELFTESTS/qemu/setup.sh" --added | xargs)

	heading "What this left on the machine, and how to undo it"
	echo
	if [ -n "$added" ]; then
		echo "packages   apt-get purge --auto-remove $added" |
			fold -s -w 66 | sed -e '2,$s/^/           /' -e '$!s/$/\\/'
	else
		echo "packages   none were missing"
	fi
	echo "cache      rm -r $cache"
	echo
	echo "demo: passed: dax0.0 became RAM, was used, and is persistent memory again"
}

host() {
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null ||
			fail "this installs packages: run it as root"
		exec sudo sh "$0" "$@"
	fi
	sh "$SELFTESTS/qemu/setup.sh" guest || fail "packages are missing"
	series=$(sh "$SELFTESTS/qemu/kernels.sh" own)
	echo "Booting a guest with 2 GiB of RAM and an NVDIMM of 4 GiB ..."
	bash "$SELFTESTS/qemu/vm.sh" -k "$series" -- ./demo.sh --guest || {
		rc=$?
		[ $rc -le 1 ] || fail "the guest's exit code is $rc"
		exit 1
	}
	farewell
}

if [ "${1-}" = --guest ]; then
	guest
else
	host "$@"
fi
