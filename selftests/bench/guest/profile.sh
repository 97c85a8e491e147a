#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# In a guest that counts its instructions: one plug and one unplug by our
# `state`, a mark before, between and after them, then what is needed to read
# the counts.

set -u
cd "$(dirname "$0")/../.." || exit

# shellcheck source=selftests/bench/guest/lib.sh
. bench/guest/lib.sh

bench_begin
load ours
bound_unplugged || die "no state"
mark=/kmem/profile/mark
$mark
write online_movable "$DAX/$DEV/state" || die "cannot plug"
$mark
all_movable || die "not all online in zone Movable"
$mark
write unplugged "$DAX/$DEV/state" || die "cannot unplug"
$mark
nothing_left || die "memory is left"
echo "pages $((BLOCKS * BLOCK_SIZE / 4096))"
echo "symbols"
awk '$2 ~ /[tTwW]/ && $1 ~ /^ffffffff/ { print substr($1, 9), $3, $4 }' \
	/proc/kallsyms | gzip -9 | base64
echo "done"
