#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A private layout that is not the kernel's is refused: at build where the
# kernel's BTF is at hand, and for every device at bind in a guest. "make prove"
# tells which layout is. Host test; KMEM_KERNEL and KMEM_KERNEL_DIR name the
# kernel (see selftests/qemu/kernels.sh).

HERE=$(dirname "$(realpath "$0")")
REPO=$(realpath "$HERE/../..")
# shellcheck source=selftests/lib/ktap.sh
. "$HERE/../lib/ktap.sh"
KMEM_CACHE=${KMEM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dax-kmem}
# shellcheck source=selftests/qemu/build.sh
. "$HERE/../qemu/build.sh"

WORK=$(mktemp -d "${TMPDIR:-/tmp}/kmem-layout.XXXXXX") || exit 1
trap 'rm -rf "$WORK"' EXIT

# How each layout is made wrong, as sed scripts for dax-private.h.
# dev: the device itself lies elsewhere; node: target_node does;
# count, ranges: the number or the place of the ranges does; entry: of the
# second range and all after it; memmap: memmap_on_memory does; ids, kind: these
# members of the driver do.
wrong() {
	case "$1" in
	dev) echo '/^struct dev_dax {/,/^}/{
		/^	struct device dev;/i\	void *wrong[2];
		}' ;;
	node) echo '/^	unsigned int align;/d; /^	int target_node;/a\	unsigned int align;' ;;
	count) echo '/^	int nr_range;/{h;s/.*/	int wrong[2];/p;g}' ;;
	ranges) echo '/^	struct dev_dax_range \*ranges;/i\	void *wrong;' ;;
	entry) echo '/^	struct dax_mapping \*mapping;/a\	void *wrong;' ;;
	memmap) echo '/^	bool memmap_on_memory;/i\	bool wrong;' ;;
	ids) echo '/^	struct list_head ids;/c\	void *wrong[2];
/^	void (\*remove)/a\	struct list_head ids;' ;;
	kind) echo '/^	enum dax_driver_type type;/i\	int wrong;
/^	int match_always;/i\	int wrong;' ;;
	esac
}

# tree NAME: a copy of what is built, as DKMS gets it
tree() {
	make -s -C "$REPO" dkms-source DESTDIR="$WORK/$1" >/dev/null || return
	mv "$WORK/$1"/usr/src/dax-kmem-* "$WORK/$1/src"
}

build() {
	kernel_make "$KMEM_KERNEL_DIR" "$WORK/$1/src" "${@:2}" modules
}

# fails_with PATTERN TREE VARIABLE...: the build fails and says so
fails_with() {
	local out

	if out=$(build "${@:2}" 2>&1); then
		echo "the build succeeded"
		return 1
	fi
	echo "$out"
	grep -q "$1" <<<"$out"
}

layout=$(layout_of "$KMEM_KERNEL")
# as messages call it
called=$layout
[ "$layout" != 7.2 ] || called=7.2.6
NAMES=(dev node count ranges entry ids kind)
[ "$layout" = 6.1 ] || NAMES+=(memmap)
modules=()
for name in "${NAMES[@]}"; do
	tree "$name" || exit 1
	header=$WORK/$name/src/kernel/compat/dax-private.h
	cp "$header" "$WORK/right"
	sed -i "$(wrong "$name")" "$header"
	if cmp -s "$header" "$WORK/right"; then
		ktap_fail "the layout can be made wrong ($name)"
		continue
	fi
	if [ -e "$KMEM_KERNEL_DIR/build/vmlinux" ]; then
		ktap_check "wrong layout ($name): the build is refused by the kernel's BTF" \
			fails_with "differs from the BTF of this kernel: see Documentation/porting.rst" "$name"
	fi
	# without the BTF it builds, and bind is the last line
	ktap_check "wrong layout ($name): without BTF the module builds" \
		build "$name" BTF=none LAYOUT="$layout"
	cp "$WORK/$name/src/kernel/kmem.ko" "$WORK/kmem_wrong_$name.ko"
	modules+=(--module "$WORK/kmem_wrong_$name.ko")
done

tree unknown || exit 1
sed -i '/^[^#]/d' "$WORK/unknown/src/kernel/compat/kernels"
ktap_check "a kernel without BTF and outside the table is refused at build, with where to read on" \
	fails_with "Documentation/porting.rst" unknown BTF=none
btf=$KMEM_KERNEL_DIR/vmlinux
[ -z "$(home_of "$KMEM_KERNEL_DIR")" ] || btf=/kernel/vmlinux
ktap_check "and builds by the BTF of its image alone" build unknown BTF="$btf"
cp "$WORK/unknown/src/kernel/kmem.ko" "$WORK/kmem_right_btf.ko"
modules+=(--module "$WORK/kmem_right_btf.ko")
ktap_check "which the module says, and that it is not tested there" test \
	"$(modinfo -F layout "$WORK/kmem_right_btf.ko"); $(
		modinfo -F tested "$WORK/kmem_right_btf.ko")" = \
	"Linux $called, proved by BTF at build and again at bind; no"
# source_tree NAME: a copy that "make" works in
source_tree() {
	tree_copy "$WORK/$1/src" "${MODULE_SOURCES[@]}"
}

# prove TREE: what "make prove" prints, and its exit code
prove() {
	if [ -n "$(home_of "$KMEM_KERNEL_DIR")" ]; then
		kernel_home "$KMEM_KERNEL_DIR" "$WORK/$1/src" \
			make -s -C /src prove KDIR=/kernel/build BTF=/kernel/vmlinux
	else
		make -s -C "$WORK/$1/src" prove KDIR="$KMEM_KERNEL_DIR/build" \
			BTF="$KMEM_KERNEL_DIR/vmlinux"
	fi 2>&1
	echo "exit code $?"
}

# says TEXT PATTERN...: in lines of their own
says() {
	local text=$1 pattern

	echo "$text"
	shift
	for pattern; do
		grep -qxE -- "$pattern" <<<"$text" || {
			echo "no line '$pattern'"
			return 1
		}
	done
}

source_tree own || exit 1
proof=$(prove own)
ktap_check "make prove: the kernel's layout is found" \
	says "$proof" "kernel $(sed 's/[+.]/\\&/g' "$KMEM_KERNEL_DIR/release")" \
	"layout: that of Linux ${called//./\\.}" "exit code 0"

source_tree all || exit 1
for name in dev node count ranges; do
	sed -i "$(wrong "$name")" "$WORK/all/src/kernel/compat/dax-private.h"
done
ktap_check "make prove: a layout wrong in four places matches nowhere, with each named" \
	says "$(prove all)" "layout: none that is known" \
	"  struct dev_dax: dev, in this kernel at [0-9]+, .*" \
	"  struct dev_dax: target_node, in this kernel at [0-9]+, .*" \
	"  struct dev_dax: nr_range, in this kernel at [0-9]+, .*" \
	"  struct dev_dax: ranges, in this kernel at [0-9]+, .*" "exit code [12]"

# Linux 6.8 has the layout of 6.12, but its attribute size takes device_lock as
# that of 6.1 does: reading it at bind would never end.
if [ "$layout" = 6.1 ]; then
	tree locked || exit 1
	sed -i '/^#if KMEM_DAX_LAYOUT >= 608$/{
		N
		/memmap_on_memory/s/>= 608/>= 1000/
	}' "$WORK/locked/src/kernel/compat/dax-private.h"
	ktap_check "the locks of 6.8 with the layout of 6.1: the module builds" \
		build locked BTF=none LAYOUT=6.8
	cp "$WORK/locked/src/kernel/kmem.ko" "$WORK/kmem_right_locked.ko"
	modules+=(--module "$WORK/kmem_right_locked.ko")
fi

guest=$("$HERE/../qemu/vm.sh" -k "$KMEM_KERNEL" --soft-reserved 2G \
	--append memory_hotplug.memmap_on_memory=1 "${modules[@]}" -- \
	driver/kmem-layout.sh 2>&1)
rc=$?
while read -r line; do
	case "$line" in
	"ok "*) ktap_pass "in a guest: ${line#* - }" ;;
	"not ok "*) ktap_fail "in a guest: ${line#* - }" "$guest" ;;
	esac
done <<<"$guest"
ktap_check "the guest that saw it ended well" test "$rc" -eq 0
ktap_done
