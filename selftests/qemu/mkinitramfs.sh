#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Packs a guest's root into an initramfs: busybox, the programs tests call with
# their libraries, modules, this project's selftests. Uncompressed: copying is
# cheaper than unpacking under emulation.
#
# usage: mkinitramfs.sh OUTPUT BUSYBOX USERLAND MODULES TOOLS JOB SETTINGS \
#		PROGRAMS [DIR...]
#
# BUSYBOX is a static one; USERLAND is the root of another architecture that the
# other programs come from, none if they are this machine's; MODULES holds <release>/, a /lib/modules; TOOLS is
# build.sh's tool_dir; JOB is the guest's command as a script, SETTINGS what
# init reads, PROGRAMS more programs, as one word. Each DIR is copied to /kmem.

set -euo pipefail

QEMU_DIR=$(dirname "$(realpath "$0")")
PROGRAMS=(bash chmem daxctl dmesg lsmem ndctl numactl)
KMOD_NAMES=(depmod insmod lsmod modinfo modprobe rmmod)

output=$1 busybox=$2 userland=$3 modules=$4 tools=$5 job=$6 settings=$7
read -ra more <<<"$8"
shift 8
root=$output.d

make_skeleton() {
	mkdir -p "$root"/{dev,etc/modprobe.d,kmem,mnt,proc,root,run,sys,tmp,var}
	mkdir -p "$root"/usr/{bin,sbin,lib,lib64}
	ln -s usr/bin usr/sbin usr/lib usr/lib64 "$root"
	ln -s ../run "$root/var/run"
	printf '%s\n' root:x:0:0:root:/root:/bin/bash \
		nobody:x:65534:65534:nobody:/:/bin/sh >"$root/etc/passwd"
	printf '%s\n' root:x:0: nogroup:x:65534: >"$root/etc/group"
	# shellcheck disable=SC2016 # for the guest's shell
	echo 'PS1="guest:\w# "' >"$root/root/.bash_profile"
	cp "$QEMU_DIR/init" "$root/init"
	cp "$busybox" "$root/usr/bin/busybox"
}

# find_program NAME: print its path
find_program() {
	if [ -n "$userland" ]; then
		PATH=$userland/usr/bin:$userland/usr/sbin type -P "$1"
	else
		type -P "$1"
	fi
}

# add_foreign_libraries FILE...: what ldd says, of files that it cannot run.
add_foreign_libraries() {
	local name added=()

	for name in $(readelf -d "$@" |
		sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p' | sort -u); do
		[ ! -e "$root/usr/lib/$name" ] || continue
		cp -L "$userland"/usr/lib/*-linux-gnu/"$name" "$root/usr/lib/"
		added+=("$root/usr/lib/$name")
	done
	[ ${#added[@]} -eq 0 ] || add_foreign_libraries "${added[@]}"
}

# add_programs FILE...: copy programs and the libraries they are linked to.
add_programs() {
	local library

	cp -L "$@" "$root/usr/bin"
	if [ -n "$userland" ]; then
		add_foreign_libraries "$@"
		return
	fi
	ldd "$@" 2>/dev/null | grep -o '/[^ ]*\.so[^ ]*' | sort -u |
		while read -r library; do
			install -D "$library" \
				"$root/usr/${library#"${library%/lib*/*}/"}"
		done
}

add_modules() {
	local release

	for release in "$modules"/*; do
		mkdir -p "$root/usr/lib/modules"
		cp -r --no-dereference "$release" "$root/usr/lib/modules/"
		rm -f "$root/usr/lib/modules/${release##*/}"/{build,source}
		depmod -b "$root" "${release##*/}"
	done
}

add_selftests() {
	mkdir "$root/kmem/selftests"
	tar -C "$QEMU_DIR/.." --exclude=./qemu --exclude=./results -cf - . |
		tar -C "$root/kmem/selftests" -xf -
	cp "$tools"/programs/* "$root/usr/bin/" 2>/dev/null || true
	install -m 755 "$job" "$root/kmem/job"
	cp "$settings" "$root/kmem/settings"
}

rm -rf "$root"
make_skeleton
programs=()
for name in "${PROGRAMS[@]}" "${more[@]}" kmod; do
	programs+=("$(find_program "$name")") || {
		echo "mkinitramfs: no $name here" >&2
		exit 1
	}
done
[ ! -e "$tools/kmemctl" ] || programs+=("$tools/kmemctl")
add_programs "${programs[@]}"
for name in "${KMOD_NAMES[@]}"; do
	ln -s ../bin/kmod "$root/usr/sbin/$name"
done
add_modules
add_selftests
[ $# -eq 0 ] || cp -r "$@" "$root/kmem/"
(cd "$root" && find . | cpio -o -H newc -R 0:0 --quiet) >"$output"
rm -rf "$root"
