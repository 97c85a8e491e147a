#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The BTF of a kernel selects the private layout, whatever the kernel is called:
# on BTF made from small sources with each layout there was, with one member
# wrong, or damaged. Host test; KMEM_KERNEL_DIR names a kernel whose headers have
# no BTF (see selftests/qemu/kernels.sh).

# shellcheck disable=SC2317 # functions are called through ktap_check

HERE=$(dirname "$(realpath "$0")")
REPO=$(realpath "$HERE/../..")
# shellcheck source=selftests/lib/ktap.sh
. "$HERE/../lib/ktap.sh"
KMEM_CACHE=${KMEM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dax-kmem}
# shellcheck source=selftests/qemu/build.sh
. "$HERE/../qemu/build.sh"

KDIR=$KMEM_KERNEL_DIR/build
WORK=$(mktemp -d "${TMPDIR:-/tmp}/kmem-btf.XXXXXX") || exit 1
trap 'rm -rf "$WORK"' EXIT
PRIVATE=$REPO/kernel/compat/dax-private.h

# Layouts by the number that the sources give them, and by the first release.
LAYOUTS="601/6.1 603/6.3 608/6.8 701/7.1 702/7.2.6"

# fixture NAME LAYOUT [SED]: $WORK/NAME.o, an object whose BTF has the structures
# in that layout, after SED has changed them
fixture() {
	local dir=$WORK/$1.d

	mkdir "$dir" || return
	sed -e "${3-}" "$PRIVATE" >"$dir/dax-private.h"
	[ $# -eq 2 ] || ! cmp -s "$PRIVATE" "$dir/dax-private.h" || {
		echo "$3 changes nothing"
		return 1
	}
	: >"$dir/btf-offsets.h"
	echo "obj-m := fixture.o
ccflags-y := -I$dir -DKMEM_DAX_LAYOUT=$2" >"$dir/Kbuild"
	echo '#include <linux/module.h>
#include "dax-private.h"
struct dev_dax dev_dax;
struct dev_dax_range range;
struct dax_mapping mapping;
struct dax_device_driver driver;' >"$dir/fixture.c"
	make -s -C "$KDIR" M="$dir" KCFLAGS=-g fixture.o &&
		pahole -J "$dir/fixture.o" && mv "$dir/fixture.o" "$WORK/$1.o"
}

prove() {
	bash "$REPO/kernel/compat/prove.sh" "$KDIR" "$WORK/$1.o" 2>&1
	echo "exit code $?"
}

# says TEXT LINE...: each LINE, a regular expression, is one of TEXT
says() {
	local text=$1 line

	echo "$text"
	shift
	for line; do
		grep -qxE -- "$line" <<<"$text" || { echo "no line '$line'"; return 1; }
	done
}

is_found() {
	fixture "right$1" "$1" &&
		says "$(prove "right$1")" "layout: that of Linux ${2//./\\.}" "exit code 0"
}
for layout in $LAYOUTS; do
	ktap_check "the layout of Linux ${layout#*/} is found" \
		is_found "${layout%/*}" "${layout#*/}"
done

# is_refused NAME LAYOUT SED DIFFERENCE
is_refused() {
	fixture "$1" "$2" "$3" &&
		says "$(prove "$1")" "layout: none that is known" "  $4" "exit code 1"
}
while IFS='|' read -r sentence layout script difference; do
	n=$((n + 1))
	ktap_check "refused, and said: $sentence" \
		is_refused "wrong$n" "$layout" "$script" "$difference"
done <<'END'
a member before all|601|/^struct dev_dax {/a void *wrong;|struct dev_dax: region, in this kernel at 8, size 8, kind 2
the device elsewhere|603|s/^	struct ida ida;/&\n	void *wrong;/|struct dev_dax: dev, in this kernel at [0-9]+, .*
no number of ranges|608|/^	int nr_range;/d|struct dev_dax: nr_range, in this kernel at none, size none, kind none
a wide number of ranges|608|s/^	int nr_range;/	long nr_range;/|struct dev_dax: nr_range, in this kernel at [0-9]+, size 8, kind 1
ranges without a pointer|702|s/^	struct dev_dax_range \*ranges;/	unsigned long ranges;/|struct dev_dax: ranges, in this kernel at [0-9]+, size 8, kind 1
a node that is none|601|s/^	int target_node;/	void *target_node;/|struct dev_dax: target_node, in this kernel at 24, size 8, kind 2
ranges with one member more|702|s/^	struct dax_mapping \*mapping;/&\n	void *wrong;/|struct dev_dax_range: its size, in this kernel 40
a mapping after its index|603|/^struct dax_mapping {/,/^}/s/^	struct device dev;/	int wrong;\n&/|struct dax_mapping: dev, in this kernel at 8, .*
a driver with flags before remove|608|s/^	void (\*remove)/	long wrong;\n&/|struct dax_device_driver: remove, in this kernel at [0-9]+, .*
a driver whose kind is a number|603|s/^	enum dax_driver_type type;/	int type;/|struct dax_device_driver: type, in this kernel at [0-9]+, size 4, kind 1
a driver that matches by a pointer|601|s/^	int match_always;/	void *match_always;/|struct dax_device_driver: match_always, in this kernel at [0-9]+, size 8, kind 2
END

# the source as "make" builds it, with the variables given
build() {
	[ -d "$WORK/tree" ] || tree_copy "$WORK/tree" "${MODULE_SOURCES[@]}" || return
	make -s -C "$WORK/tree" module KDIR="$KDIR" "$@" 2>&1
}

# built MODINFO VARIABLE...: builds, and the module says so
built() {
	build "${@:2}" &&
		says "$(modinfo -F layout "$WORK/tree/kernel/kmem.ko")" "$1"
}

# not_built PATTERN VARIABLE...: refuses to build, and says so
not_built() {
	local out

	if out=$(build "${@:2}"); then
		echo "it builds"
		return 1
	fi
	echo "$out"
	grep -qE "$1" <<<"$out"
}

unlisted() {
	tree_copy "$WORK/tree" "${MODULE_SOURCES[@]}" &&
		sed -i '/^[^#]/d' "$WORK/tree/kernel/compat/kernels"
}

ktap_check "the table serves a kernel without BTF" \
	built "Linux 6\.1, by table, proved at bind" BTF=none
ktap_check "a kernel that no table names can be copied for" unlisted
ktap_check "it does not build without BTF, and says what to do" \
	not_built "dax layout not known: name a BTF= or build while the kernel runs"
ktap_check "it builds with the BTF of its image" \
	built "Linux 6\.1, proved by BTF at build and again at bind" \
	BTF="$KMEM_KERNEL_DIR/vmlinux"
ktap_check "a BTF selects a layout that the kernel's name would not" \
	built "Linux 7\.1, proved by BTF at build and again at bind" \
	BTF="$WORK/right701.o"
ktap_check "a layout that is asked for is taken, and not called verified at build" \
	built "Linux 6\.3, as asked for, proved at bind only" LAYOUT=6.3
ktap_check "a layout that is asked for must be that of the BTF" \
	not_built "differs from the BTF" LAYOUT=6.8 BTF="$KMEM_KERNEL_DIR/vmlinux"
ktap_check "a layout that never was is refused" \
	not_built "no such layout" LAYOUT=5.9

head -c 5000 "$WORK/right601.o" >"$WORK/short.o"
objcopy -O binary --only-section=.BTF --set-section-flags .BTF=alloc \
	"$WORK/right601.o" "$WORK/raw.o"
head -c $(($(stat -c %s "$WORK/raw.o") / 2)) "$WORK/raw.o" >"$WORK/half.o"
objcopy --remove-section=.BTF "$WORK/right601.o" "$WORK/bare.o"
: >"$WORK/empty.o"
{ printf MZ; base64 "$WORK/right601.o"; } >"$WORK/bad-image"
ktap_check "a raw BTF, as in sysfs, is read" \
	built "Linux 6\.1, proved by BTF.*" BTF="$WORK/raw.o"
ktap_check "a file cut short is refused" not_built "btf-offsets: .*short.o: " BTF="$WORK/short.o"
ktap_check "a BTF cut short is refused" not_built "btf-offsets: .*half.o: holds no BTF that can be read" BTF="$WORK/half.o"
ktap_check "a file without BTF is refused" not_built "btf-offsets: .*bare.o: holds no .BTF section" BTF="$WORK/bare.o"
ktap_check "an empty file is refused" not_built "btf-offsets: .*empty.o: holds no BTF" BTF="$WORK/empty.o"
ktap_check "a file that is not there is refused" not_built "read-btf: cannot read" BTF="$WORK/none.o"

# read_btf FILE: what the build reads from it
read_btf() {
	sh "$REPO/kernel/compat/read-btf.sh" "$WORK/tree/kernel/compat/btf-offsets" \
		"$KDIR" none "$1"
}

# is_read IMAGE VMLINUX: what is unpacked from it
is_read() {
	read_btf "$2" | grep -q '^#define BTF_dev_dax_sizeof 0*[1-9]' &&
		diff <(read_btf "$2") <(read_btf "$1")
}

# packed COMMAND...: the image of a kernel that COMMAND packs, with what is before
# and behind
packed() {
	{
		printf MZ
		head -c 5000 "$KDIR/Module.symvers"
		"$@" <"$WORK/right601.o" && printf size
	} >"$WORK/image" && is_read "$WORK/image" "$WORK/right601.o"
}
ktap_check "the BTF is read from the image that the kernel boots from" \
	is_read "$KMEM_KERNEL_DIR/vmlinuz" "$KMEM_KERNEL_DIR/vmlinux"
for packer in "gzip -c" "lz4 -lc" "xz -c --check=crc32" "zstd -c"; do
	# shellcheck disable=SC2086 # a command
	ktap_check "the BTF is read from an image packed with ${packer%% *}" \
		packed $packer
done
ktap_check "an image packed with anything else is refused" \
	not_built "read-btf: .*image: not packed with gzip, lz4, xz or zstd" \
	BTF="$WORK/bad-image"

# The BTF of a module lacks what it shares with vmlinux.
split_btf() {
	cp "$WORK/right601.d/fixture.c" "$WORK/right601.d/split.c" &&
		sed -i 's/fixture/split/' "$WORK/right601.d/Kbuild" &&
		make -s -C "$KDIR" M="$WORK/right601.d" KCFLAGS=-g split.o &&
		pahole -J --btf_base "$KMEM_KERNEL_DIR/vmlinux" "$WORK/right601.d/split.o" &&
		not_built "that of a module, which needs another one|holds no BTF that can be read|damaged BTF" \
			BTF="$WORK/right601.d/split.o"
}
ktap_check "the BTF of a module is refused" split_btf
ktap_done
