#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Prints what btf-offsets reads from the BTF of a kernel, and whether that has a
# function that nothing else tells of; or a comment where no BTF is at hand.
#
# usage: read-btf.sh BTF-OFFSETS KDIR RELEASE [BTF]
#        read-btf.sh --known KDIR RELEASE
#
# BTF: a vmlinux, a raw BTF as in /sys/kernel/btf/vmlinux, or a vmlinuz packed
# with gzip, lz4, xz or zstd; "none" for none. By default the vmlinux in KDIR, or
# that of sysfs if the kernel runs.
# --known: "yes" if such a BTF, or the table "kernels", can tell the layout, or
# "no"; nothing after an error.

set -u

program=$1 kdir=$2 release=$3 btf=${4-}

die() {
	echo "read-btf: $*" >&2
	exit 1
}

# unpack IMAGE: print the ELF file in a packed kernel image
unpack() {
	while read -r packer magic; do
		LC_ALL=C grep -abo -P "$magic" "$1" | while IFS=: read -r at _; do
			tail -c "+$((at + 1))" "$1" | "$packer" -dc >"$2" 2>/dev/null
			[ "$(head -c 4 "$2" | tail -c 3)" != ELF ] || exit 1
		done || return 0
	done <<-'END'
		xz \xFD7zXZ\x00
		zstd \x28\xB5\x2F\xFD
		gzip \x1F\x8B\x08
		lz4 \x02\x21\x4C\x18
	END
	return 1
}

has_btf() {
	LC_ALL=C grep -qaF .BTF "$1" 2>/dev/null
}

# find_btf: print the file that has it
find_btf() {
	if has_btf "$kdir/vmlinux"; then
		echo "$kdir/vmlinux"
	elif [ "$release" = "$(uname -r)" ] && [ -r /sys/kernel/btf/vmlinux ]; then
		echo /sys/kernel/btf/vmlinux
	else
		echo none
	fi
}

# in_table: print whether it is, "yes" or "no"
in_table() {
	awk -v release="$release" 'BEGIN { found = "no" }
		!/^#/ && NF && release ~ ("^(" $1 ")$") {
			found = $2 == "-" ? "no" : "yes"; exit }
		END { print found }' "$(dirname "$0")/kernels"
}

if [ "$program" = --known ]; then
	known=$(in_table) || die "cannot read the table of kernels"
	[ "$(find_btf)" = none ] || known=yes
	echo "$known"
	exit
fi
[ -n "$btf" ] || btf=$(find_btf)
if [ "$btf" = none ]; then
	echo "/* no BTF of $release found */"
	exit
fi
[ -r "$btf" ] || die "cannot read $btf"
if [ "$(head -c 2 "$btf")" = MZ ]; then
	elf=$(mktemp) || exit
	trap 'rm -f "$elf"' EXIT
	unpack "$btf" "$elf" ||
		die "$btf: not packed with gzip, lz4, xz or zstd, or no tool to unpack it; name its vmlinux"
	btf=$elf
fi
"$program" "$btf" || exit
! LC_ALL=C grep -qaw prevent_memory_remove_notifier "$btf" ||
	echo "#define BTF_prevent_memory_remove_notifier 1"
