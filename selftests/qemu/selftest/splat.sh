# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317
#
# The kernel log's scanner, on what kernels print when something is wrong and on
# what looks like it and is not. Sourced by selftest.sh.

# shellcheck source=selftests/lib/splat.sh
. "$SELFTESTS/lib/splat.sh"

scan() {
	printf '[    0.000000] Linux version 6.1.0\n[    1.234567] %s\n' "$1" >"$WORK/klog"
	splat_scan "$WORK/klog"
}

found() {
	local out

	out=$(scan "$1") && { echo "not seen: $1"; return 1; }
	equal "2:[    1.234567] $1" "$out"
}

clean() {
	scan "$1"
}

while IFS= read -r line; do
	ktap_check "splat: $line" found "$line"
done <<'END'
WARNING: CPU: 1 PID: 95 at mm/memory_hotplug.c:1044 online_pages+0x2a1/0x2b0
WARNING: mm/page_alloc.c:4000 at get_page_from_freelist+0x1/0x2, CPU#0: sh/1
WARNING: possible circular locking dependency detected
WARNING: possible recursive locking detected
WARNING: possible irq lock inversion dependency detected
WARNING: inconsistent lock state
WARNING: suspicious RCU usage
WARNING: bad unlock balance detected!
WARNING: held lock freed!
INFO: possible recursive locking detected
INFO: trying to register non-static key.
BUG: kernel NULL pointer dereference, address: 0000000000000010
BUG: unable to handle page fault for address: ffffc90000000000
BUG: KASAN: use-after-free in kmem_remove+0x1/0x2 [kmem]
BUG: KCSAN: data-race in a / b
BUG: KFENCE: out-of-bounds read in a+0x1/0x2
BUG: sleeping function called from invalid context at mm/slab.h:411
BUG: scheduling while atomic: sh/95/0x00000002
KASAN: null-ptr-deref in range [0x0000000000000000-0x0000000000000007]
pagealloc: memory corruption
pagealloc: single bit error
traps: PANIC: double fault, error_code: 0x0
NMI watchdog: Watchdog detected hard LOCKUP on cpu 1
Call Trace:
BUG: workqueue lockup - pool cpus=1 node=0 flags=0x0 nice=0 stuck for 30s!
BUG: soft lockup - CPU#1 stuck for 26s! [sh:95]
BUG: Bad page state in process sh  pfn:108000
BUG kmalloc-64 (Tainted: G           OE     ): Redzone overwritten
watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [sh:95]
kernel BUG at mm/memory_hotplug.c:1044!
Oops: 0000 [#1] PREEMPT SMP NOPTI
general protection fault, probably for non-canonical address 0xdead000000000122: 0000 [#1]
Unable to handle kernel paging request at virtual address 0000000000001000
UBSAN: shift-out-of-bounds in kernel/ranges.c:10:2
kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
list_add corruption. prev->next should be next (ffff), but was 0000.
list_del corruption, ffff->next is LIST_POISON1 (dead000000000100)
refcount_t: underflow; use-after-free.
INFO: task sh:95 blocked for more than 120 seconds.
rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
rcu: INFO: rcu_preempt self-detected stall on CPU
Kernel panic - not syncing: panic_on_warn set ...
kmemctl[95]: segfault at 0 ip 0000555555555555 sp 00007fffffffe000 error 4 in kmemctl
INFO: rcu_sched detected expedited stalls on CPUs/tasks: { 1-... } 21 jiffies
INFO: lockdep is turned off.
debug_locks_off: possible circular locking dependency detected
traps: kmemctl[95] general protection fault ip:7f00 sp:7f00 error:0 in libc.so.6
Internal error: Oops: 96000004 [#1]
END

while IFS= read -r line; do
	ktap_check "clean: $line" clean "$line"
done <<'END'
Kernel command line: console=ttyS0 panic=-1 panic_on_warn=1 slub_debug=FZPU
rcu: RCU event tracing is enabled.
rcu: 	RCU restricting CPUs from NR_CPUS=8192 to nr_cpu_ids=2.
**   WARNING! This system shows unhashed kernel memory addresses   **
Spectre V2 : Mitigation: Retpolines
x86/mm: Checked W+X mappings: passed, no W+X pages found.
DEBUG: nothing to see
kmem dax0.0: mapping0: 0x140000000-0x141ffffff could not reserve region
kmem: loading out-of-tree module taints kernel.
kmem: module verification failed: signature and/or required key missing - tainting kernel
Demotion targets for Node 1: null
kfence: initialized - using 2097152 bytes for 255 objects
debugfs: Directory 'kmem' with parent '/' already present!
Fallback order for Node 0: 0 1
memory offlining [mem 0x108000000-0x10fffffff] failed due to failure to isolate range
END

: >"$WORK/empty"
scan_of() {
	! splat_scan "$1"
}
ktap_check "splat: an empty log is not a clean one" scan_of "$WORK/empty"
ktap_check "splat: a missing log is not a clean one" scan_of "$WORK/none"
printf 'a\rb\0c\n[    1.0] BUG: x\r\n' >"$WORK/binary"
ktap_check "splat: a log with odd bytes is scanned" scan_of "$WORK/binary"

# race FUNCTION FUNCTION: a report of a data race, as it comes from the serial
# port
race() {
	cat <<-END | sed 's/$/\r/'
		[    1.0] ==================================================================
		[    1.0] BUG: KCSAN: data-race in ${1%%+*} / ${2%%+*}
		[    1.0] write to 0xffff888100000000 of 8 bytes by task 95 on cpu 1:
		[    1.0]  $1
		[    1.0]  vfs_write+0x1/0x2
		[    1.0] read to 0xffff888100000000 of 8 bytes by task 96 on cpu 0:
		[    1.0]  $2
		[    1.0] Reported by Kernel Concurrency Sanitizer on:
		[    1.0] ==================================================================
	END
}

races_of_the_core() {
	race "a+0x1/0x2" "b+0x1/0x2" >"$WORK/races"
	splat_scan "$WORK/races"
}

races_of_ours() {
	{
		race "a+0x1/0x2" "b+0x1/0x2"
		race "c+0x1/0x2" "plug+0x1/0x2 [kmem]"
		race "d+0x1/0x2" "e+0x1/0x2"
	} >"$WORK/races"
	has "$(splat_scan "$WORK/races")" "^11:.*BUG: KCSAN: data-race in c / plug" &&
		! has "$(splat_scan "$WORK/races")" "in [ad] /" >/dev/null
}

race_cut_short() {
	race "a+0x1/0x2" "b+0x1/0x2" | head -n 3 >"$WORK/races"
	scan_of "$WORK/races"
}
ktap_check "splat: a data race of the core alone counts for nothing" races_of_the_core
ktap_check "splat: a data race with a function of kmem is found" races_of_ours
ktap_check "splat: a report of a data race that breaks off is found" race_cut_short
