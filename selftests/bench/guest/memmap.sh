#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# In a guest: how much DRAM one device takes while it is online, with its
# memmap there and with its memmap on itself.

set -u
cd "$(dirname "$0")/../.." || exit

# shellcheck source=selftests/bench/guest/lib.sh
. bench/guest/lib.sh

bench_begin
load ours
bound_unplugged || die "$DEV has no state"
for own in 0 1; do
	wants_memmap "$DEV" "$own" || die "$DEV does not take memmap_on_memory"
	bound_unplugged
	kib=$(dram_cost "$DAX/$DEV/state") || die "cannot plug $DEV"
	write unplugged "$DAX/$DEV/state" || die "cannot unplug $DEV"
	echo "value memmap_on_memory=$own dram-kib $kib" \
		"$((BLOCKS * BLOCK_SIZE >> 30))"
done
echo "done"
