# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317
#
# vm.sh: a guest's exit codes and ends, good and bad, each made to happen; what
# its options give. With the kernel's own driver, so that a module that does
# not build cannot hide what is wrong here. Sourced by selftest.sh.

# vm OPTION... -- COMMAND...: stdout in $WORK/out, stderr in $WORK/err, and the
# exit code, printed.
vm() {
	local rc=0

	"$QEMU/vm.sh" --driver intree "$@" >"$WORK/out" 2>"$WORK/err" </dev/null ||
		rc=$?
	echo "$rc"
}

err_has() {
	has "$(cat "$WORK/err")" "$1"
}

out_has() {
	has "$(cat "$WORK/out")" "$1"
}

# --- ends -------------------------------------------------------------------

# shellcheck disable=SC2016 # the guest's
rc=$(vm --log "$WORK/log" -- bash -c 'printf "%s|" "$@"; echo; tty; pwd; id -u
	echo $KMEM_GUEST $KMEM_TEST_DEV $KMEM_TEST_DRIVER; sleep 600 & exit 3' \
	sh 'two words' "quo'te" '$HOME' '')
ktap_check "guest: the command's exit code is ours, though a child runs on" equal 3 "$rc"
ktap_check "guest: arguments arrive as they were" \
	out_has "^two words\|quo'te\|[\$]HOME\|\|$"
ktap_check "guest: output has no carriage returns and goes to no terminal" \
	equal "0 not a tty" "$(tr -dc '\r' <"$WORK/out" | wc -c) $(sed -n 2p "$WORK/out")"
ktap_check "guest: the command is root, in the tests' directory" \
	equal "/kmem/selftests 0" "$(sed -n 3,4p "$WORK/out" | xargs)"
ktap_check "guest: it is told what it has" \
	equal "1 dax0.0 intree" "$(sed -n 5p "$WORK/out")"
ktap_check "guest: the kernel log is kept on request" \
	has "$(cat "$WORK/log")" 'guest: job returned 3$'

rc=$(vm -n 0 -- sh -c 'echo before; sleep 1; echo c >/proc/sysrq-trigger')
ktap_check "guest: a panic is a guest that did not report" equal 125 "$rc"
ktap_check "guest: that is said" err_has '^vm.sh: guest did not report$'
ktap_check "guest: the end of its log is shown" err_has 'Kernel panic'
ktap_check "guest: what it printed before is there" out_has '^before$'

rc=$(vm -n 0 -- poweroff -f)
ktap_check "guest: switched off early is a guest that did not report" equal 125 "$rc"

rc=$(vm -n 0 --append 'panic_on_warn=0' -- sh -c \
	'echo "<4>WARNING: CPU: 0 PID: 1 at mm/x.c:1 f+0x1/0x2" >/dev/kmsg; echo fine')
ktap_check "guest: a warning in the log is an error though the command returned 0" \
	equal 126 "$rc"
ktap_check "guest: the line is shown" err_has 'WARNING: CPU: 0 PID: 1 at mm/x.c'

rc=$(vm -n 0 --timeout 20 -- sleep 999)
ktap_check "guest: the time limit" equal 124 "$rc"
ktap_check "guest: that is said" err_has '^vm.sh: time limit of 20 s$'

rc=$(KMEM_BOOT_SECONDS=30 vm -n 0 --append "rdinit=/bin/busybox -- sleep 999" -- true)
ktap_check "guest: one that hangs at boot did not report" equal 125 "$rc"
ktap_check "guest: it was booted three times" \
	equal 3 "$(grep -c '^vm.sh: no job after 30 s$' "$WORK/err")"

rc=$(vm -n 0 -- no-such-command)
ktap_check "guest: a command that returns one of our codes makes 1" equal 1 "$rc"
ktap_check "guest: that is said" err_has "command's exit code was 127"

truncate -s 1G "$WORK/raw"
rc=$(vm --pmem-file "$WORK/raw" -- true)
ktap_check "guest: without its devdax device it does not run the command" \
	equal 125 "$rc"
ktap_check "guest: that is said" err_has 'init: .* did not appear'

# --- what cannot start ------------------------------------------------------

refuses() {
	local pattern=$1

	shift
	equal 127 "$(vm "$@")" && err_has "$pattern"
}

ktap_check "options: an unknown series" refuses "no series '9.9'" -k 9.9 -- true
ktap_check "options: no command" refuses '^usage:'
ktap_check "options: an unknown one" refuses "unrecognized option" --fast -- true
ktap_check "options: a count that is none" refuses "not a number" -n many -- true
ktap_check "options: a size that is none" refuses "not a size" -s big -- true
ktap_check "options: a driver that is none" refuses "dkms or intree" --driver mine -- true
ktap_check "options: a module that is not there" refuses "no file" --kmem /none.ko -- true
ktap_check "options: a directory that is not there" refuses "no directory" --copy /none -- true
ktap_check "options: CXL memory of an odd size" refuses "multiple of 256M" --cxl 300M -- true
ktap_check "options: reserved memory and an NVDIMM" refuses "without NVDIMMs" \
	-n 1 --soft-reserved 1G -- true
ktap_check "options: a memmap that is none" refuses "SIZE!AT" --memmap 1G -- true
ktap_check "options: a shell and a command" refuses "takes no command" --shell -- true

# --- devices ----------------------------------------------------------------

daxctl_nodes='daxctl list | grep -o "target_node\":[0-9]*" | sort'
rc=$(vm -n 2 -s 1G --node 2 -- sh -c "ls /sys/bus/dax/devices; $daxctl_nodes
	cat /sys/devices/system/node/has_cpu /sys/devices/system/node/online")
ktap_check "devices: NVDIMMs on the nodes asked for, with a devdax device each" \
	equal "0 dax0.0 dax1.0 target_node:2 target_node:3 0 0-1" \
	"$rc $(tr -d '"' <"$WORK/out" | xargs)"

rc=$(vm -k 6.12 --memmap '1G!4G' -- sh -c "$daxctl_nodes; ndctl list -N | grep size
	cat /proc/cmdline")
ktap_check "devices: emulated memory has a devdax device, on node 0" \
	equal "0 target_node:0 size:1054867456" \
	"$rc $(head -n 2 "$WORK/out" | tr -d '", ' | xargs)"
ktap_check "devices: and no NVDIMM beside it" out_has ' memmap=1G!4G'

rc=$(vm -s 1G --pmem-file "$WORK/pmem" --no-devdax -- sh -c \
	'echo kept by the file >/dev/pmem0; sync')
ktap_check "pmem file: written in one guest" equal 0 "$rc"
rc=$(vm -s 1G --pmem-file "$WORK/pmem" --no-devdax -- head -c 17 /dev/pmem0)
ktap_check "pmem file: read in the next" equal "0 kept by the file" "$rc $(cat "$WORK/out")"
ktap_check "pmem file: a sparse file costs what is written" \
	test "$(du -k "$WORK/pmem" | cut -f 1)" -lt 100000

mkdir -p "$WORK/copied/below"
echo copied >"$WORK/copied/below/file"
rc=$(vm --soft-reserved 1G --copy "$WORK/copied" -- sh -c \
	"ls /sys/bus/dax/devices; $daxctl_nodes; cd /sys/bus/dax/devices/dax0.0
	cat size mapping0/start /kmem/copied/below/file
	echo dax0.0 >driver/unbind; echo 536870912 >size
	cat size /sys/devices/platform/hmem.*/dax_region/available_size")
ktap_check "devices: reserved memory at 4G has a device on node 1, which can be divided" \
	equal "0 dax0.0 target_node:1 1073741824 0x100000000 copied 536870912 536870912" \
	"$rc $(tr -d '"' <"$WORK/out" | xargs)"

# shellcheck disable=SC2016 # the guest's
rc=$(vm --cxl 256M -- sh -c 'ls /sys/bus/dax/devices; cd /sys/bus/cxl/devices
	cat mem0/serial region0/uuid region0/size
	echo $(($(cat /sys/bus/dax/devices/dax0.0/resource) - $(cat region0/resource)))')
ktap_check "devices: CXL memory is in a region, and on that is a device" equal \
	"0 dax0.0 0xdac5 00000000-0000-4000-8000-00000000dac5 0x10000000 2097152" \
	"$rc $(xargs <"$WORK/out")"

# shellcheck disable=SC2016 # the guest's
rc=$(vm -n 2 -s 1G -- sh -c 'modprobe kmem || exit
	modinfo -n kmem
	for dev in dax0.0 dax1.0; do
		echo $dev >/sys/bus/dax/drivers/device_dax/unbind
		echo $dev >/sys/bus/dax/drivers/kmem/new_id
	done
	for state in /sys/devices/system/memory/memory*/state; do
		grep -q offline $state && echo online_movable >$state
	done
	cat /sys/devices/system/node/node*/access0/initiators/read_latency
	cat /sys/devices/system/node/node1/distance')
ktap_check "devices: each node has HMAT figures and distances" \
	equal "0 100 300 400 20 10 20" \
	"$rc $(sed 1d "$WORK/out" | xargs)"
ktap_check "driver: the kernel's own is loaded when asked for" \
	equal "kernel/drivers/dax/kmem.ko" \
	"$(sed -n '1s|.*/kernel/|kernel/|p' "$WORK/out")"

for series in $(sh "$QEMU/kernels.sh" list); do
	rc=$(vm --driver dkms -k "$series" -- sh -c 'modprobe kmem &&
		modprobe -n -v --ignore-install kmem; modinfo -n kmem; uname -r')
	ktap_check "driver: on $series ours is loaded from where DKMS put it" \
		has "$(cat "$WORK/out")" "/lib/modules/$series.*/updates/dkms/kmem\.ko"
done

# --- by hand ----------------------------------------------------------------

# sees PATTERN: until the session shows it.
sees() {
	local i

	for ((i = 0; i < 60; i++)); do
		grep -aq -e "$1" "$WORK/typescript" 2>/dev/null && return
		sleep 1
	done
}

# A terminal, and somebody who types. Only what the guest prints has the sum.
shell_session() {
	{
		sees 'guest:.*#'
		# shellcheck disable=SC2016 # the guest's
		printf 'echo sum $((40 + 2)); tty; ls /sys/bus/dax/devices\r'
		sees 'dax0.0'
		printf 'exit 5\r'
		sees 'shell returned'
	} | timeout 120 script -q -e -f -c \
		"'$QEMU/vm.sh' --driver intree --shell; echo shell returned \$?" \
		"$WORK/typescript" >/dev/null 2>&1
	tr -d '\r' <"$WORK/typescript"
}

session=$(shell_session)
ktap_check "shell: what is typed is run" has "$session" '^sum 42$'
ktap_check "shell: on a terminal" has "$session" '^/dev/ttyS2$'
ktap_check "shell: with the devices there" has "$session" '^dax0\.0$'
ktap_check "shell: its exit code is ours" has "$session" '^shell returned 5$'
