#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Makes a list of operations of kmem_random that fails shorter, with a fresh
# guest for each attempt: for failures after which the devices do not return to
# the start, and for those that end the guest. Takes hours when it is long.
#
# usage: shrink.sh KERNEL SEED STEPS [KEEP [VM-OPTION...]]
#   STEPS  length of the seed's list, as kmem_random printed it
#   KEEP   what to begin with, as in --keep: the operations up to the failure
#
# Prints the shortest list that fails, as a value for --keep.

set -u

SELFTESTS=$(cd "$(dirname "$0")/.." && pwd)

[ $# -ge 3 ] || {
	sed -n '/^# usage:/,/^$/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
kernel=$1 seed=$2 steps=$3 keep=${4:-0-$(($3 - 1))}
shift $(($# < 4 ? 3 : 4))
[ $# -gt 0 ] || set -- -n 2 -s 512M
options=("$@")

# numbers KEEP: each operation of a list like 0-3,7
numbers() {
	tr ',' '\n' <<<"$1" | while IFS=- read -r first last; do
		seq "$first" "${last:-$first}"
	done
}

# fails NUMBER...: whether these operations fail in a guest of their own. A
# guest that could not be started is no failure of theirs.
fails() {
	local rc=0 list

	list=$(IFS=,; echo "$*")
	"$SELFTESTS/qemu/vm.sh" -k "$kernel" --timeout 900 "${options[@]}" -- \
		kmem_random --no-shrink --seed "$seed" --steps "$steps" \
		--keep "$list" dax0.0 dax1.0 >/dev/null 2>&1 || rc=$?
	[ "$rc" -ne 0 ] && [ "$rc" -ne 2 ] && [ "$rc" -ne 127 ]
}

mapfile -t left < <(numbers "$keep")
fails "${left[@]}" || {
	echo "shrink.sh: these operations do not fail" >&2
	exit 1
}
part=$((${#left[@]} / 2))
while [ "$part" -gt 0 ]; do
	at=0
	while [ "$at" -lt "${#left[@]}" ]; do
		fewer=("${left[@]:0:at}" "${left[@]:at + part}")
		if [ ${#fewer[@]} -gt 0 ] && fails "${fewer[@]}"; then
			left=("${fewer[@]}")
			echo "shrink.sh: ${#left[@]} operations left" >&2
		else
			at=$((at + part))
		fi
	done
	part=$((part / 2))
done
(IFS=,; echo "${left[*]}")
