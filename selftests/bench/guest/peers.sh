#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# In a guest: plugs and unplugs one device by each way there is, our driver and
# the kernel's own in turn, and prints what each took of the guest's time. It
# ends if some block is not in zone Movable after a plug, or some memory is left
# after an unplug: the time of half a plug is worth nothing.
#
# usage: peers.sh ROUNDS PEER...
#
# Every other round goes through the peers backwards. A line per figure:
# time PEER plug|unplug ROUND SECONDS BLOCKS BLOCKSIZE

set -u
cd "$(dirname "$0")/../.." || exit

# shellcheck source=selftests/bench/guest/lib.sh
. bench/guest/lib.sh

# timed PEER OP ROUND COMMAND...
timed() {
	local peer=$1 op=$2 round=$3 from to

	shift 3
	sleep 0.2
	from=${EPOCHREALTIME/./}
	"$@" >"$TMP/out" 2>&1 || die "$*: $(cat "$TMP/out")"
	to=${EPOCHREALTIME/./}
	case "$op" in
	plug) all_movable || die "$peer: not all online in zone Movable" ;;
	unplug) nothing_left || die "$peer: memory is left" ;;
	esac
	awk -v us=$((to - from)) -v what="$peer $op $round" \
		-v blocks="$BLOCKS $BLOCK_SIZE" \
		'BEGIN { printf "time %s %.6f %s\n", what, us / 1e6, blocks }'
}

# Our `state`, or that of Linux 7.3, where there is one: the device is bound,
# and nothing added.
peer_state() {
	bound_unplugged || { to_devdax; return; }
	timed "$1" plug "$2" write online_movable "$DAX/$DEV/state"
	timed "$1" unplug "$2" write unplugged "$DAX/$DEV/state"
	to_devdax
}

# What happens when nobody says anything: the kernel onlines each block as it
# adds it. And what people write by hand, from the first block to the last.
peer_auto() {
	unbind "$DEV"
	set_policy online_movable
	timed "$1" plug "$2" write "$DEV" "$DRIVERS/kmem/new_id"
	set_policy offline
	timed "$1" unplug "$2" offline_upwards
	to_devdax
}

offline_upwards() {
	local block

	for block in $(seq "$FIRST" $((FIRST + BLOCKS - 1))); do
		write offline "$MEMORY/memory$block/state" || return
	done
	unbind "$DEV"
}

peer_daxctl() {
	timed "$1" plug "$2" daxctl reconfigure-device -m system-ram "$DEV"
	timed "$1" unplug "$2" daxctl reconfigure-device -f -m devdax "$DEV"
}

peer_kmemctl() {
	timed "$1" plug "$2" kmemctl online "$DEV"
	timed "$1" unplug "$2" kmemctl offline "$DEV"
}

# The same as a write to `state`, said to kmemctl: nothing to bind.
peer_kmemctl_bound() {
	bound_unplugged || die "no state"
	timed "$1" plug "$2" kmemctl online "$DEV"
	write unplugged "$DAX/$DEV/state" || die "cannot unplug $DEV"
	to_devdax
}

run_peer() {
	case "$1" in
	state | kmemctl | kmemctl-bound) load ours ;;
	*) load intree ;;
	esac
	case "$1" in
	state | intree-state) peer_state "$@" ;;
	auto) peer_auto "$@" ;;
	daxctl) peer_daxctl "$@" ;;
	kmemctl-bound) peer_kmemctl_bound "$@" ;;
	kmemctl | intree-kmemctl) peer_kmemctl "$@" ;;
	*) die "no peer '$1'" ;;
	esac
}

rounds=$1
shift
bench_begin
for round in $(seq "$rounds"); do
	order=("$@")
	if [ $((round % 2)) -eq 0 ]; then
		mapfile -t order < <(printf '%s\n' "$@" | tac)
	fi
	for peer in "${order[@]}"; do
		run_peer "$peer" "$round"
	done
done
echo "done"
