#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs all tests: installs the packages they need, unpacks the kernels, runs
# the jobs of lib/jobs two at a time and counts claims. A skip is not a pass.
#
# usage: check.sh [--long|--system] [--jobs PATTERN] [--kernel SERIES] [--list]
#   --long            instead those whose kernel is in parentheses in lib/jobs,
#                     which take hours
#   --system          of these, a Debian with systemd from the installation of
#                     the packages to their removal
#   --jobs PATTERN    only jobs whose name matches (a shell pattern)
#   --kernel SERIES   only this kernel's jobs, and those of no kernel
#   --list            print the jobs instead of running them
#
# Outputs and kernel logs are left in results/, or in $KMEM_RESULTS.
# Last line: "N passed, N failed, N skipped". Exit code 0 only when all passed.

set -u

SELFTESTS=$(cd "$(dirname "$0")" && pwd)
REPO=${SELFTESTS%/*}
RESULTS=${KMEM_RESULTS:-$REPO/results}
JOBS=${KMEM_JOBS:-$SELFTESTS/lib/jobs}
WORKERS=2
JOB_SECONDS=1200

# shellcheck source=selftests/lib/queue.sh
. "$SELFTESTS/lib/queue.sh"

usage() {
	sed -n '/^# usage:/,/^$/s/^# \{0,1\}//p' "$0"
}

die() {
	echo "check.sh: $*" >&2
	exit 2
}

parse_options() {
	name_pattern='*' only_kernel='' list=no long=no
	while [ $# -gt 0 ]; do
		case "$1" in
		--jobs | --kernel)
			[ $# -ge 2 ] || die "$1 needs a value"
			if [ "$1" = --jobs ]; then
				name_pattern=$2
			else
				only_kernel=$2
			fi
			shift
			;;
		--list) list=yes ;;
		--long | --system)
			long=yes
			JOB_SECONDS=28800
			[ "$1" = --long ] || name_pattern='system-*'
			;;
		-h | --help)
			usage
			exit 0
			;;
		*)
			usage >&2
			exit 2
			;;
		esac
		shift
	done
}

# The jobs to run, a line each: where name kernel|options|command.
select_jobs() {
	sed -e '/^#/d' -e '/^[[:space:]]*$/d' -e 's/[[:space:]]*|[[:space:]]*/|/g' \
		-e 's/^[[:space:]]*//' "$JOBS" |
	while IFS='|' read -r where name kernels options command; do
		# shellcheck disable=SC2254 # it is a pattern
		case "$name" in
		$name_pattern) ;;
		*) continue ;;
		esac
		for kernel in $kernels; do
			case "$long/$kernel" in
			yes/\(*\))
				kernel=${kernel#?}
				kernel=${kernel%?}
				;;
			yes/* | no/\(*) continue ;;
			esac
			case "$only_kernel/$kernel" in
			/* | */- | "$kernel/$kernel")
				echo "$where $name $kernel|$options|$command"
				;;
			esac
		done
	done
}

# run_job WHERE NAME KERNEL OPTIONS COMMAND: its output goes to where we write.
run_job() {
	if [ "$1" = guest ]; then
		# shellcheck disable=SC2086 # options and command are words
		set -- "$SELFTESTS/qemu/vm.sh" -k "$3" \
			--log "$RESULTS/$2.$3.klog" $4 -- $5
	else
		[ "$3" = - ] || {
			KMEM_KERNEL=$3
			KMEM_KERNEL_DIR=$(sh "$SELFTESTS/qemu/kernels.sh" get "$3")
			export KMEM_KERNEL KMEM_KERNEL_DIR
		}
		# shellcheck disable=SC2086
		set -- $5
	fi
	cd "$REPO" || return
	timeout -k 30 "$JOB_SECONDS" "$@" </dev/null &
	job=$!
	wait "$job"
	job_rc=$?
	job=
	return "$job_rc"
}

# count PASSED FAILED SKIPPED as words, without what is nought.
in_words() {
	words=
	[ "$1" -eq 0 ] || words=", $1 passed"
	[ "$2" -eq 0 ] || words="$words, $2 failed"
	[ "$3" -eq 0 ] || words="$words, $3 skipped"
	echo "${words#, }"
}

# report NAME KERNEL SECONDS RC: judge the output, print the job's lines at
# once so that two workers' do not mix.
report() {
	output=$RESULTS/$1.$2.out
	awk -v rc="$4" -f "$SELFTESTS/lib/judge.awk" "$output" >"$output.verdict"
	read -r passed failed skipped <"$output.verdict"
	echo "$passed $failed $skipped" >>"$RESULTS/.counts"

	verdict=pass
	[ "$skipped" -eq 0 ] || verdict=SKIP
	[ "$failed" -eq 0 ] || verdict=FAIL
	kernel=$2
	[ "$kernel" != - ] || kernel=
	text=$(
		printf '%s  %-20s %-5s %4d s  %s\n' "$verdict" "$1" "$kernel" \
			"$3" "$(in_words "$passed" "$failed" "$skipped")"
		sed -e 1d -e 's/^/      /' "$output.verdict"
		[ "$verdict" = pass ] || [ "$4" -le 4 ] ||
			tail -n 12 "$output" | sed 's/^/      | /'
		[ "$verdict" = pass ] || echo "      see $output"
	)
	rm -f "$output.verdict"
	printf '%s\n' "$text"
}

worker() {
	job=
	trap '[ -z "$job" ] || kill "$job" 2>/dev/null; exit 143' TERM
	while line=$(queue_next) && [ -n "$line" ]; do
		IFS='|' read -r head options command <<-END
			$line
		END
		# shellcheck disable=SC2086
		set -- $head
		started=$(date +%s)
		run_job "$1" "$2" "$3" "$options" "$command" \
			>"$RESULTS/$2.$3.out" 2>&1
		rc=$?
		report "$2" "$3" $(($(date +%s) - started)) "$rc"
	done
}

# Packages and kernels first: if they fail, no job can tell anything. All jobs
# of a series get the same kernel.
prepare() {
	packages=check
	[ "$long" = no ] || packages=long
	sh "$SELFTESTS/qemu/setup.sh" "$packages" || return
	series=$(cut -d '|' -f 1 "$RESULTS/.queue" |
		awk '$3 != "-" { print $3 }' | sort -uV)
	KMEM_KERNELS=
	for kernel in $series; do
		dir=$(sh "$SELFTESTS/qemu/kernels.sh" get "$kernel") || return
		KMEM_KERNELS="$KMEM_KERNELS $kernel=$dir"
	done
	export KMEM_KERNELS
}

total() {
	awk '{ p += $1; f += $2; s += $3 }
		END {
			print p + 0 " passed, " f + 0 " failed, " s + 0 " skipped"
			exit !(p && !f && !s)
		}' "$RESULTS/.counts"
}

parse_options "$@"
if [ "$list" = yes ]; then
	select_jobs | sed 's/|/  /g'
	exit
fi
mkdir -p "$RESULTS" || die "cannot create $RESULTS"
rm -f "$RESULTS"/*.out "$RESULTS"/*.klog "$RESULTS/.counts"
: >"$RESULTS/.counts"
select_jobs >"$RESULTS/.queue"
[ -s "$RESULTS/.queue" ] || die "no such job; see check.sh --list"

if prepare; then
	queue_run "$WORKERS" worker
else
	echo "FAIL  setup"
	echo "0 1 0" >>"$RESULTS/.counts"
fi
rm -f "$RESULTS/.queue" "$RESULTS/.lock"
echo
total
