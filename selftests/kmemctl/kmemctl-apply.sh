#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kmemctl apply on a real kernel: the device is found by the id that others have
# for it too, becomes what kmemctl.conf says, and after a mistake stays as it
# was. Needs root and KMEM_TEST_DEV=daxX.Y, an NVDIMM, a CXL region or what
# memmap=SIZE%START on the kernel's command line reserved.

# shellcheck disable=SC2154,SC2034

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/kmemctl.sh
. lib/kmemctl.sh

CONF=/etc/kmemctl.conf
OURS=$([ "${KMEM_TEST_DRIVER:-dkms}" = intree ] || echo yes)

# The id as ndctl has it, or as the kernel was told.
id_of() {
	local uuid reserved

	uuid=$(cat /sys/bus/cxl/devices/region0/uuid 2>/dev/null)
	if [ -n "$uuid" ]; then
		echo "cxl-region $uuid"
		return
	fi
	uuid=$(ndctl list -N 2>/dev/null |
		sed -n 's/^ *"uuid":"\(.*\)",*/\1/p' | head -n 1)
	if [ -n "$uuid" ]; then
		echo "nvdimm $uuid"
		return
	fi
	reserved=$(sed -n 's/.*memmap=\([0-9]*\)%\(0x[0-9a-f]*\)-.*/\2+\1/p' \
		/proc/cmdline)
	printf 'soft-reserved %#x+%#x' "${reserved%+*}" "${reserved#*+}"
}

# conf TEXT: the configuration
conf() {
	printf '%b' "$1" >$CONF
}

# online_line WORDS ZONE: what apply then says
online_line() {
	echo "$DEV: $1: $BLOCKS blocks, *, $2, node $NODE"
}

# From Linux 6.3 on reserved memory binds to kmem as soon as that is loaded, and
# what is onlined in Normal then may stay.
[ "$(id -u)" -ne 0 ] || [ -z "${KMEM_TEST_DEV-}" ] || set_policy offline
kmem_require
[ "$(driver_of "$KMEM_TEST_DEV")" = device_dax ] ||
	kmemctl offline "$KMEM_TEST_DEV" >/dev/null
kmemctl_require
BLOCKS=$(total_blocks "$DEV")
ID=$(id_of)
rm -f $CONF

k apply
expect "Without a configuration a device is left alone, and its id is told" 0 \
	"$DEV: skipped: no section sets a mode ($ID)" ""
ktap_check "Without a configuration nothing changes" same "$TMP/before"

# daxctl_says KEY VALUE
daxctl_says() {
	daxctl list -d "$DEV" | grep "\"$1\":$2"
}

conf "[all]\nzone = normal\n[${ID}]\nmode = system-ram\nzone = movable\n"
k check-config
expect "The id makes a section" 0 "no error: 2 sections in 1 file" ""
k apply
expect "The device's own section goes before [all]" 0 \
	"$(online_line online Movable)" ""
ktap_check "daxctl says it is system-ram" daxctl_says mode '"system-ram"'
ktap_check "daxctl says it is movable" daxctl_says movable true
k apply "$DEV"
expect "Again: it is already so" 0 "$(online_line "already online" Movable)" ""
k apply all
expect "By all: it is already so" 0 "$(online_line "already online" Movable)" ""

# first_block: the name of one of its blocks
first_block() {
	local start

	start=$(cat "$DAX/$DEV/mapping0/start")
	echo "memory$(((start + $(block_size) - 1) / $(block_size)))"
}
BLOCK=$(first_block)
offline_block() {
	echo offline >"$MEMORY/$BLOCK/state"
}
conf "[${ID}]\nmode = system-ram\nexclusive = yes\n"
k apply
if [ -n "$OURS" ]; then
	expect "exclusive = yes" 0 "$(online_line "already online" Movable)" ""
	offline_block 2>/dev/null
	ktap_check "Then nobody else can offline a block" \
		test "$(cat "$MEMORY/$BLOCK/state")" = online
	sed -i s/yes/no/ $CONF
	k apply
	offline_block
	ktap_check "After exclusive = no everybody can" \
		test "$(cat "$MEMORY/$BLOCK/state")" = offline
else
	expect "exclusive = yes, which the kernel's own kmem does not know" 64 \
		"$(online_line "already online" Movable)" \
		"kmemctl: $DEV: its driver does not know exclusive; the rest is done; *"
	offline_block
fi
conf "[${ID}]\nmode = system-ram\n"
k apply
expect "A block that went offline comes back" 0 \
	"$(online_line online Movable)" ""

snapshot "$TMP/online"
conf "[${ID}]\nmode = devdax\ntimout = 3\n"
k apply
expect "A mistake, and nothing is done" 1 "" "kmemctl: $CONF:3: unknown key 'timout'; *
kmemctl: nothing was changed"
ktap_check "After a mistake nothing has changed" same "$TMP/online"
conf "[${ID}]\nmode = devdax\n"
k_planned apply
expect "mode = devdax" 0 "$DEV: offline: driver device_dax" ""
ktap_check "All is as it was at first" same "$TMP/before"
k apply
expect "mode = devdax, again" 0 "$DEV: already offline: driver device_dax" ""

# What the kernel puts in Normal may stay: the zone comes last.
case $ID in
nvdimm*)
	rm $CONF
	mkdir -p /etc/daxctl.conf.d
	printf '%s\n' "[reconfigure-device a]" "nvdimm.uuid = ${ID#nvdimm }" \
		"mode = system-ram" "online = false" \
		>/etc/daxctl.conf.d/a.conf
	k_planned apply
	expect "daxctl's section with online = false binds it" 0 \
		"$DEV: bound to kmem, offline" ""
	ktap_check "and onlines nothing" test "$BEFORE" = "$(memtotal)"
	sed -i 's/^online = .*/movable = false/' /etc/daxctl.conf.d/a.conf
	k apply
	expect "daxctl's section with movable = false" 0 \
		"$(online_line online Normal)" ""
	;;
*)
	conf "[${ID}]\nmode = system-ram\nzone = normal\n"
	k_planned apply
	expect "zone = normal" 0 "$(online_line online Normal)" ""
	;;
esac
ktap_check "daxctl says it is not movable" daxctl_says movable false
ktap_done
