# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What vm.sh tells QEMU: the machine, its nodes, and the memory of each source.
# Sourced; it reads the options of vm.sh and writes qemu and cmdline.

# shellcheck disable=SC2054 # commas are QEMU's, not between words
# shellcheck disable=SC2154 # vm.sh sets the options

readonly OTHER_SIZE=$((256 << 20))
# of an NVDIMM that has labels, behind its memory
readonly LABEL_SIZE=$((128 << 10))

# size_of INDEX: of that NVDIMM, the last one's if there is none.
size_of() {
	echo "${sizes[$1 < ${#sizes[@]} ? $1 : -1]}"
}

# devdax_align: that of a large page of the kernel: a page of page table entries
# maps so much.
devdax_align() {
	local shift

	shift=$(sed -n 's/^CONFIG_PAGE_SHIFT=//p' "$kernel_dir/config")
	echo $((1 << (2 * ${shift:-12} - 3)))
}

# nvdimm_file INDEX: a sparse file that a guest takes for an NVDIMM, with labels or
# with a devdax namespace. That is one block of metadata, written here: it is what
# ndctl would do in the guest, at every boot.
nvdimm_file() {
	local file=$work/nvdimm$1

	if [ "$1" -eq 0 ] && [ -n "$pmem_file" ]; then
		file=$(realpath "$pmem_file") || return
		[ ! -e "$file" ] || { echo "$file"; return; }
	fi
	if [ "$devdax" = no ]; then
		truncate -s $(($(size_of "$1") + LABEL_SIZE)) "$file" || return
	else
		truncate -s "$(size_of "$1")" "$file" || return
		ndctl write-infoblock -o "$file" -m devdax \
			-s "$(size_of "$1")" -a "$(devdax_align)" \
			-M dev -p 00000000-0000-0000-0000-000000000000 \
			>/dev/null 2>&1 || return
	fi
	echo "$file"
}

# Node 0 has all CPUs and the RAM. Nodes below the first NVDIMM's get a little
# RAM: a node of nothing is not in the SRAT, and later ones would move down.
# Soft reserved memory is all the RAM of node 1. A node is as far from another as
# its number.
numa_arguments() {
	local i j nodes=$1 filler=0 each=$((soft ? soft : 256 << 20)) room

	for ((i = 1; i < node; i++)); do
		qemu+=(-object "memory-backend-ram,id=ram$i,size=${each}b"
			-numa "node,nodeid=$i,memdev=ram$i,initiator=0")
		filler=$((filler + each))
	done
	room=$((mem + filler))
	for ((i = 0; i <= nvdimms; i++)); do
		room=$((room + $(size_of "$i")))
	done
	[ "$others" = no ] || room=$((room + 2 * OTHER_SIZE))
	maxmem=$((maxmem ? maxmem : room))
	qemu+=(-m "$((mem + filler))b,slots=$((nvdimms + 2)),maxmem=${maxmem}b"
		-object "memory-backend-ram,id=ram0,size=${mem}b"
		-numa "node,nodeid=0,cpus=0-$((cpus - 1)),memdev=ram0,initiator=0")
	for ((i = node > 0 ? node : 1; i < nodes; i++)); do
		qemu+=(-numa "node,nodeid=$i,initiator=0")
	done
	for ((i = 0; i < nodes; i++)); do
		for ((j = i + 1; j < nodes; j++)); do
			qemu+=(-numa "dist,src=$i,dst=$j,val=$((10 + 10 * (j - i)))")
		done
		hmat_arguments "$i"
	done
}

# hmat_arguments NODE: DRAM on node 0, the others slower, each more so.
hmat_arguments() {
	local latency=$((200 + 100 * $1)) bandwidth=20G to="hmat-lb,initiator=0,target=$1,"

	[ "$1" -gt 0 ] || { latency=100; bandwidth=100G; }
	to+=hierarchy=memory,data-type
	qemu+=(-numa "$to=access-latency,latency=$latency"
		-numa "$to=access-bandwidth,bandwidth=$bandwidth")
}

nvdimm_arguments() {
	local i file on=$node labels=''

	[ "$devdax" = yes ] || labels=,label-size=$LABEL_SIZE
	for ((i = 0; i < nvdimms; i++)); do
		file=$(nvdimm_file "$i") || die "cannot make the file of NVDIMM $i"
		qemu+=(-object "memory-backend-file,id=mem$i,share=on,mem-path=${file//,/,,},size=$(stat -c %s "$file")b"
			-device "nvdimm,id=nvdimm$i,memdev=mem$i,node=$on$labels")
		[ "$one_node" = yes ] || on=$((on + 1))
	done
}

# memmap= takes from RAM: have enough of it, with room behind it for the firmware's
# tables. Above 3.5G the machine puts only 3G of it below 4G.
memmap_arguments() {
	local memmap length at need

	for memmap in "${memmaps[@]}"; do
		[[ $memmap =~ ^([0-9]+[KMGT]?)!([0-9]+[KMGT]?)$ ]] ||
			die "--memmap: '$memmap' is not SIZE!AT"
		length=$(bytes "${BASH_REMATCH[1]}")
		at=$(bytes "${BASH_REMATCH[2]}")
		need=$((at + length + (128 << 20)))
		[ "$at" -lt $((4 << 30)) ] || need=$((need - (1 << 30)))
		[ "$mem" -ge "$need" ] || mem=$need
		cmdline+=" memmap=$memmap"
	done
}

# Linux makes blocks of 2 GiB where RAM ends above 64 GiB at a multiple of that.
# For an address space this large QEMU puts what does not fit below 4G at 1 TiB.
large_block_arguments() {
	[ "$large" = yes ] || return 0
	mem=$((5 << 30)) maxmem=$((1 << 40))
}

# Exactly the range that the SRAT has above 4G, or a kernel makes no device of
# it; "-1": only what is RAM, so that a mistake gives no device instead of
# memory that is not there.
soft_reserved_arguments() {
	[ "$soft" -gt 0 ] || return 0
	mem=$((3 << 30)) node=2
	cmdline+=" memmap=$soft%0x100000000-1+0xefffffff"
}

# One window of the host's addresses, one host bridge, one root port, one
# memory device. To QEMU it is input and output: each access is a call. Later
# kernels want interrupts for events of a device, which this QEMU does not give,
# unless these are left to firmware; and flush no caches of a virtual machine.
cxl_arguments() {
	[ "$cxl" -gt 0 ] || return 0
	cmdline+=" pcie_ports=compat" cpu+=,-hypervisor
	machine=q35,cxl=on,cxl-fmw.0.targets.0=hostbridge,cxl-fmw.0.size=4G
	qemu+=(-object "memory-backend-ram,id=cxl,share=on,size=${cxl}b"
		-object memory-backend-ram,id=labels,share=on,size=256K
		-device pxb-cxl,id=hostbridge,bus=pcie.0,bus_nr=12
		-device cxl-rp,id=rootport,bus=hostbridge,port=0,chassis=0,slot=2
		-device cxl-type3,bus=rootport,memdev=cxl,lsa=labels,sn=0xdac5)
}

# Each memory device is below a host bridge of its own. This QEMU has what is written
# there in memory of the guest; where addresses take turns it cannot, and is slow.
cxl_ram_arguments() {
	local i all="" each=""

	[ ${#cxl_rams[@]} -gt 0 ] || return 0
	emulator=("$cxl_root/usr/lib64/ld-linux-x86-64.so.2"
		--library-path "$cxl_root/usr/lib/x86_64-linux-gnu"
		"$cxl_root/usr/bin/qemu-system-x86_64"
		-L "$cxl_root/usr/share/qemu" -L "$cxl_root/usr/share/seabios")
	cpu+=,-hypervisor
	for ((i = 0; i < ${#cxl_rams[@]}; i++)); do
		all+=,cxl-fmw.0.targets.$i=bridge$i
		each+=,cxl-fmw.$((i + 1)).targets.0=bridge$i,cxl-fmw.$((i + 1)).size=4G
		qemu+=(-object "memory-backend-ram,id=cxl$i,share=on,size=${cxl_rams[i]}b"
			-device "pxb-cxl,id=bridge$i,bus=pcie.0,bus_nr=$((16 * (i + 1)))"
			-device "cxl-rp,id=port$i,bus=bridge$i,port=$i,chassis=0,slot=$((i + 2))"
			-device "cxl-type3,id=mem$i,bus=port$i,volatile-memdev=cxl$i,sn=$((0xdac5 + i))")
	done
	machine=q35,cxl=on$all,cxl-fmw.0.size=4G$each
}

# What changes the memory of others talks to QEMU's monitor.
others_arguments() {
	[ "$others" = yes ] || return 0
	mkfifo "$work/monitor.in" "$work/monitor.out"
	qemu+=(-chardev "pipe,id=monitor,path=$work/monitor"
		-mon chardev=monitor
		-object "memory-backend-ram,id=ram-virtio,size=${OTHER_SIZE}b"
		-device virtio-mem-pci,id=virtio,memdev=ram-virtio,node=0)
}

serial_arguments() {
	mkfifo "$work/output"
	qemu+=(-chardev "file,id=log,path=$work/log"
		-chardev "file,id=status,path=$work/status")
	if [ "$shell" = yes ]; then
		qemu+=(-chardev stdio,id=output,mux=on,signal=off
			-mon output)
	else
		qemu+=(-chardev "file,id=output,path=$work/output")
	fi
	if [ -n "$foreign" ]; then
		qemu+=(-serial chardev:log -device pci-serial,chardev=status
			-device pci-serial,chardev=output)
	else
		qemu+=(-device isa-serial,chardev=log,iobase=0x3f8,irq=4
			-device isa-serial,chardev=status,iobase=0x2f8,irq=3
			-device isa-serial,chardev=output,iobase=0x3e8,irq=7)
	fi
}

# kernel_image: unpacked, if there is one: that boots seconds earlier. Linux 6.1
# with KASAN does not start unpacked.
kernel_image() {
	if [ -e "$kernel_dir/vmlinux" ]; then
		echo "$kernel_dir/vmlinux"
	else
		echo "$kernel_dir/vmlinuz"
	fi
}

# The machine: a PC, or what QEMU calls virt, with the firmware that gives it
# ACPI, of a CPU without pointer authentication, which is slow to emulate. What a
# kernel measures and tests at boot costs seconds, and says nothing about us.
machine_arguments() {
	if [ -n "$foreign" ]; then
		emulator=(qemu-system-aarch64) machine=virt,gic-version=3
		cpu=neoverse-n1 cmdline="console=ttyAMA0"
		qemu+=(-bios "$userland/usr/share/qemu-efi-aarch64/QEMU_EFI.fd")
		return
	fi
	# Each byte of a "rep stosb" is emulated alone, and counted as one
	# instruction; each look at a clock of the PC leaves the emulated code.
	emulator=(qemu-system-x86_64) machine=pc cpu=max,phys-bits=48,-erms,-fsrm
	cmdline="console=ttyS0 no_timer_check lpj=20000000 tsc=reliable"
	[ "$icount" = no ] || qemu+=(-icount shift=1,sleep=off)
	if [ -n "$secure_boot" ]; then
		machine=q35,smm=on
		# the firmware takes two minutes
		boot_limit=$((boot_limit * 3))
	fi
}

# Firmware boots what it trusts from a disk: shim, and that GRUB, and that the
# kernel. Nothing but the firmware writes to its variables.
secure_boot_arguments() {
	local esp=$work/esp

	mkdir -p "$esp"/EFI/{BOOT,debian}
	cp "$secure_boot/shim.efi" "$esp/EFI/BOOT/BOOTX64.EFI"
	cp "$secure_boot/grub.efi" "$esp/EFI/BOOT/grubx64.efi"
	cp "$(kernel_image)" "$esp/linux"
	cp "$work/initramfs" "$esp/initrd"
	printf '%s\n' "linux /linux $cmdline $append" "initrd /initrd" boot \
		>"$esp/EFI/debian/grub.cfg"
	cp "$secure_boot/vars.fd" "$work/vars.fd"
	qemu+=(-global driver=cfi.pflash01,property=secure,value=on
		-global ICH9-LPC.disable_s3=1
		-drive "if=pflash,unit=0,format=raw,readonly=on,file=$secure_boot/code.fd"
		-drive "if=pflash,unit=1,format=raw,file=$work/vars.fd"
		-drive "if=none,id=esp,format=raw,file=fat:rw:$esp"
		-device ide-hd,drive=esp,bootindex=1)
}

# boot_arguments: how the kernel is started.
boot_arguments() {
	if [ -n "$secure_boot" ]; then
		secure_boot_arguments
	else
		qemu+=(-kernel "$(kernel_image)" -initrd "$work/initramfs"
			-append "$cmdline $append")
	fi
}

# Emulated always, also where KVM works: the same guest on every machine. A
# warning panics, a panic ends the guest.
qemu_arguments() {
	local nodes maxmem=0 emulator=() machine cpu

	qemu=(-smp "$cpus" -nodefaults -no-user-config -display none -no-reboot)
	machine_arguments
	cmdline+=" printk.devkmsg=on panic=-1 nokaslr cryptomgr.notests"
	# the core has data races of its own, each is a warning
	[[ $kernel == *-races ]] || cmdline+=" panic_on_warn=1"
	# Linux 6.1 reads the memmap of all memory that it removes, while some
	# page is poisoned, and takes that for a fault if it is marked as unused
	[[ $kernel != 6.1-debug ]] || cmdline+=" vm_debug=-"
	if has_checks; then
		# KASAN sees what the other letters stand for
		cmdline+=" slub_debug=U,kmalloc-*"
	elif [ "$icount" = no ] && [ -z "$system" ]; then
		# what is timed is a stock kernel, without checks of its own
		cmdline+=" slub_debug=FZPU"
	fi
	[ -z "$plugin" ] || qemu+=(-plugin "$plugin")
	memmap_arguments
	soft_reserved_arguments
	large_block_arguments
	nodes=$((node + nvdimms))
	[ "$one_node" = no ] || nodes=$((node + 1))
	numa_arguments $((nodes > node && nodes > 1 ? nodes : (node > 1 ? node : 1)))
	nvdimm_arguments
	cxl_arguments
	cxl_ram_arguments
	others_arguments
	serial_arguments
	boot_arguments
	qemu=("${emulator[@]}" -accel tcg -machine "$machine,nvdimm=on,hmat=on"
		-cpu "$cpu" "${qemu[@]}" "${qemu_disks[@]}")
}

has_checks() {
	grep -q '^CONFIG_K[AC]SAN=y' "$kernel_dir/config"
}

# Checks make a guest several times slower, and an eighth of all memory, also of
# that which a test adds, has a shadow in RAM.
allow_for_checks() {
	local i all

	has_checks || return 0
	timeout=$((timeout * 5)) boot_limit=$((boot_limit * 5))
	all=$((mem + soft + cxl))
	for ((i = 0; i < nvdimms; i++)); do
		all=$((all + $(size_of "$i")))
	done
	mem=$((mem + (1 << 30) + (all / 4 >> 27 << 27)))
}
