#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Makes one small mistake at a time in a copy of the tree and runs the tests that
# cover it. A mistake that no test finds is a failure: a survivor.
#
# usage: run.sh [--check] [--only PATTERN] [--kernel SERIES] [LIST...]
#   --check           only see that each mutation can be made
#   --only PATTERN    only mutations whose sentence matches (a shell pattern)
#   --kernel SERIES   the kernel of guest jobs, 6.1 by default
#   LIST              files of mutations, by default all *.list beside this one
#
# A list has entries such as this one, with an empty line between them. The
# lines after "-" must be in the file exactly once, one after the other; those
# after "+" take their place.
#
#   mutation the guard stays closed after a plug
#   file kernel/plug.c
#   job kmem-state
#   -	kmem_guard_rest(rec);
#   -	return 0;
#   +	return 0;
#
# "job" names a job of lib/jobs, "host" parts of host/run.sh. A line "equivalent
# WHY" in the place of either says why no test can find the mistake.

set -u

cd "$(dirname "$0")/../.." || exit 2
REPO=$PWD
# shellcheck source=selftests/lib/ktap.sh
. selftests/lib/ktap.sh
only='*'
kernel=${KMEM_KERNEL-6.1}
check=no
while [ $# -gt 0 ]; do
	case $1 in
	--check) check=yes; shift ;;
	--only) only=$2; shift 2 ;;
	--kernel) kernel=$2; shift 2 ;;
	-*) sed -n '/^# usage:/,/^$/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	*) break ;;
	esac
done
[ $# -gt 0 ] || set -- selftests/mutations/*.list

TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
trap 'exit 130' INT TERM HUP

# apply ENTRY TREE: make its mistake there
apply() {
	perl -e '
		my ($entry, $tree) = @ARGV;
		my ($file, $from, $to) = ("", "", "");
		open(my $in, "<", $entry) or die "$entry: $!\n";
		while (<$in>) {
			$file = $1 if /^file (\S+)/;
			$from .= $1 if /^-(.*\n)/;
			$to .= $1 if /^\+(.*\n)/;
		}
		open(my $src, "<", "$tree/$file") or die "$file: $!\n";
		local $/;
		my $text = <$src>;
		my $n = () = $text =~ /^\Q$from\E/mg;
		die "$file has the lines $n times, not once\n" if $n != 1;
		$text =~ s/^\Q$from\E/$to/m;
		open(my $out, ">", "$tree/$file") or die "$file: $!\n";
		print $out $text;' "$1" "$2"
}

field() {
	sed -n "s/^$1 //p" "$2"
}

# try ENTRY TREE: 0 when a test fails, 1 when all pass, else 2 with the cause
try() {
	local job parts list=$2/jobs

	apply "$1" "$2" || return 2
	job=$(field job "$1")
	parts=$(field host "$1")
	if [ -n "$parts" ]; then
		job=mutation
		echo "host | mutation | - | | bash selftests/host/run.sh $parts" >"$list"
	else
		cp "$2/selftests/lib/jobs" "$list"
	fi
	KMEM_RESULTS=$2/results KMEM_JOBS=$list sh "$2/selftests/check.sh" \
		--jobs "$job" --kernel "$kernel" >"$2/out" 2>&1 && return 1
	# what does not build, or starts no guest, was not tested
	if grep -q "^FAIL" "$2/out" &&
		! grep -qE "^Bail out!" "$2"/results/*.out &&
		! grep -q "exit code 127" "$2/out"; then
		return 0
	fi
	cat "$2/out"
	return 2
}

# check ENTRY NAME: whether the mistake can be made, and says who finds it
check() {
	local tree file why

	tree=$(mktemp -d -p "$TMP")
	file=$(field file "$1")
	mkdir -p "$tree/${file%/*}"
	cp "$file" "$tree/$file"
	if ! why=$(apply "$1" "$tree" 2>&1); then
		echo "unusable $2: $why"
	elif cmp -s "$file" "$tree/$file"; then
		echo "unusable $2: it changes nothing"
	elif [ "$(grep -cE "^(job|host|equivalent) ." "$1")" -ne 1 ]; then
		echo "unusable $2: it needs one line job, host or equivalent"
	else
		echo "usable $2"
	fi
	rm -rf "$tree"
}

# mutate ENTRY: prints the claim
mutate() {
	local tree name why rc

	name=$(field mutation "$1")
	if [ "$check" = yes ]; then
		check "$1" "$name"
		return
	fi
	why=$(field equivalent "$1")
	if [ -n "$why" ]; then
		echo "equivalent $name: $why"
		return
	fi
	tree=$(mktemp -d -p "$TMP")
	git -C "$REPO" archive HEAD | tar -x -C "$tree"
	try "$1" "$tree" >"$tree/why" 2>&1
	rc=$?
	case $rc in
	0) echo "found $name: $(sed -n 's/^ *not ok [0-9]* - //p' "$tree/out" | head -n 1)" ;;
	1) echo "survived $name" ;;
	*) echo "unusable $name: $(tail -n 3 "$tree/why" | tr '\n' ' ')" ;;
	esac
	rm -rf "$tree"
}

# Each entry in a file of its own.
awk -v dir="$TMP" -v RS= '{ file = sprintf("%s/entry.%04d", dir, ++n)
	print > file; close(file) }' <(sed '/^#/d' "$@")
export -f apply field try check mutate
export TMP REPO kernel check
chosen() {
	local entry

	for entry in "$TMP"/entry.*; do
		# shellcheck disable=SC2254 # it is a pattern
		case $(field mutation "$entry") in
		$only) echo "$entry" ;;
		esac
	done
}

while read -r verdict claim; do
	case $verdict in
	found | usable) ktap_pass "$verdict: $claim" ;;
	equivalent) ktap_diag "equivalent: $claim" ;;
	*) ktap_fail "$verdict: $claim" ;;
	esac
done < <(chosen | xargs -P 2 -I '{}' bash -c 'mutate {}')
ktap_done
