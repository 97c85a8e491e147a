# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# Entries of lists of mutations, each in a file of its own: reads, checks and
# applies them. Sourced in the repository's top directory.
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
# "job" names a guest job of lib/jobs, "host" parts of host/run.sh. A line
# "equivalent WHY" in the place of either says why no test can find the mistake.

field() {
	sed -n "s/^$1 //p" "$2"
}

# tests ENTRY: those that it names
tests() {
	sed -nE 's/^(job|host) //p' "$1"
}

# guest_job NAME: "options|command" of lib/jobs
guest_job() {
	sed 's/[[:space:]]*|[[:space:]]*/|/g' selftests/lib/jobs |
		awk -F '|' -v name="$1" '$1 == "guest" && $2 == name {
			print $4 "|" $5 }'
}

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

# check ENTRY: whether the mistake can be made; sets $verdict and $why
check() {
	local file test tree=$TMP/check

	file=$(field file "$1")
	mkdir -p "$tree/${file%/*}"
	cp "$file" "$tree/$file"
	verdict=unusable
	if ! why=$(apply "$1" "$tree" 2>&1); then
		return
	elif cmp -s "$file" "$tree/$file"; then
		why="it changes nothing"
	elif [ "$(grep -cE "^(job|host|equivalent) ." "$1")" -ne 1 ]; then
		why="it needs one line job, host or equivalent"
	else
		for test in $(tests "$1"); do
			[ -e "selftests/host/$test.sh" ] ||
				[ -n "$(guest_job "$test")" ] || {
				why="no guest job or part $test"
				return
			}
		done
		verdict=usable
	fi
}
