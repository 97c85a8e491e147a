# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# What a command costs before it begins, and how many system calls it makes for
# each memory block: those of a large device less those of a small one. Reading
# a directory is not counted; it takes one call for a thousand blocks.

readonly SMALL=6 LARGE=54

# calls BLOCKS FIRST COMMAND: of COMMAND on a device of so many blocks, after
# FIRST, if any
calls() {
	tree_new "$WORK/t"
	tree_dev dax0.0 1 "$TREE_A:$(($1 * BLOCK))"
	tree_bound dax0.0 device_dax
	[ "${FAKE_DRIVER-}" != ours ] || tree_parameter
	# shellcheck disable=SC2086 # words
	[ -z "$2" ] || k $2 dax0.0
	# shellcheck disable=SC2086
	FAKE_COUNT=$WORK/count k $3 dax0.0
	[ "$rc" -eq 0 ] || echo "exit $rc, $err" >&2
	cat "$WORK/count"
}

# at_most SENTENCE CALLS-PER-BLOCK FIRST COMMAND
at_most() {
	local small large

	small=$(calls $SMALL "$3" "$4")
	large=$(calls $LARGE "$3" "$4")
	if [ "$small" -gt 10 ] &&
	   [ $((large - small)) -le $(($2 * (LARGE - SMALL))) ]; then
		ktap_pass "$1 ($small and $large calls)"
	else
		ktap_fail "$1" "$SMALL blocks: $small, $LARGE blocks: $large"
	fi
}

export FAKE_ZONES=1
for FAKE_DRIVER in "" state; do
	export FAKE_DRIVER
	name="kmem${FAKE_DRIVER:+ with $FAKE_DRIVER}"
	at_most "$name: online makes at most 4 calls a block" 4 "" online
	at_most "$name: offline makes at most 4 calls a block" 4 online offline
	at_most "$name: list makes as many calls for a large device" 0 \
		online list
done
FAKE_DRIVER=ours
at_most "our kmem: online makes as many calls for a large device" 0 "" online
at_most "our kmem: online --normal makes as many calls for a large device" 0 \
	online "online --normal"
at_most "our kmem: offline makes as many calls for a large device" 0 online \
	offline
at_most "our kmem: list makes as many calls for a large device" 0 online list
unset FAKE_DRIVER FAKE_ZONES
