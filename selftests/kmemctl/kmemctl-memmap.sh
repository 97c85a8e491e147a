#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kmemctl and the place of the memmap on a real kernel: on the device itself, and
# back in RAM, with our driver and with the kernel's own. Boot with
# memory_hotplug.memmap_on_memory=1, or without to see it refused. Changes the
# memory of the machine: KMEM_TEST_DEV=daxX.Y.

# shellcheck disable=SC2154

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/kmemctl.sh
. lib/kmemctl.sh

# Reserved memory binds to kmem as soon as that is loaded.
[ "$(id -u)" -ne 0 ] || [ -z "${KMEM_TEST_DEV-}" ] || set_policy offline
kmem_require
[ "$(driver_of "$KMEM_TEST_DEV")" = device_dax ] ||
	kmemctl offline "$KMEM_TEST_DEV" >/dev/null
kmemctl_require
BUS=$DAX/$DEV/memmap_on_memory

# bus_is VALUE: of the bus's attribute, where there is one
bus_is() {
	[ ! -e "$BUS" ] || equals "$(cat "$BUS")" "$1"
}

# in_ram: free RAM that online takes, in kB; offline again
in_ram() {
	local free

	free=$(dram_settled)
	kmemctl online "$@" "$DEV" >&2 || return
	echo $((free - $(dram_free)))
	kmemctl offline "$DEV" >&2
}

refused_without() {
	k online --memmap-on-memory "$DEV"
	expect_error "the kernel was not told to: it is refused with what to boot with" 1 \
		"kmemctl: $DEV: the kernel places no memmap on a device: its memory_hotplug.memmap_on_memory is N; nothing was changed; boot with memory_hotplug.memmap_on_memory=1" \
		"$TMP/before"
	k online --no-memmap-on-memory "$DEV"
	expect "in RAM it is all the same" 0 "$DEV: online: *" ""
	k offline "$DEV"
	ktap_done
}

[ "$(cat /sys/module/memory_hotplug/parameters/memmap_on_memory)" != N ] ||
	refused_without

if ! ours && [ ! -e "$BUS" ]; then
	k online --memmap-on-memory "$DEV"
	expect_error "the kernel's own driver cannot on Linux 6.1, and all is put back" 1 \
		"kmemctl: $DEV: its driver cannot place the memmap on the device; $PUT_BACK; install dax-kmem: *" \
		"$TMP/before"
	ktap_done
fi

plain=$(in_ram --no-memmap-on-memory)
own=$(in_ram --memmap-on-memory)
echo "# RAM taken: $plain kB, with the memmap on the device $own kB"
ktap_check "in RAM the memmap takes 64 bytes a page" \
	test "$plain" -ge $(($(dev_kib "$DEV") / 80))
ktap_check "on the device it takes less than a fifth of that from RAM" \
	test $((own * 5)) -lt "$plain"
ktap_check "the device keeps what was wished" bus_is 1
[ ! -e "$BUS" ] || echo 0 >"$BUS"

k_planned online --memmap-on-memory "$DEV"
expect "online --memmap-on-memory" 0 "$DEV: online: $N blocks, *, Movable, *" ""
k online --memmap-on-memory "$DEV"
expect "once more is already so" 0 "$DEV: already online: *" ""
if ours; then
	k list -n -o MEMMAP "$DEV"
	expect "list shows it on the device" 0 "device" ""
fi
snapshot "$TMP/online"
k online --no-memmap-on-memory "$DEV"
expect_error "memory that is online keeps its memmap" 4 \
	"kmemctl: $DEV: its memmap is on the device, and stays there while a memory block is online; nothing was changed; run 'kmemctl offline $DEV' first" \
	"$TMP/online"
k offline "$DEV"
if ours; then
	k online "$DEV"
	echo unplugged >"$DAX/$DEV/state"
	k_planned online --no-memmap-on-memory "$DEV"
	expect "a device bound and unplugged has it in RAM then" 0 \
		"$DEV: online: *" ""
	k list -n -o MEMMAP "$DEV"
	expect "list shows it in RAM" 0 "ram" ""
	k offline "$DEV"
fi
[ ! -e "$BUS" ] || echo 0 >"$BUS"
if modprobe memory_veto; then
	VETO=/sys/module/memory_veto/parameters
	snapshot "$TMP/before"
	veto online $((N / 2)) 12
	k online --memmap-on-memory "$DEV"
	expect_error "a block that fails puts all back" 1 \
		"kmemctl: $DEV: *: Cannot allocate memory; $PUT_BACK; *" \
		"$TMP/before"
	veto online 0 12
	ktap_check "what the bus keeps of it too" bus_is 0
else
	ktap_skip "a block that fails puts all back" "no test module memory_veto"
fi
ktap_done
