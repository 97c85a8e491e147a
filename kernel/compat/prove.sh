#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Compares the private layout with the BTF of the kernel that KDIR belongs to.
# Prints which layout it has, or in which members it differs from the one that
# is most like it. Builds in a copy of the tree.
#
# usage: prove.sh KDIR [BTF]
#
# BTF: as for read-btf.sh. Exit code: 0 the layout is known, 1 it is not, 2 no
# comparison possible.

set -u

COMPAT=$(dirname "$(realpath "$0")")
REPO=$(realpath "$COMPAT/../..")

die() {
	echo "prove: $*" >&2
	exit 2
}

# value MACRO: what the BTF says of it
value() {
	awk -v name="$1" '$2 == name { print $3 == "(-1)" ? "none" : $3 }' \
		"$work/source/kernel/compat/btf-offsets.h"
}

# differences LOG: each with what the BTF says; kinds have numbers in linux/btf.h
differences() {
	local struct member name

	sed -n 's/.*static assertion failed: "struct \(.*\): \(.*\) differs from the BTF.*/\1 \2/p' \
		"$1" | sort -u | while read -r struct member; do
		name=BTF_${struct}_$member
		if [ "$member" = "its size" ]; then
			echo "  struct $struct: its size, in this kernel $(value "BTF_${struct}_sizeof")"
		else
			echo "  struct $struct: $member, in this kernel at $(value "$name"), size $(value "${name}_size"), kind $(value "${name}_kind")"
		fi
	done
}

[ $# -eq 1 ] || [ $# -eq 2 ] || {
	sed -n 's/^# \(usage: .*\)/\1/p' "$0" >&2
	exit 2
}
kdir=$(realpath "$1") btf=${2-}
release=$(sed -n 's/^#define UTS_RELEASE "\(.*\)"$/\1/p' \
	"$kdir/include/generated/utsrelease.h" 2>/dev/null)
[ -n "$release" ] || die "$1: no kernel headers"
[ -z "$btf" ] || btf=$(realpath "$btf")
work=$(mktemp -d "${TMPDIR:-/tmp}/kmem-prove.XXXXXX") || die "no scratch directory"
trap 'rm -rf "$work"' EXIT
mkdir "$work/source"
tar -C "$REPO" -cf - --exclude='.*' --exclude='*.o' --exclude='*.ko' \
	--exclude='*.mod*' --exclude=btf-offsets --exclude=btf-offsets.h \
	Kbuild dkms.conf kernel | tar -C "$work/source" -xf - ||
	die "cannot copy the source"

make -k -C "$kdir" M="$work/source" BTF="$btf" kernel/compat/layout.o \
	>"$work/log" 2>&1
rc=$?
grep -q '^#define BTF_dev_dax_sizeof' "$work/source/kernel/compat/btf-offsets.h" 2>/dev/null || {
	grep -E '^(read-btf|btf-offsets): ' "$work/log" >&2
	die "no BTF of $release; name its vmlinux or vmlinuz in BTF=, or run this under that kernel"
}
echo "kernel $release"
if [ "$rc" -eq 0 ]; then
	echo "layout: that of $(LC_ALL=C grep -ao 'layout=Linux [0-9.]*' \
		"$work/source/kernel/compat/layout.o" | sed 's/.*=//')"
	exit 0
fi
if ! grep -q 'differs from the BTF' "$work/log"; then
	tail -n 20 "$work/log" >&2
	die "it does not build, for another cause than the layout"
fi
echo "layout: none that is known"
differences "$work/log"
exit 1
