#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Volatile CXL memory, from the memory device to RAM and back: a region of one
# device and an interleaved one of two, made and destroyed by the tool cxl. In a
# guest of vm.sh --cxl-ram with two memory devices.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh

CXL=/kmem/cxl/cxl
CONF=/etc/kmemctl.conf
[ -x $CXL ] || ktap_skip_all "no $CXL: it wants a guest of vm.sh --cxl-ram"
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT

# mem SERIAL: name of the memory device with that serial number
mem() {
	local dir

	for dir in /sys/bus/cxl/devices/mem*; do
		[ "$(cat "$dir/serial")" != "$1" ] || basename "$dir"
	done
}

# region WINDOW MEMDEV...: make one there of all of them; sets REGION and DEV
region() {
	"$CXL" create-region -t ram -d "$1" -w $(($# - 1)) -m "${@:2}" \
		>"$TMP/region" 2>&1 || return
	REGION=$(sed -n 's/.*"region":"\(.*\)",/\1/p' "$TMP/region")
	DEV=$(basename /sys/bus/dax/devices/dax*)
	[ -e "$DAX/$DEV" ]
}

destroy() {
	"$CXL" destroy-region -f "$REGION" >"$TMP/destroyed" 2>&1
}

# is WORDS COLUMNS: what kmemctl lists of the device
is() {
	local got

	got=$(kmemctl list -nr -o "$2" "$DEV")
	[ "$got" = "$1" ] || { echo "$got"; return 1; }
}

# touched MIB: on $NODE
touched() {
	node_touch "$NODE" "$1"
}

nothing_left() {
	[ "$(memtotal)" = "$BEFORE" ] && [ ! -e "$DAX/$DEV" ] &&
		! grep -q "System RAM (kmem)" /proc/iomem
}

modprobe kmem
echo offline >/sys/module/kmem/parameters/bind_state
BEFORE=$(memtotal)
FIRST=$(mem 0xdac5) SECOND=$(mem 0xdac6)

region decoder0.1 "$FIRST"
NODE=2
ktap_check "a region of one memory device is a dax device on its window's node" \
	is "$NODE" NODE
ktap_check "kmem has taken it, and left its memory offline" \
	is "kmem offline 0/4" DRIVER,STATE,BLOCKS
ktap_check "its source is the memory device" is 'cxl-memdev\x200xdac5' SOURCE
ktap_check "kmemctl onlines it, in zone Movable" kmemctl online "$DEV"
ktap_check "it is online there" is "online Movable" STATE,ZONES
ktap_check "programs have memory on that node" touched 64
if "$CXL" destroy-region "$REGION" >"$TMP/destroyed" 2>&1; then
	ktap_fail "a region whose memory is online is not destroyed without force" \
		"$(cat "$TMP/destroyed")"
else
	ktap_pass "a region whose memory is online is not destroyed without force"
fi
ktap_check "then its memory is online as before" is "online Movable" STATE,ZONES
ktap_check "and programs have memory there" touched 64
ktap_check "kmemctl offlines it" kmemctl offline --drain "$DEV"
ktap_check "the region can be destroyed" destroy
ktap_check "nothing is left of it" nothing_left

printf '[cxl-memdev 0xdac5]\nmode = system-ram\n' >$CONF
region decoder0.1 "$FIRST"
ktap_check "a section for the memory device onlines its region" \
	kmemctl apply "$DEV"
ktap_check "in zone Movable" is "online Movable" STATE,ZONES
ktap_check "cxl destroys it with its memory online, when forced to" destroy
ktap_check "and nothing is left of that" nothing_left

NODE=1
region decoder0.0 "$FIRST" "$SECOND"
ktap_check "an interleaved region is a dax device on its own window's node" \
	is "$NODE 1G" NODE,SIZE
ktap_check "its source is both memory devices" \
	is 'cxl-memdev\x200xdac5\x200xdac6' SOURCE
printf '[cxl-memdev 0xdac5 0xdac6]\nmode = system-ram\n' >$CONF
ktap_check "a section for both onlines it" kmemctl apply "$DEV"
ktap_check "all of its memory is online" is "online 8/8 Movable" STATE,BLOCKS,ZONES
ktap_check "programs have memory on its node" touched 1
rm $CONF
ktap_check "kmemctl offlines the interleaved region" kmemctl offline --drain "$DEV"
ktap_check "and cxl destroys it" destroy
ktap_check "nothing is left of both" nothing_left
ktap_done
