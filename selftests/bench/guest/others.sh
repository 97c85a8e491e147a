#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# In a guest whose time counts instructions: what others do to memory costs the
# driver's users next to nothing. Another device's blocks do not slow down an
# attribute; agents that online what they see do not slow down a plug.

set -u
cd "$(dirname "$0")/../.." || exit

# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/bench/guest/lib.sh
. bench/guest/lib.sh
# shellcheck source=selftests/lib/race.sh
. lib/race.sh
# shellcheck source=selftests/lib/times.sh
. lib/times.sh

OTHER=${KMEM_TEST_DEV2-}
if [ -z "${KMEM_GUEST-}" ] || [ -z "$OTHER" ]; then
	ktap_skip_all "times a guest of its own, with two devices"
fi
bench_begin
trap 'rm -rf "$TMP"' EXIT

# plug: and nothing is left of it; $us is what the plug took
plug() {
	us=$(taken write online_movable "$DAX/$DEV/state")
	all_movable || die "not all online in zone Movable"
}

unplug() {
	write unplugged "$DAX/$1/state" || die "cannot unplug $1"
}

bound_both() {
	DEV=$OTHER bound_unplugged && bound_unplugged
}

# tried: each agent has written to a block
tried() {
	awk '$1 + $2 + $3 { n++ } END { exit n != 2 }' "$TMP"/racer.*
}

load ours
ktap_check "both devices are bound to our driver" bound_both

plug
alone=$us
echo "# a plug takes $us us"
attributes="$DAX/$DEV/kmem/online_blocks $DAX/$DEV/kmem/zones"
for file in $attributes; do
	few=$(taken attr_read "$file" 5000)
	write online_movable "$DAX/$OTHER/state"
	many=$(taken attr_read "$file" 5000)
	unplug "$OTHER"
	ktap_check "a read of ${file##*/} costs the same with another device's memory there" \
		at_most 1.1 "$many" "$few"
done
unplug "$DEV"

race --once "$FIRST" $((FIRST + BLOCKS - 1)) online
race --once "$FIRST" $((FIRST + BLOCKS - 1)) online
sleep 0.1
plug
kill "${racers[@]}" 2>/dev/null
wait "${racers[@]}"
sed "s/^/# worked, refused, else: /" "$TMP"/racer.*
ktap_check "both agents tried" tried
ktap_check "a plug costs the same with agents that online each block when it is there" \
	at_most 1.1 "$us" "$alone"
unplug "$DEV"
to_devdax
ktap_done
