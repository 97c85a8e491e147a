# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Is a kernel log clean? A warning, an oops or a sanitizer report leaves a
# test's exit code untouched, so every guest's log is scanned after its job.

# What the kernel prints when something is wrong with the kernel. Case counts:
# "BUG:" is a report, "debug:" is not.
splat_pattern() {
	cat <<-'END'
	\bWARNING:
	\bBUG[: ]
	\bINFO: (possible|suspicious|trying to register|lockdep)
	\bOops\b
	\bKernel panic
	\b(KASAN|KCSAN|KMSAN|UBSAN):
	possible circular locking
	general protection
	[Uu]nable to handle
	double fault
	hard LOCKUP
	(list_add|list_del) corruption
	refcount_t:
	pagealloc: .*(corruption|error)
	kmemleak: .*new suspected
	blocked for more than
	rcu.*(stall|self-detected)
	segfault at
	Call Trace:
	END
}

# splat_ours FILE: its lines, without the first line of each report of a data
# race in which no function of kmem takes part: the core has races of its own.
splat_ours() {
	awk '
		/BUG: KCSAN:/ { race = $0; number = NR; next }
		race != "" && /\[kmem\]/ { print number ":" race; race = "" }
		/=====\r?$/ { race = "" }
		{ print NR ":" $0 }
		END { if (race != "") print number ":" race }' "$1"
}

# splat_scan FILE: 0 when FILE is a clean kernel log; otherwise 1, and the
# offending lines are printed with their line numbers. An unreadable or empty
# log is not a clean one.
splat_scan() {
	if [ ! -s "$1" ]; then
		echo "splat: $1: empty or missing kernel log"
		return 1
	fi
	! splat_ours "$1" | grep -a -E -e "$(splat_pattern)"
}
