# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Is a kernel log clean? A warning, an oops or a sanitizer report leaves a
# test's exit code untouched, so every guest's log is scanned after its job.

# What the kernel prints when something is wrong with the kernel. Case counts:
# "BUG:" is a report, "debug:" is not.
splat_pattern() {
	cat <<-'END'
	\bWARNING: (CPU|possible|suspicious|bad|lock|Nested|at|.* at |inconsistent|chain)
	\bWARNING:.*\[[a-z_]+\]
	\bBUG[: ]
	\bkernel BUG at
	\bOops\b
	\bKernel panic
	\bKASAN\b.*:
	\bKCSAN\b.*:
	\bUBSAN\b.*:
	\bKFENCE\b.*:
	\bKMSAN\b.*:
	possible circular locking
	possible recursive locking
	possible irq lock inversion
	inconsistent lock state
	\bINFO: possible
	\bINFO: (suspicious|trying to register|lockdep)
	suspicious RCU usage
	kmemleak: .*new suspected
	general protection
	[Uu]nable to handle
	double fault
	(list_add|list_del) corruption
	refcount_t:
	blocked for more than
	soft lockup
	hard LOCKUP
	rcu.*(stall|self-detected)
	scheduling while atomic
	sleeping function called from invalid context
	segfault at
	Bad page (state|map)
	page_owner.*corrupt
	Padding overwritten|Redzone overwritten|Poison overwritten|Left Redzone
	pagealloc: (memory|single bit) 
	Freeing .*not allocated|Object already free
	Call Trace:
	end Kernel panic
	END
}

# splat_scan FILE: 0 when FILE is a clean kernel log; otherwise 1, and the
# offending lines are printed with their line numbers. An unreadable or empty
# log is not a clean one.
splat_scan() {
	if [ ! -s "$1" ]; then
		echo "splat: $1: empty or missing kernel log"
		return 1
	fi
	! grep -a -n -E -e "$(splat_pattern)" "$1"
}
