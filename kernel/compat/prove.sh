#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Compares every family of the private layout with the BTF of the kernel that
# KDIR belongs to. Prints the family that matches, and how the others differ.
# Builds in a copy of the tree.
#
# usage: prove.sh KDIR [BTF]
#
# BTF: a vmlinux, a raw BTF as in /sys/kernel/btf/vmlinux, or a vmlinuz packed
# with xz or zstd. Not needed if KDIR holds a vmlinux or belongs to the running
# kernel. Exit code: 0 a family matches, 1 none does, 2 no comparison possible.

set -u

COMPAT=$(dirname "$(realpath "$0")")
REPO=$(realpath "$COMPAT/../..")

die() {
	echo "prove: $*" >&2
	exit 2
}

# unpack IMAGE OUTPUT: the ELF file in a packed kernel image
unpack() {
	local packer magic at

	while read -r packer magic; do
		LC_ALL=C grep -abo -P "$magic" "$1" | while IFS=: read -r at _; do
			tail -c +$((at + 1)) "$1" | "$packer" -dc >"$2" 2>/dev/null
			[ "$(head -c 4 "$2" | tail -c 3)" != ELF ] || exit 1
		done || return 0
	done <<-'END'
		xz \xFD7zXZ\x00
		zstd \x28\xB5\x2F\xFD
	END
	return 1
}

# find_btf: sets btf to a file that btf-offsets can read
find_btf() {
	if [ -n "$btf" ]; then
		[ -r "$btf" ] || die "cannot read $btf"
		[ "$(head -c 2 "$btf")" != MZ ] || {
			unpack "$btf" "$work/vmlinux" ||
				die "$btf: not packed with xz or zstd, or no tool to unpack it; name its vmlinux"
			btf=$work/vmlinux
		}
		btf=$(realpath "$btf")
	elif [ -e "$kdir/vmlinux" ]; then
		btf=$kdir/vmlinux
	elif [ "$release" = "$(uname -r)" ] && [ -e /sys/kernel/btf/vmlinux ]; then
		btf=/sys/kernel/btf/vmlinux
	else
		die "no BTF of $release in its headers; name its vmlinux or vmlinuz as second argument, or run this under that kernel"
	fi
}

# differences FAMILY LOG: each with what the BTF says instead
differences() {
	local struct member offset

	sed -n 's/.*static assertion failed: "struct \(.*\): \(.*\) differs from the BTF.*/\1 \2/p' \
		"$2" | sort -u | while read -r struct member; do
		[ "$member" != "its size" ] || member=sizeof
		offset=$(awk -v name="BTF_${struct}_$member" \
			'$2 == name { print $3 }' \
			"$work/$1/kernel/compat/btf-offsets.h")
		echo "  struct $struct: $member, in this kernel ${offset:-none}"
	done
}

# compare FAMILY: builds what depends on it; prints how it differs
compare() {
	local log=$work/log

	cp -r "$work/source" "$work/$1" || die "cannot copy the source"
	if make -k -C "$kdir" M="$work/$1" kmem-family="$1" kmem-btf="$btf" \
		kernel/compat/layout.o >"$log" 2>&1; then
		echo "family $1: matches"
		return 0
	fi
	if ! grep -q 'differs from the BTF' "$log"; then
		tail -n 20 "$log" >&2
		die "family $1: does not build, for another cause than its layout"
	fi
	echo "family $1: differs"
	differences "$1" "$log"
	return 1
}

[ $# -eq 1 ] || [ $# -eq 2 ] || {
	sed -n 's/^# \(usage: .*\)/\1/p' "$0" >&2
	exit 2
}
kdir=$(realpath "$1") btf=${2-}
release=$(sed -n 's/^#define UTS_RELEASE "\(.*\)"$/\1/p' \
	"$kdir/include/generated/utsrelease.h" 2>/dev/null)
[ -n "$release" ] || die "$1: no kernel headers"
work=$(mktemp -d "${TMPDIR:-/tmp}/kmem-prove.XXXXXX") || die "no scratch directory"
trap 'rm -rf "$work"' EXIT
make -s -C "$REPO" dkms-source DESTDIR="$work" || die "cannot copy the source"
mv "$work"/usr/src/* "$work/source"
find_btf

echo "kernel $release"
match=1
while read -r family; do
	! compare "$family" || match=0
done < <(awk '!/^#/ { print $2 }' "$COMPAT/kernels" | sort -nu)
exit "$match"
