# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Times of a guest and their ratio, for claims on what something costs. Sourced
# by bash.

# taken COMMAND...: prints the microseconds that it takes
taken() {
	local from=${EPOCHREALTIME/./}

	"$@" >/dev/null || return
	echo $((${EPOCHREALTIME/./} - from))
}

# at_most LIMIT NOW BEFORE: NOW is at most LIMIT times BEFORE, and both were measured
at_most() {
	awk -v limit="$1" -v now="$2" -v before="$3" 'BEGIN {
		if (now !~ /^[1-9]/ || before !~ /^[1-9]/) {
			print "not measured"
			exit 1
		}
		printf "%d us are %.3f times %d us, limit %.2f\n", now,
			now / before, before, limit
		exit now > limit * before }'
}
