#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The page on memkind, in a guest with two nodes. memkind is that of Debian 12,
# the last that has it: it stays in the cache and is not installed. Host test;
# KMEM_KERNEL names the kernel.

HERE=$(dirname "$(realpath "$0")")
HOWTO=$(realpath "$HERE/../../Documentation/admin-guide/howto")
KERNELS_DIR=$HERE/../qemu
# shellcheck source=selftests/lib/ktap.sh
. "$HERE/../lib/ktap.sh" >/dev/null
# shellcheck source=selftests/qemu/kernels.sh
. "$KERNELS_DIR/kernels.sh"

unpack() {
	local package

	home_lists bookworm || return
	for package in libmemkind0 libmemkind-dev libhwloc15; do
		kernels_unpack "$package" "$1" bookworm || return
	done
}

# The program finds memkind, and that its own libraries, where they lie.
compile() {
	local root=$KMEM_CACHE/kernels/memkind/usr lib

	lib=$(echo "$root"/lib/*-linux-gnu)
	gcc -O2 -Wall -Wextra -Werror -I "$root/include" -L "$lib" \
		-Wl,--disable-new-dtags,-rpath,"$lib" -o "$WORK/memkind_nodes" \
		"$HOWTO/memkind_nodes.c" -lmemkind -lnuma
}

unusable() {
	echo "TAP version 13"
	ktap_fail "$1"
	ktap_done
}

WORK=$(mktemp -d "${TMPDIR:-/tmp}/kmem-memkind.XXXXXX") || exit 1
trap 'rm -rf "$WORK"' EXIT
kernels_locked memkind kernels_twice kernels_fill kernels/memkind unpack ||
	unusable "memkind can be had"
compile || unusable "the example compiles"
PATH=$WORK:$PATH "$HERE/../qemu/vm.sh" -k "${KMEM_KERNEL:?}" -n 2 -s 512M \
	--copy "$HOWTO" --program memkind_nodes -- lib/howto.sh memkind
