#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The benchmark: guests whose time counts instructions plug and unplug a device
# by each way there is, on each kernel and at each size; one report of it all,
# with the limits that must hold, as text, CSV, JSON and SVG.
#
# usage: bench.sh [options]
#   --kernel "SERIES..."   only these (default: 6.1 6.12 7.2 7.3)
#   --size "GIB..."        only these (default: 4 16 64 256)
#   --peer "PEER..."       only these: state kmemctl intree-kmemctl daxctl auto
#                          intree-state kmemctl-bound
#   --rounds N             (default 2) every other one in the opposite order
#   --quick                4 and 16 GiB, one round, no tables on the side
#   --workers N            guests at a time (default 2)
#   --report               report what was measured, boot nothing
#
# A guest's figures are kept until the module, the tool or the measurement
# changes: what was stopped goes on where it was. Exit code: 0 when all limits
# hold, 1 when one does not, 2 when something could not be measured.

set -uo pipefail

PATH=$PATH:/usr/sbin:/sbin
BENCH=$(dirname "$(realpath "$0")")
REPO=$(realpath "$BENCH/../..")
KMEM_CACHE=$(realpath -m "${KMEM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dax-kmem}")
RESULTS=${KMEM_RESULTS:-$REPO/results}/bench
VM=$REPO/selftests/qemu/vm.sh
export KMEM_CACHE
# shellcheck source=selftests/qemu/build.sh
. "$REPO/selftests/qemu/build.sh"
# shellcheck source=selftests/lib/queue.sh
. "$REPO/selftests/lib/queue.sh"

die() {
	echo "bench.sh: $*" >&2
	exit 2
}

usage() {
	sed -n '/^# usage:/,/^$/s/^# \{0,1\}//p' "$0"
}

numbers() {
	local word

	for word in $2; do
		[[ $word =~ ^[1-9][0-9]{0,3}$ ]] || die "$1: '$word' is not a number"
	done
}

parse_options() {
	kernels="6.1 6.12 7.2 7.3" sizes="4 16 64 256" rounds=2 workers=2
	peers="state kmemctl intree-kmemctl daxctl auto intree-state kmemctl-bound"
	sides="calls memmap blocks devices" measure=yes
	while [ $# -gt 0 ]; do
		case "$1" in
		--quick) sizes="4 16" rounds=1 sides='' ;;
		--report) measure=no ;;
		-h | --help) usage; exit 0 ;;
		--kernel | --size | --peer | --rounds | --workers)
			[ $# -ge 2 ] || die "$1 needs a value"
			case "$1" in
			--kernel) kernels=$2 ;;
			--size) sizes=$2 ;;
			--peer) peers=$2 ;;
			--rounds) rounds=$2 ;;
			--workers) workers=$2 ;;
			esac
			shift
			;;
		*) usage >&2; exit 2 ;;
		esac
		shift
	done
	numbers --size "$sizes"
	numbers --rounds "$rounds"
	numbers --workers "$workers"
}

# RAM that holds the memmap of so many GiB, and a system.
ram_for() {
	echo $((2048 + $1 * 17))M
}

# A line for each guest: kernel, name, options of vm.sh, "--", command. The
# long ones first.
jobs_of() {
	local size side

	for size in $(tr ' ' '\n' <<<"$sizes" | sort -rn); do
		echo "$1 plug-$size -s ${size}G -m $(ram_for "$size") --" \
			"bench/guest/peers.sh $rounds $peers"
	done
	for side in $sides; do
		case "$side" in
		calls) echo "$1 calls -n 2 -s 8G,32G --program strace --program true --" \
			"bench/guest/calls.sh dax0.0 dax1.0" ;;
		memmap) echo "$1 memmap -s 64G -m $(ram_for 64)" \
			"--append memory_hotplug.memmap_on_memory=1 --" \
			"bench/guest/memmap.sh" ;;
		blocks) echo "$1 blocks -s 64G --large-blocks --" \
			"bench/guest/peers.sh 1 state daxctl auto intree-state" ;;
		devices) echo "$1 devices -n 2 -s 32G --one-node --" \
			"bench/guest/devices.sh dax0.0 dax1.0" ;;
		esac
	done
}

# file_of LINE: where its figures are; another name when what makes them is
# another
file_of() {
	local kernel name rest release hash

	read -r kernel name rest <<<"$1"
	release=${releases[$kernel]}
	hash=$(printf '%s\n' "$tree" "$rest" | sha256sum | cut -c 1-8)
	echo "$RESULTS/raw/$release.$name.$hash"
}

run_guest() {
	local kernel name rest file

	file=$(file_of "$1")
	[ ! -e "$file" ] || return 0
	read -r kernel name rest <<<"$1"
	echo "bench: $kernel $name" >&2
	# shellcheck disable=SC2086 # words
	if "$VM" -k "$kernel" --icount --timeout 14400 $rest \
		>"$file.new" 2>&1 </dev/null &&
		[ "$(tail -n 1 "$file.new")" = "done" ]; then
		mv "$file.new" "$file"
	else
		echo "bench: $kernel $name failed:" >&2
		tail -n 5 "$file.new" | sed 's/^/  /' >&2
		mv "$file.new" "$file.failed"
	fi
}

worker() {
	local line

	while line=$(queue_next) && [ -n "$line" ]; do
		run_guest "$line"
	done
}

# collect: all figures as lines "release,table,..."; 2 when some are missing
collect() {
	local line file kernel name rc=0

	while read -r line; do
		file=$(file_of "$line")
		read -r kernel name _ <<<"$line"
		if [ ! -e "$file" ]; then
			echo "bench: not measured: $kernel $name" >&2
			rc=2
			continue
		fi
		awk -v OFS=, -v release="${releases[$kernel]}" -v name="$name" '
			BEGIN { size = name; sub(/.*-/, "", size) }
			$1 == "time" {
				table = name ~ /^plug-/ ? "plug" : name
				print release, table, size, $2, $3, $4, $5,
					$6 * $7 / 1073741824, $7 / 1048576
			}
			$1 == "value" {
				print release, name, "", $2, $3, "", $4, $5, ""
			}' "$file"
	done <"$RESULTS/.jobs"
	return "$rc"
}

main() {
	local kernel dir missing=0
	declare -A releases

	parse_options "$@"
	sh "$REPO/selftests/qemu/setup.sh" bench || exit 2
	mkdir -p "$RESULTS/raw" || die "cannot create $RESULTS"
	tree=$(tree_hash bench "${MODULE_SOURCES[@]}" tools selftests/bench/guest \
		selftests/lib/kmem.sh)
	for kernel in $kernels; do
		dir=$(sh "$REPO/selftests/qemu/kernels.sh" get "$kernel") || exit 2
		releases[$kernel]=$(<"$dir/release")
		jobs_of "$kernel"
	done >"$RESULTS/.jobs"
	if [ "$measure" = yes ]; then
		cp "$RESULTS/.jobs" "$RESULTS/.queue"
		queue_run "$workers" worker
	fi
	{
		echo release,table,size_gib,peer,what,round,value,gib,block_mib
		collect
	} >"$RESULTS/bench.csv" || missing=$?
	awk -f "$BENCH/figures.awk" -f "$BENCH/report.awk" \
		"$RESULTS/bench.csv" >"$RESULTS/bench.txt" || missing=$((missing | 1))
	awk -f "$BENCH/figures.awk" -f "$BENCH/json.awk" \
		"$RESULTS/bench.csv" >"$RESULTS/bench.json" || missing=2
	awk -f "$BENCH/figures.awk" -f "$BENCH/chart.awk" \
		"$RESULTS/bench.csv" >"$RESULTS/bench.svg" || missing=2
	cat "$RESULTS/bench.txt"
	echo
	echo "In $RESULTS: bench.txt bench.csv bench.json bench.svg"
	[ "$missing" -lt 2 ] || exit 2
	exit "$missing"
}

main "$@"
