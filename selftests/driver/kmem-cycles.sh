#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Binding and unbinding again and again leaves nothing behind: no memory, no
# resource, no slab object. If the test module memory_veto is present, it makes
# binds fail, and these leave nothing behind either. Needs exact slab counts
# (boot with slub_debug=FZPU). Changes the memory of the machine:
# KMEM_TEST_DEV=daxX.Y.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh

kmem_require
grep -qE '(slub|slab)_debug=\S*U' /proc/cmdline ||
	ktap_skip_all "slab counts are not exact, boot with slub_debug=FZPU"
DEV=$KMEM_TEST_DEV
CYCLES=10
TMP=$(mktemp -d)
POLICY=$(cat $MEMORY/auto_online_blocks)
DRIVER=$(driver_of "$DEV")

restore() {
	set_policy "$POLICY"
	rmmod memory_veto 2>/dev/null
	forget "$DEV"
	[ "$DRIVER" = none ] || echo "$DEV" >"$DRIVERS/$DRIVER/bind"
	rm -rf "$TMP"
}
trap restore EXIT

# count FILE: objects in use by slab cache; what caches alone hold on to is
# dropped first, twice, for some goes only after the other. The kernel frees
# areas of vmalloc() and nodes of trees of mappings when it has many, and DAMON
# divides memory into as many regions as it finds use for.
count() {
	for _ in 1 2; do
		sync
		echo 3 >/proc/sys/vm/drop_caches
		sleep 1
	done
	awk 'NR > 2 && $1 !~ /^(vmap_area|maple_node|damon_region)$/ { print $1, $2 }' \
		/proc/slabinfo >"$1"
}

cycle() {
	set_policy online_movable
	bind_kmem "$DEV" || return
	each_block "$DEV" offline || return
	echo "$DEV" >"$DRIVERS/kmem/unbind"
}

# A bind that adopts the memory that an unbind left.
adopting_cycle() {
	set_policy online_movable
	bind_kmem "$DEV" || return
	echo "$DEV" >"$DRIVERS/kmem/unbind"
	cycle
}

module_cycle() {
	rmmod kmem && modprobe kmem && cycle
}

failing_cycle() {
	echo 2 >/sys/module/memory_veto/parameters/online
	! bind_kmem "$DEV" >/dev/null
}

# grown: the caches in which CYCLES runs of a command left more objects than three
# in four runs; of others' objects some go meanwhile
grown() {
	awk -v n="$CYCLES" 'NR == FNR { had[$1] = $2; next }
		$1 in had { seen = 1 }
		$1 in had && ($2 - had[$1]) * 4 >= n * 3 { print $1 }
		END { if (!seen) print "no_cache_was_counted" }' \
		"$TMP/slab.before" "$TMP/slab.after"
}

# no_growth COMMAND: no cache grows each of three times that CYCLES runs of it
# end. What grows once is of something else in the system, not of the command.
no_growth() {
	"$1" && "$1" || return
	count "$TMP/slab.before"
	echo ".*" >"$TMP/growing"
	for _ in 1 2 3; do
		for _ in $(seq "$CYCLES"); do
			"$1" || return
		done
		count "$TMP/slab.after"
		grown | grep -x -f "$TMP/growing" >"$TMP/grown" || return 0
		cat "$TMP/grown"
		mv "$TMP/grown" "$TMP/growing"
		mv "$TMP/slab.after" "$TMP/slab.before"
	done
	return 1
}

cycle
snapshot "$TMP/before"
ktap_check "$CYCLES cycles of bind, online, offline, unbind leave no slab object" \
	no_growth cycle
ktap_check "and everything else is as before" same "$TMP/before"
ktap_check "and no memory without a device" \
	equals "$(cat $DRIVERS/kmem/stranded)" ""
ktap_check "$CYCLES binds that adopt memory leave no slab object" \
	no_growth adopting_cycle
ktap_check "$CYCLES unloads of the module leave no slab object" \
	no_growth module_cycle

if modprobe memory_veto 2>/dev/null; then
	ktap_check "$CYCLES binds that fail while onlining leave no slab object" \
		no_growth failing_cycle
	ktap_check "and everything else is as it was" same "$TMP/before"
	ktap_check "the next bind succeeds" cycle
else
	ktap_skip "binds that fail while onlining leave nothing" \
		"no test module memory_veto"
fi
ktap_done
