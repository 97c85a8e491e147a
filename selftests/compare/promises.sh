#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests the claims that dax-kmem holds and no other kmem driver does, in guests
# with this driver. The same tests then run with the kernel's own driver. They
# must fail there, which shows that they test something. Host test; KMEM_KERNEL
# and KMEM_KERNEL_DIR name the kernel.

HERE=$(dirname "$(realpath "$0")")
REPO=$(realpath "$HERE/../..")
# shellcheck source=selftests/lib/ktap.sh
. "$HERE/../lib/ktap.sh"
KMEM_CACHE=${KMEM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dax-kmem}
# shellcheck source=selftests/qemu/build.sh
. "$HERE/../qemu/build.sh"

WORK=$(mktemp -d "${TMPDIR:-/tmp}/kmem-promises.XXXXXX") || exit 1
trap 'rm -rf "$WORK"' EXIT

# What is slow is tried with the kernel's own driver on the oldest and the
# newest kernel only.
case $KMEM_KERNEL in
6.1 | 7.3) control=yes ;;
*) control=${KMEM_CONTROL-no} ;;
esac
# Some promises are that an old kernel gets what a later one has by itself.
case $KMEM_KERNEL in
6.1) has='' ;;
6.*) has='6' ;;
7.[012]) has='6' ;;
*) has='1 6' ;;
esac

readonly SPLAT='WARNING:|UBSAN:|BUG:|Oops:|general protection'

# vm NAME OPTION... -- COMMAND...: output and kernel log in $WORK/NAME*
vm() {
	local name=$1

	shift
	"$HERE/../qemu/vm.sh" -k "$KMEM_KERNEL" --log "$WORK/$name.log" "$@" \
		>"$WORK/$name" 2>&1
	echo $? >"$WORK/$name.rc"
}

# A guest whose kernel broke is to end: what it left locked would not let it.
memory_guest() {
	vm "$1" --soft-reserved 4G --append oops=panic \
		--append memory_hotplug.memmap_on_memory=1 "${@:2}"
}

cost_guest() {
	vm "$1" --icount -n 2 -s 8G,32G --timeout 600 "${@:2}" -- \
		compare/guest/cost.sh
}

# offset MEMBER: of a dax device's structure, by the kernel's BTF
offset() {
	awk -v name="BTF_dev_dax_$1" '$2 == name { print $3 }' "$WORK/offsets.h"
}

# load_of MODULE MEMBER: where in the file its driver's bind has the offset by
# which it reads that member, in decimal: the last byte of "mov 0xNN(%reg),%reg"
load_of() {
	objdump -d -F "$1" | awk -F '\t' -v member="$(printf '%02x' "$2")" '
		/^[0-9a-f]+ <dev_dax_kmem_probe>/ {
			split($0, word, /[ :)]+/)
			print word[5], "- 0x" word[1]
			base = 1
		}
		base && $3 ~ "^mov +0x" member "\\(%r[^s]" {
			sub(/ *:/, "", $1)
			sub(/^ */, "", $1)
			print "+ 0x" $1, "+", split($2, byte, " ") - 1
			exit
		}' | {
		at=$(tr '\n' ' ')
		[[ $at == *+* ]] && echo $((at))
	}
}

# intree_wrong FILE: the kernel's own driver as if it was built for a structure
# that lacks a member before target_node: what it takes for that is 4 bytes less
# into it
intree_wrong() {
	local release from at right

	release=$(<"$KMEM_KERNEL_DIR/release")
	from=$(find "$KMEM_KERNEL_DIR/lib/modules/$release/kernel/drivers/dax" \
		-name 'kmem.ko*')
	case $from in
	*.xz) xz -dc "$from" ;;
	*) cat "$from" ;;
	esac >"$WORK/intree.ko" || return
	# without the signature, which would no longer be one
	objcopy "$WORK/intree.ko" "$1" || return
	gcc -O1 -o "$WORK/btf-offsets" "$REPO/kernel/compat/btf-offsets.c" &&
		"$WORK/btf-offsets" "$KMEM_KERNEL_DIR/vmlinux" \
			>"$WORK/offsets.h" || return
	right=$(offset target_node)
	at=$(load_of "$1" "$right") || return
	# shellcheck disable=SC2059 # the byte
	printf "\\x$(printf '%02x' $((right - 4)))" |
		dd of="$1" bs=1 seek="$at" conv=notrunc status=none
}

# our_wrong FILE: ours with target_node in another place, and built without the
# kernel's BTF, which would not let it
our_wrong() {
	tree_copy "$WORK/src" "${MODULE_SOURCES[@]}" &&
		sed -i '/^	unsigned int align;/d
			/^	int target_node;/a\	unsigned int align;' \
			"$WORK/src/kernel/compat/dax-private.h" &&
		kernel_make "$KMEM_KERNEL_DIR" "$WORK/src" BTF=none \
			LAYOUT="$(layout_of "$KMEM_KERNEL")" modules \
			>"$WORK/build" 2>&1 && mv "$WORK/src/kernel/kmem.ko" "$1"
}

# line_of GUEST PROMISE: what the guest said of it
line_of() {
	grep -E "^(not )?ok [0-9]+ - promise $2: " "$WORK/$1" ||
		echo "no word on promise $2"
}

# claim PROMISE: as a sentence, from whatever guest made it
claim() {
	sed -n "s/^ktap_check \"\(promise $1: [^\"]*\)\".*/\1/p" "$HERE"/guest/*.sh
}

# kept GUEST PROMISE
kept() {
	cat "$WORK/$1"
	[[ $(line_of "$1" "$2") == ok* ]]
}

# broken GUEST PROMISE: it was tried, and failed or broke the kernel
broken() {
	cat "$WORK/$1"
	[[ $(line_of "$1" "$2") == "not ok"* ]] || {
		grep -aq "promise $2: " "$WORK/$1.log" &&
			grep -aqE "$SPLAT" "$WORK/$1.log"
	}
}

# what_happened GUEST PROMISE: in the words of the guest, or of its kernel
what_happened() {
	if [[ $(line_of "$1" "$2") == "not ok"* ]]; then
		sed -n "/ - promise $2: /,/^[^#]/{/^# [a-z_]* returned/d;/^#/p}" \
			"$WORK/$1"
	else
		grep -a -m 2 -E "$SPLAT|RIP: 0010" "$WORK/$1.log" |
			sed 's/^\[[ 0-9.]*\]/# kernel:/'
	fi
}

ours() {
	our_wrong "$WORK/kmem_wrong.ko" ||
		ktap_fail "our driver can be built with a wrong layout" \
			"$(cat "$WORK/build")"
	memory_guest memory --module "$WORK/kmem_wrong.ko" -- \
		bash -c 'compare/guest/layout.sh; compare/guest/memory.sh'
	cost_guest cost
	for promise in 1 2 3 5 6 7; do
		ktap_check "$(claim "$promise")" kept memory "$promise"
	done
	ktap_check "$(claim 4)" kept cost 4
	ktap_check "both guests ended well" \
		test "$(cat "$WORK/memory.rc" "$WORK/cost.rc" | xargs)" = "0 0"
}

# without GUEST PROMISE
without() {
	case " $has " in
	*" $2 "*)
		ktap_check "the kernel's own driver keeps promise $2 on $KMEM_KERNEL, as said" \
			kept "$1" "$2"
		;;
	*)
		ktap_check "the kernel's own driver does not keep promise $2" \
			broken "$1" "$2"
		what_happened "$1" "$2"
		;;
	esac
}

intree() {
	intree_wrong "$WORK/kmem_wrong.ko" ||
		ktap_fail "the kernel's own driver can be given a wrong layout"
	memory_guest intree --driver intree -- compare/guest/memory.sh
	cost_guest intree-cost --driver intree
	memory_guest intree-layout --driver intree \
		--module "$WORK/kmem_wrong.ko" -- compare/guest/layout.sh
	for promise in 1 2 3 5 6; do
		without intree "$promise"
	done
	without intree-cost 4
	without intree-layout 7
}

ours
[ "$control" = no ] || intree
ktap_done
