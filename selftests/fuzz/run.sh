#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Fuzzes kmemctl for a bounded time with libFuzzer, ASan and UBSan: first the
# corpus, then what is made of it. That a fuzzer can find something is shown by
# a defect planted for it.
#
# usage: run.sh [SECONDS]	for each fuzzer; 30
#
# An input that fails is left in $KMEM_RESULTS, or printed as base64.

set -u

HERE=$(cd "$(dirname "$0")" && pwd)
TOP=$(cd "$HERE/../.." && pwd)
SECONDS_EACH=${1:-30}

# shellcheck source=selftests/lib/ktap.sh
. "$HERE/../lib/ktap.sh"

# a tree of files for every input: best not on a disk
WORK=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
trap 'rm -rf "$WORK"' EXIT

# build NAME OUTPUT FLAG...: kmemctl, its main() under another name
build() {
	local sources name=$1 output=$2

	shift 2
	mapfile -t sources < <(find "$TOP/tools" -name '*.c')
	clang -std=gnu11 -D_GNU_SOURCE -O1 -g -I"$TOP/tools" \
		-fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -Wall -Wextra -Werror \
		-Wno-unused-parameter -Dmain=kmemctl_main \
		-DKMEMCTL_VERSION='"0"' "$@" -o "$output" \
		"$HERE/${name}_fuzz.c" "${sources[@]}" -lblkid -linih -lkmod -lsmartcols
}

# fuzz NAME BINARY SECONDS: with the corpus, which is not changed
fuzz() {
	local name=$1 options=(-max_len=4096 -timeout=20 -print_final_stats=1)

	[ ! -e "$HERE/$name.dict" ] || options+=("-dict=$HERE/$name.dict")
	mkdir -p "$WORK/$name.new"
	rm -rf "$WORK/root-of-tree"
	(cd "$WORK" && "$2" "${options[@]}" -max_total_time="$3" \
		-artifact_prefix="$WORK/$name-" "$WORK/$name.new" \
		"$HERE/corpus/$name") >"$WORK/$name.log" 2>&1
}

keep_input() {
	local input

	for input in "$WORK/$1"-crash-* "$WORK/$1"-leak-* "$WORK/$1"-timeout-*; do
		[ -e "$input" ] || continue
		if [ -d "${KMEM_RESULTS:-}" ]; then
			cp "$input" "$KMEM_RESULTS/"
		fi
		echo "input: $(base64 -w 0 "$input")"
	done
}

ktap_plan 8
for name in config tree; do
	ktap_check "fuzzer $name builds" build $name "$WORK/$name"
	ktap_check "fuzzer $name with a planted defect builds" \
		build $name "$WORK/$name.planted" -DPLANTED
	if fuzz $name "$WORK/$name.planted" 20; then
		ktap_fail "fuzzer $name finds the planted defect"
	else
		ktap_check "fuzzer $name finds the planted defect" \
			grep -q "deadly signal" "$WORK/$name.log"
	fi
	rm -rf "$WORK/$name"-* "$WORK/$name.new"
	if fuzz $name "$WORK/$name" "$SECONDS_EACH"; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' \
			"$WORK/$name.log")
		ktap_check "fuzzer $name finds nothing in ${runs:-0} runs" \
			test "${runs:-0}" -gt 100
	else
		ktap_fail "fuzzer $name finds nothing" \
			"$(tail -n 40 "$WORK/$name.log"; keep_input $name)"
	fi
done
ktap_done
