#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs ndctl's and memkind's own tests of kmem, unmodified, on this driver and on
# the kernel's own, and says what each came to. Not a job: neither project is in the
# archive as it is needed here. Documentation/comparison.rst has what they came to,
# and how to build memkind.
#
# usage: peers.sh NDCTL MEMKIND SERIES...
#   NDCTL     a clone of ndctl; its tests run Debian's ndctl and daxctl
#   MEMKIND   a clone of memkind, with its tests built
#   SERIES    of kernels, as 6.1

set -u
[ $# -gt 2 ] || { sed -n '/^# usage:/,/^$/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
HERE=$(dirname "$(realpath "$0")")
ndctl=$(realpath "$1") memkind=$(realpath "$2")
shift 2
WORK=$(mktemp -d "${TMPDIR:-/tmp}/kmem-peers.XXXXXX") || exit 1
trap 'rm -rf "$WORK"' EXIT
PEERS=$WORK/peers

# Programs of memkind, and the libraries that a guest has not.
pack() {
	mkdir "$PEERS" && cp "$ndctl"/test/{common,daxctl-devices.sh} "$PEERS" &&
		cp "$memkind"/test/.libs/{dax_kmem_test,get_capacity_test} \
			"$memkind"/test/.libs/environ_err_dax_kmem_malloc{,_positive}_test \
			"$memkind"/.libs/memkind-auto-dax-kmem-nodes \
			"$memkind"/.libs/libmemkind.so.0 "$PEERS" || exit
	LD_LIBRARY_PATH=$PEERS ldd "$PEERS"/*_test |
		grep -o '/[^ ]*lib\(stdc++\|gcc_s\|m\|gomp\|daxctl\|hwloc\|numa\|kmod\|uuid\|udev\)\.so[^ ]*' |
		sort -u | xargs cp -Lt "$PEERS"
}

# peer NAME SERIES DRIVER OPTION...
peer() {
	local out=$WORK/$1.$2.$3 rc

	"$HERE/../qemu/vm.sh" -k "$2" --driver "$3" --copy "$PEERS" \
		--program jq "${@:4}" --timeout 1800 -- \
		compare/guest/peers.sh "$1" >"$out" 2>&1
	rc=$?
	awk '!/^ok/ || /# SKIP/ { print "  " $0 }' "$out"
	printf '%s on %s, %s: %d passed, %d failed, %d skipped, exit code %d\n' \
		"$1" "$2" "$3" "$(grep '^ok' "$out" | grep -vc '# SKIP')" \
		"$(grep -c '^not ok' "$out")" "$(grep -c '^ok.*# SKIP' "$out")" \
		"$rc"
}

pack
for series; do
	for driver in dkms intree; do
		peer ndctl "$series" $driver --no-devdax -s 6G
		peer memkind "$series" $driver -n 3 -s 512M,512M,3G
	done
done
