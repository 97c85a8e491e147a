#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A module whose private layout is not this kernel's refuses every device and
# touches none. Needs such modules (layout-refused.sh builds them) beside the
# others, as kmem_wrong_*.ko, and as kmem_right_*.ko others that must work; and a
# device of a region that can be divided (soft reserved memory), with
# memory_hotplug.memmap_on_memory=1. KMEM_TEST_DEV=daxX.Y names it.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh

# From Linux 6.3 on such a device binds to kmem as soon as that is loaded.
POLICY=$(cat "$MEMORY/auto_online_blocks")
set_policy offline
kmem_require
DEV=$KMEM_TEST_DEV
TMP=$(mktemp -d)
MODULES=/lib/modules/$(uname -r)
[ -n "$(find "$MODULES" -name 'kmem_wrong_*.ko')" ] ||
	ktap_skip_all "no modules kmem_wrong_*.ko"
unbind "$DEV"
[ -w "$DAX/$DEV/mapping" ] || ktap_skip_all "the region of $DEV cannot be divided"
BASE=$(($(cat "$DAX/$DEV/resource")))
SIZE=$(cat "$DAX/$DEV/size")

restore() {
	forget "$DEV" 2>/dev/null
	echo 0 >"$DAX/$DEV/size"
	echo "$SIZE" >"$DAX/$DEV/size"
	set_policy "$POLICY"
	rm -rf "$TMP"
}
trap restore EXIT

add_range() {
	printf '%x-%x' $((BASE + ($1 << 20))) $((BASE + (($1 + $2) << 20) - 1)) \
		>"$DAX/$DEV/mapping"
}

refuses() {
	local error

	error=$(bind_kmem "$DEV")
	echo "bind: '$error'"
	[ "$error" = "Invalid argument" ]
}

# Two ranges, and a 1 in all that could be taken for something else that is 0.
echo 0 >"$DAX/$DEV/size"
add_range 512 256
add_range 0 256
[ ! -e "$DAX/$DEV/memmap_on_memory" ] ||
	ktap_check "the device wants its memmap on itself" \
	attempt 1 "$DAX/$DEV/memmap_on_memory"

rmmod kmem
while read -r module; do
	name=$(basename "$module" .ko)
	name=${name#kmem_wrong_}
	insmod "$module" || ktap_fail "wrong layout ($name): the module loads"
	snapshot "$TMP/before"
	log_mark
	ktap_check "wrong layout ($name): bind fails with Invalid argument" \
		refuses
	ktap_check "wrong layout ($name): the message says what to do" \
		logged "rebuild kmem for (it|this kernel), or see Documentation/porting.rst"
	ktap_check "wrong layout ($name): nothing is changed" \
		same "$TMP/before"
	rmmod kmem
done < <(find "$MODULES" -name 'kmem_wrong_*.ko' | sort)

# binds_both NAME: it binds both ranges, each of two blocks
binds_both() {
	ktap_check "$1 layout: the device is bound" bind_kmem "$DEV"
	ktap_check "$1 layout: both ranges are added" \
		equals "$(cat "$DAX/$DEV/kmem/present_blocks")" 4
}

while read -r module; do
	name=$(basename "$module" .ko)
	insmod "$module" || ktap_fail "right layout ($name): the module loads"
	binds_both "right (${name#kmem_right_})"
	unbind "$DEV"
	rmmod kmem
done < <(find "$MODULES" -name 'kmem_right_*.ko' | sort)

modprobe kmem
binds_both "this kernel's"
unbind "$DEV"
ktap_done
