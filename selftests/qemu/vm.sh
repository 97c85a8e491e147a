#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs one command, or a shell, in a guest: a stock Debian kernel under QEMU's
# own emulation, NVDIMMs on NUMA nodes of their own, kmem.ko from where DKMS
# put it. The command's output and exit code become ours.

set -euo pipefail

PATH=$PATH:/usr/sbin:/sbin
QEMU_DIR=$(dirname "$(realpath "$0")")
REPO=$(realpath "$QEMU_DIR/../..")
readonly REPO
KMEM_CACHE=$(realpath -m "${KMEM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dax-kmem}")
export KMEM_CACHE
# shellcheck source=selftests/qemu/build.sh
. "$QEMU_DIR/build.sh"
# shellcheck source=selftests/qemu/machine.sh
. "$QEMU_DIR/machine.sh"
# shellcheck source=selftests/lib/splat.sh
. "$QEMU_DIR/../lib/splat.sh"

# Exit codes of our own; every other one is the command's.
readonly TIME_LIMIT=124 NO_REPORT=125 UNCLEAN_LOG=126 SETUP_ERROR=127
# Seconds that a boot may take; one takes 8 where nothing else runs.
boot_limit=${KMEM_BOOT_SECONDS:-300}

usage() {
	cat <<'END'
usage: vm.sh [options] [--] command [args...]
       vm.sh [options] --shell

Runs the command in a guest, as root, in /kmem/selftests.

  -k, --kernel SERIES    6.1 (default), or another of the table in kernels.sh;
                         one for arm64 takes no --memmap, --soft-reserved,
                         --cxl, --cxl-ram, --others, --large-blocks and --icount
      --driver WHICH     dkms (default): ours, installed by DKMS;
                         intree: only the kernel's own
      --kmem FILE        another kmem.ko in the place of the one DKMS made
      --module FILE      one more module, to be loaded by name; may be
                         repeated. Those of selftests/modules are always there
      --program NAME     one more program of this machine; may be repeated
      --copy DIR         a directory to be had as /kmem/<its name>
  -n, --nvdimm COUNT     NVDIMMs (default 1; 0 with --memmap)
  -s, --size SIZE,...    size of each (default 4G, on a kernel with checks 1G);
                         the last is for all others
      --node NODE        NUMA node of the first (default 1), the next one has
                         the next; each has HMAT figures and distances
      --one-node         all NVDIMMs are on that node
      --pmem-file PATH   backing file of the first NVDIMM; created if need be,
                         kept: its content is there at the next boot
      --memmap SIZE!AT   RAM that the kernel is told to treat as persistent
                         memory, memmap=SIZE!AT
      --soft-reserved SIZE  RAM at 4G, on node 1, that firmware reserved for a
                         purpose: dax0.0 of a region that can be divided
      --cxl SIZE         a persistent CXL memory device of that size, 256M or a
                         multiple, serial number 0xdac5, in a region with the
                         uuid 00000000-0000-4000-8000-00000000dac5: dax0.0
      --cxl-ram SIZE,... volatile CXL memory devices, serial numbers 0xdac5 and on,
                         each below a host bridge of its own; decoder0.0 is the
                         window for a region of all, decoder0.1 that of the first,
                         and so on. The guest has /kmem/cxl/cxl, to make regions
      --others           memory of other drivers comes and goes on node 0 all the
                         time: a DIMM, and virtio-mem that grows and shrinks
      --no-devdax        make no devdax namespaces; the NVDIMMs have label areas
      --system DIR       boot the Debian of system/image.sh in DIR instead, which
                         keeps what is written to its disk; the command runs
                         once that is up
      --crash            with --system: the command may crash the kernel by
                         sysrq; then a kernel that was loaded for that, and
                         has 512M, boots and runs the command again
      --secure-boot DIR  with --system: by firmware with Secure Boot, which has
                         vars.fd, its code.fd, shim.efi and grub.efi in DIR
  -m, --mem SIZE         RAM (default 2G)
      --large-blocks     memory blocks of 2 GiB, as machines of much RAM have
      --cpus COUNT       (default 2)
      --icount           time counts instructions: the same at each run, but
                         slow; one CPU
      --plugin FILE,...  a plugin of QEMU, with its arguments
      --append ARGS      more kernel arguments; may be repeated
      --shell            a shell on this terminal; leave it with exit
      --timeout SECONDS  (default 600)
      --log FILE         keep the kernel log

Exit code: the command's, or 124 time limit, 125 guest did not report,
126 kernel log not clean, 127 error on this side. A command that returns one
of these makes 1.
END
}

die() {
	echo "vm.sh: $*" >&2
	exit "$SETUP_ERROR"
}

need_number() {
	[[ $2 =~ ^[0-9]{1,6}$ ]] || die "$1: '$2' is not a number"
}

# bytes SIZE: 4G, 512M as a number.
bytes() {
	[[ $1 =~ ^[0-9]+[KMGT]?$ ]] || die "'$1' is not a size (512M, 4G)"
	numfmt --from=iec "$1"
}

parse_options() {
	local options

	kernel=6.1 driver=dkms kmem='' modules=() copies=() size='' node=1 pmem_file=''
	nvdimms='' memmaps=() soft=0 cxl=0 cxl_rams=() devdax=yes mem=2G large=no cpus=2 icount=no append=''
	programs=() one_node=no plugin='' others=no system='' crash=no
	secure_boot=''
	shell=no timeout=600 log=''
	options=$(getopt -n vm.sh -o +k:n:s:m:h -l kernel:,driver:,kmem: \
		-l module:,copy:,nvdimm:,size:,node:,pmem-file:,memmap:,soft-reserved:,cxl:,cxl-ram:,no-devdax \
		-l program:,one-node,plugin:,large-blocks,others,system:,crash,secure-boot: \
		-l mem:,cpus:,icount,append:,shell,timeout:,log:,help \
		-- "$@") || { usage >&2; exit "$SETUP_ERROR"; }
	eval set -- "$options"
	while :; do
		case "$1" in
		-k | --kernel) kernel=$2; shift ;;
		--driver) driver=$2; shift ;;
		--kmem) kmem=$2; shift ;;
		--module) modules+=("$2"); shift ;;
		--program) programs+=("$2"); shift ;;
		--copy) copies+=("$2"); shift ;;
		-n | --nvdimm) nvdimms=$2; shift ;;
		-s | --size) size=$2; shift ;;
		--node) node=$2; shift ;;
		--one-node) one_node=yes ;;
		--pmem-file) pmem_file=$2; shift ;;
		--memmap) memmaps+=("$2"); shift ;;
		--soft-reserved) soft=$2; shift ;;
		--cxl) cxl=$2; shift ;;
		--cxl-ram) IFS=, read -ra cxl_rams <<<"$2"; shift ;;
		--others) others=yes ;;
		--no-devdax) devdax=no ;;
		--system) system=$2; shift ;;
		--crash) crash=yes ;;
		--secure-boot) secure_boot=$2; shift ;;
		-m | --mem) mem=$2; shift ;;
		--large-blocks) large=yes ;;
		--cpus) cpus=$2; shift ;;
		--icount) icount=yes ;;
		--plugin) plugin=$2; shift ;;
		--append) append+=" $2"; shift ;;
		--shell) shell=yes ;;
		--timeout) timeout=$2; shift ;;
		--log) log=$2; shift ;;
		-h | --help) usage; exit 0 ;;
		--) shift; break ;;
		esac
		shift
	done
	command=("$@")
	check_options
}

check_options() {
	local file

	soft=$(bytes "$soft") cxl=$(bytes "$cxl")
	for file in "${!cxl_rams[@]}"; do
		cxl_rams[file]=$(bytes "${cxl_rams[file]}")
	done
	[ -n "$nvdimms" ] ||
		nvdimms=$((${#memmaps[@]} || soft || cxl || ${#cxl_rams[@]} ? 0 : 1))
	need_number --nvdimm "$nvdimms"
	need_number --node "$node"
	need_number --cpus "$cpus"
	need_number --timeout "$timeout"
	# a second CPU does not come up when time counts instructions
	[ "$icount" = no ] || cpus=1
	mem=$(bytes "$mem")
	[[ $driver =~ ^(dkms|intree)$ ]] || die "--driver: dkms or intree"
	[ -z "$kmem" ] || [ -f "$kmem" ] || die "--kmem: no file $kmem"
	for file in "${modules[@]}"; do
		[ -f "$file" ] || die "--module: no file $file"
	done
	for file in "${copies[@]}"; do
		[ -d "$file" ] || die "--copy: no directory $file"
	done
	[ $((soft + cxl + ${#cxl_rams[@]})) -eq 0 ] || [ "$nvdimms" -eq 0 ] ||
		die "--soft-reserved, --cxl and --cxl-ram go without NVDIMMs"
	[ $((cxl % (256 << 20))) -eq 0 ] || die "--cxl: not a multiple of 256M"
	[ -z "$system" ] || [ -e "$system/disk" ] || die "--system: no disk in $system"
	[ -z "$secure_boot" ] || [ -e "$secure_boot/vars.fd" ] ||
		die "--secure-boot: no vars.fd in $secure_boot"
	[ -z "$pmem_file" ] || [ "$nvdimms" -gt 0 ] ||
		die "--pmem-file needs an NVDIMM"
	if [ "$shell" = yes ]; then
		[ ${#command[@]} -eq 0 ] || die "--shell takes no command"
	elif [ ${#command[@]} -eq 0 ]; then
		usage >&2
		exit "$SETUP_ERROR"
	fi
}

# Checks make a plug take many times as long.
settle_sizes() {
	local i

	if [ -z "$size" ]; then
		size=4G
		! has_checks || size=1G
	fi
	IFS=, read -ra sizes <<<"$size"
	for i in "${!sizes[@]}"; do
		sizes[i]=$(bytes "${sizes[i]}")
	done
}

# check_machine: the kernel's architecture, and whether the options go with it.
check_machine() {
	foreign=$(kernel_foreign "$kernel_dir") userland='' ttys=(ttyS1 ttyS2)
	[ ${#cxl_rams[@]} -eq 0 ] || cxl_root=$(sh "$QEMU_DIR/kernels.sh" cxl) ||
		die "no QEMU for CXL memory"
	[ -n "$foreign" ] || return 0
	ttys=(ttyS0 ttyS1)
	[ "${#memmaps[@]} $soft $cxl ${#cxl_rams[@]} $others $large $icount" = "0 0 0 0 no no no" ] ||
		die "$kernel: --memmap, --soft-reserved, --cxl, --cxl-ram, --others, --large-blocks and --icount are for a PC"
	userland=$(sh "$QEMU_DIR/kernels.sh" userland "$kernel") ||
		die "no programs for $kernel"
}

# The guest's modules: what DKMS left, or the kernel's own, and what else the
# options ask for.
prepare_modules() {
	local stage release tests

	stage=$(module_dir "$kernel_dir" "$driver") || die "no modules for $kernel"
	tests=$(test_module_dir "$kernel_dir") || die "no test modules for $kernel"
	cp -r --no-dereference "$stage/modules" "$work/modules"
	release=$work/modules/$(<"$kernel_dir/release")
	if [ "$others" = yes ]; then
		modules_tree "$work/others" "$kernel_dir" virtio_pci virtio_mem ||
			die "$kernel has no virtio-mem"
		cp -rn "$work/others/." "$work/modules"
	fi
	if [ -n "$kmem" ]; then
		rm -rf "$release/updates"
		install -D "$kmem" "$release/updates/dkms/kmem.ko"
	fi
	install -D -t "$release/extra" "$tests"/*.ko "${modules[@]}"
}

# write_job: the command as a script.
write_job() {
	{
		echo '#!/bin/bash'
		[ ${#command[@]} -eq 0 ] || printf '%q ' exec "${command[@]}"
		echo
	} >"$work/job"
}

write_settings() {
	local variable

	cat >"$work/settings" <<-END
		export KMEM_GUEST=1 KMEM_TEST_DEV=dax0.0 KMEM_TEST_DRIVER=$driver
		KMEM_NVDIMMS=$nvdimms KMEM_MEMMAPS=${#memmaps[@]}
		KMEM_SOFT=$soft KMEM_CXL=$cxl KMEM_CXL_RAMS=${#cxl_rams[@]} KMEM_DEVDAX=$devdax KMEM_SHELL=$shell
		export KMEM_OTHERS=$others
		KMEM_STATUS_TTY=${ttys[0]} KMEM_OUTPUT_TTY=${ttys[1]}
		KMEM_ROWS=${LINES:-24} KMEM_COLUMNS=${COLUMNS:-80}
		export TERM=${TERM:-linux}
	END
	for variable in $(compgen -e KMEM_RANDOM_); do
		printf 'export %s=%q\n' "$variable" "$(printenv "$variable")" \
			>>"$work/settings"
	done
}

# The disk is that of a Debian whose own units run the job, read from a second
# disk.
prepare_system() {
	write_job
	truncate -s 64K "$work/job"
	ln -s "$(realpath "$system/initrd")" "$work/initramfs"
	qemu_disks=(-drive "file=$system/disk,if=virtio,format=raw,cache=unsafe"
		-drive "file=$work/job,if=virtio,format=raw,readonly=on")
	append+=" root=/dev/vda rw systemd.show_status=no"
	[ "$crash" = no ] || append+=" crashkernel=512M"
}

# The program cxl, with its libraries: this machine's may be older.
prepare_cxl() {
	local root=$cxl_root/usr libraries loader

	loader=$root/lib64/ld-linux-x86-64.so.2
	libraries=$(echo "$root"/lib/*-linux-gnu)
	mkdir "$work/cxl"
	"$loader" --library-path "$libraries" --list "$root/bin/cxl" |
		grep -o "$libraries/[^ ]*" | xargs cp -L -t "$work/cxl" "$loader"
	cp "$root/bin/cxl" "$work/cxl/cxl.bin"
	# shellcheck disable=SC2016 # for the guest's shell
	printf '%s\n' '#!/bin/sh' \
		'exec /kmem/cxl/ld-linux-x86-64.so.2 --library-path /kmem/cxl /kmem/cxl/cxl.bin "$@"' \
		>"$work/cxl/cxl"
	chmod +x "$work/cxl/cxl"
	copies+=("$work/cxl")
}

prepare_image() {
	local tools busybox

	busybox=$userland/usr/bin/busybox
	[ -n "$userland" ] || busybox=$(sh "$QEMU_DIR/kernels.sh" busybox) ||
		die "no busybox"
	tools=$(tool_dir "$kernel_dir") ||
		die "kmemctl or a test program did not build"
	[ ${#cxl_rams[@]} -eq 0 ] || prepare_cxl
	write_settings
	write_job
	bash "$QEMU_DIR/mkinitramfs.sh" "$work/initramfs" "$busybox" \
		"$userland" "$work/modules" "$tools" "$work/job" \
		"$work/settings" "${programs[*]}" "${copies[@]}" ||
		die "could not make the initramfs"
}

# Each word of the monitor is done before the next one is read; the guest gives
# a DIMM back when it can, and does not have to.
change_others() {
	local fd size

	exec {fd}<>"$work/monitor.in"
	while sleep 1; do
		for size in "$OTHER_SIZE" 0; do
			echo "qom-set virtio requested-size $size"
			echo "object_add memory-backend-ram,id=ram-dimm,size=${OTHER_SIZE}b"
			echo "device_add pc-dimm,id=dimm,memdev=ram-dimm,node=0"
			sleep 2
			echo "device_del dimm"
			sleep 1
			echo "object_del ram-dimm"
		done
	done >&"$fd"
}

# Firmware writes to all serial ports what it has to say.
job_started() {
	{ [ -z "$secure_boot" ] && [ -s "$work/status" ]; } ||
		grep -qs 'guest: job starts' "$work/log"
}

# end_hung_boot GUEST: under emulation a boot hangs now and then.
end_hung_boot() {
	local left

	for ((left = boot_limit; left > 0; left--)); do
		! job_started || return 0
		sleep 1
	done
	echo "vm.sh: no job after $boot_limit s" >&2
	kill "$1"
}

# run_guest: returns what timeout(1) does.
run_guest() {
	local rc=0

	if [ "$shell" = yes ]; then
		"${qemu[@]}" || rc=$?
		return "$rc"
	fi
	cat "$work/output" &
	if [ "$others" = yes ]; then
		cat "$work/monitor.out" >"$work/monitor" &
		change_others &
		changer=$!
	fi
	timeout -k 5 "$timeout" "${qemu[@]}" </dev/null 2>"$work/qemu" >&2 &
	guest=$!
	end_hung_boot "$guest" &
	watcher=$!
	wait "$guest" || rc=$?
	guest=
	kill "$watcher" 2>/dev/null || true
	[ -z "${changer-}" ] || kill "$changer" 2>/dev/null || true
	[ -p "$work/output" ] && : <>"$work/output"
	wait
	return "$rc"
}

# died_at_boot RC: whether it ended before its job could begin. The emulator now
# and then lets a CPU run into code that another one just patched.
died_at_boot() {
	[ "$shell" = no ] && [ "$1" -ne 124 ] && [ "$1" -ne 137 ] && ! job_started
}

log_tail() {
	echo "vm.sh: last lines of the kernel log:" >&2
	tail -n 30 "$work/log" 2>/dev/null | tr -d '\r' | sed 's/^/  /' >&2
}

# judge RC: from what QEMU and the guest said to our exit code.
judge() {
	local status

	status=$(tr -d '\r' <"$work/status" 2>/dev/null | tail -n 1) || true
	[ -z "$log" ] || tr -d '\r' <"$work/log" >"$log" || die "cannot write $log"
	# what the crash prints is wanted, until the next kernel boots
	[ "$crash" = no ] ||
		sed -i '/sysrq: Trigger a crash/,/Linux version/d' "$work/log"
	if ! splat_scan "$work/log" >"$work/splats"; then
		echo "vm.sh: kernel log is not clean:" >&2
		head -n 40 "$work/splats" | tr -d '\r' | sed 's/^/  /' >&2
		log_dirty=yes
	fi
	cat "$work/qemu" >&2 2>/dev/null || true
	if [ "$1" -eq 124 ] || [ "$1" -eq 137 ]; then
		log_tail
		echo "vm.sh: time limit of $timeout s" >&2
		exit "$TIME_LIMIT"
	elif ! [[ $status =~ ^status\ ([0-9]+)$ ]]; then
		log_tail
		echo "vm.sh: guest did not report${status:+: $status}" >&2
		exit "$NO_REPORT"
	elif [ "${log_dirty-}" = yes ]; then
		exit "$UNCLEAN_LOG"
	fi
	status=${BASH_REMATCH[1]}
	if [ "$status" -ge "$TIME_LIMIT" ] && [ "$status" -le "$SETUP_ERROR" ]; then
		echo "vm.sh: the command's exit code was $status" >&2
		status=1
	fi
	exit "$status"
}

# shellcheck disable=SC2317 # called by trap
cleanup() {
	[ -z "${guest-}" ] || kill "$guest" "$watcher" 2>/dev/null || true
	rm -rf "$work"
}

main() {
	local rc=0

	parse_options "$@"
	work=$(mktemp -d "${TMPDIR:-/tmp}/kmem-vm.XXXXXX") || die "no scratch directory"
	trap cleanup EXIT
	trap 'exit 130' INT TERM HUP
	kernel_dir=$system qemu_disks=()
	[ -n "$system" ] || kernel_dir=$(sh "$QEMU_DIR/kernels.sh" get "$kernel") ||
		die "no kernel $kernel"
	settle_sizes
	check_machine
	allow_for_checks
	if [ -n "$system" ]; then
		prepare_system
	else
		prepare_modules
		prepare_image
	fi
	qemu_arguments
	run_guest || rc=$?
	for _ in 1 2; do
		died_at_boot "$rc" || break
		echo "vm.sh: the guest ended before its job began, booting it again" >&2
		grep -m 1 -E 'Kernel panic|Oops:|BUG:' "$work/log" |
			sed 's/^/  /; s/\r//' >&2 || true
		rc=0
		run_guest || rc=$?
	done
	judge "$rc"
}

main "$@"
