#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Makes one small mistake at a time in a copy of the tree and runs the tests that
# cover it, until a claim fails. A mistake that no test finds is a failure: a
# survivor. First each test that will be used must pass without a mistake.
#
# usage: run.sh [--check] [--only PATTERN] [--not-in FILE] [--kernel SERIES] [LIST...]
#   --check           only see that each mutation can be made
#   --only PATTERN    only mutations whose sentence matches (a shell pattern)
#   --not-in FILE     not those that FILE, the output of an earlier run, has found
#   --kernel SERIES   the kernel of guest jobs, 6.1 by default
#   LIST              files of mutations, by default all *.list beside this one;
#                     entry.sh has their format

set -u

cd "$(dirname "$0")/../.." || exit 2
REPO=$PWD
KMEM_CACHE=${KMEM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dax-kmem}
# shellcheck source=selftests/lib/ktap.sh
. selftests/lib/ktap.sh
# shellcheck source=selftests/lib/queue.sh
. selftests/lib/queue.sh
# shellcheck source=selftests/qemu/build.sh
. selftests/qemu/build.sh
# shellcheck source=selftests/mutations/entry.sh
. selftests/mutations/entry.sh
only='*'
kernel=${KMEM_KERNEL-6.1}
check=no
before=/dev/null
while [ $# -gt 0 ]; do
	case $1 in
	--check) check=yes; shift ;;
	--only) only=$2; shift 2 ;;
	--not-in) before=$2; shift 2 ;;
	--kernel) kernel=$2; shift 2 ;;
	-*) sed -n '/^# usage:/,/^$/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	*) break ;;
	esac
done
[ $# -gt 0 ] || set -- selftests/mutations/*.list

TMP=$(mktemp -d)
RESULTS=$TMP queue=
trap '[ -z "$queue" ] || kill "$queue" 2>/dev/null; rm -rf "$TMP"' EXIT
trap 'exit 130' INT TERM HUP

# build ENTRY TREE: what its tests run, of that tree
build() {
	if [ -n "$(field job "$1")" ]; then
		kernel_make "$kernel_dir" "$2" modules
	else
		make -s -C "$2/tools" SANITIZE=1
	fi
}

# until_failure COMMAND...: its output goes to $out. It is ended at the first
# claim that fails.
until_failure() {
	"$@" >"$out" 2>&1 </dev/null &
	run=$!
	until grep -q '^not ok' "$out"; do
		kill -0 "$run" 2>/dev/null || break
		sleep 1
	done
	kill "$run" 2>/dev/null
	wait "$run"
}

# run_tests ENTRY TREE SECONDS: in a group of its own, which timeout ends whole
run_tests() {
	local options command job

	job=$(field job "$1")
	if [ -n "$job" ]; then
		IFS='|' read -r options command <<<"$(guest_job "$job")"
		# shellcheck disable=SC2086 # options and command are words
		until_failure timeout -k 30 $(($3 + 300)) \
			selftests/qemu/vm.sh -k "$kernel" $options \
			--timeout "$3" --kmem "$2/kernel/kmem.ko" -- $command
	else
		# shellcheck disable=SC2046 # parts are words
		KMEM_TOOL_BUILT=1 until_failure timeout -k 30 "$3" \
			bash "$2/selftests/host/run.sh" $(field host "$1")
	fi
}

# judge RC: sets verdict and why. What began no test says nothing of a mistake.
judge() {
	why=$(sed -n 's/^not ok [0-9]* - //p' "$out" | head -n 1)
	verdict=found
	[ -z "$why" ] || return
	why="exit code $1"
	case $1 in
	0)
		verdict=survived why=
		! grep -qE '^(ok .*|1\.\.0.*)# SKIP' "$out" ||
			verdict=unusable why="a test was skipped"
		;;
	124) why="time limit" ;;
	125 | 126) why=$(grep -a -m 1 -A 1 '^vm.sh: [kg]' "$out" | tail -n 1) ;;
	127) verdict=unusable ;;
	esac
	grep -q '^TAP version' "$out" && ! grep -q '^Bail out!' "$out" ||
		verdict=unusable why="no test began: $(tail -n 2 "$out")"
}

# try ENTRY TREE: sets verdict and why, and leaves the tree as it was
try() {
	local test file limit=60

	why=$(field equivalent "$1")
	verdict=equivalent
	[ -z "$why" ] || return
	verdict=unusable
	for test in $(tests "$1"); do
		[ -s "$TMP/passed.$test" ] || {
			why="$test does not pass without a mistake"
			return
		}
		limit=$((limit + 2 * $(<"$TMP/passed.$test")))
	done
	file=$(field file "$1")
	if ! why=$(apply "$1" "$2" 2>&1); then
		:
	elif ! build "$1" "$2" >"$out" 2>&1; then
		why="it does not build: $(grep -m 1 error "$out")"
	else
		run_tests "$1" "$2" "$limit"
		judge "$?"
	fi
	cp "$file" "$2/$file"
}

# prove ENTRY TREE: whether its one test passes without a mistake
prove() {
	local test started=$SECONDS

	test=$(tests "$1")
	verdict=unusable why="the tree does not build"
	build "$1" "$2" >"$out" 2>&1 || return
	run_tests "$1" "$2" 1200
	judge "$?"
	if [ "$verdict" = survived ]; then
		verdict=passes
		echo $((SECONDS - started)) >"$TMP/passed.$test"
	else
		verdict=fails why=$(grep -A 9 '^not ok' "$out" || tail "$out")
	fi
}

# worker: takes "FUNCTION ENTRY" off the queue, prints verdict, name and why
worker() {
	local run='' verdict why what entry tree=$TMP/tree.$BASHPID out
	trap '[ -z "$run" ] || kill "$run" 2>/dev/null; exit 143' TERM
	out=$tree.out
	tree_copy "$tree"
	while read -r what entry < <(queue_next) && [ -n "$entry" ]; do
		"$what" "$entry" "$tree"
		printf '%s\t%s\t%s\n' "$verdict" "$(field mutation "$entry")" \
			"${why//$'\n'/ }"
	done
}

# claim VERDICT NAME WHY
claim() {
	local text="$1: $2${3:+: $3}"

	case $1 in
	found | usable | passes) ktap_pass "$text" ;;
	equivalent) ktap_diag "$text" ;;
	*) ktap_fail "$text" ;;
	esac
}

# each FUNCTION: calls it for each entry that is named on our input, two at a time
each() {
	sed "s/^/$1 /" >"$TMP/.queue"
	exec 3< <(queue_run 2 worker)
	queue=$!
	while IFS=$'\t' read -r verdict name why <&3; do
		claim "$verdict" "$name" "$why"
	done
	queue=
}

# chosen: the entries to be tried
chosen() {
	local entry name

	for entry in "$TMP"/entry.*; do
		name=$(field mutation "$entry")
		# shellcheck disable=SC2254 # it is a pattern
		case $name in
		$only) grep -qF -- "- found: $name: " "$before" || echo "$entry" ;;
		esac
	done
}

# Each entry in a file of its own.
awk -v dir="$TMP" -v RS= '{ file = sprintf("%s/entry.%04d", dir, ++n)
	print > file; close(file) }' <(sed '/^#/d' "$@")
chosen >"$TMP/chosen"
if [ "$check" = yes ]; then
	while read -r entry; do
		check "$entry"
		claim "$verdict" "$(field mutation "$entry")" "$why"
	done <"$TMP/chosen"
	ktap_done
fi

kernel_dir=$(sh selftests/qemu/kernels.sh get "$kernel") || exit 2
export KMEM_KERNELS="$kernel=$kernel_dir"
xargs -r grep -hE '^(job|host) ' <"$TMP/chosen" |
	awk '{ for (i = 2; i <= NF; i++) if (!seen[$i]++) print $1, $i }' |
	while read -r kind test; do
		printf '%s\n' "mutation $test" "$kind $test" >"$TMP/test.$test"
		echo "$TMP/test.$test"
	done >"$TMP/tests"
each prove <"$TMP/tests"
each try <"$TMP/chosen"
ktap_done
