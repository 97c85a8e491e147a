#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Debian kernels for the guests, by series: packages are downloaded with apt
# and unpacked in a cache, never installed. A kernel is in the cache whole or
# not at all.
#
# usage: kernels.sh list		print the series, without their flavours
#        kernels.sh own			print that of this Debian's own kernel
#        kernels.sh get SERIES		print the directory of its kernel
#        kernels.sh busybox		print the path of a static busybox: its
#					package too is only unpacked, installed
#					it would throw out the usual busybox
#        kernels.sh userland SERIES	print the root that its guest's programs
#					come from: none if they are this machine's
#        kernels.sh cxl			print the root with a QEMU for CXL memory
#
# The directory holds: release, series, home, vmlinux where it can be had, config,
# lib/modules/RELEASE and build, the headers, to be used as KDIR from where they
# lie. $KMEM_KERNELS, "SERIES=DIRECTORY ...", settles series beforehand.
# Can be sourced as well, after setting KERNELS_DIR to where it lies:
# kernels_list, kernels_get SERIES, kernels_unpack PACKAGE DIR HOME.

KMEM_CACHE=${KMEM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dax-kmem}
case "$KMEM_CACHE" in
/*) ;;
*) KMEM_CACHE=$PWD/$KMEM_CACHE ;;
esac
PATH=$PATH:/usr/sbin:/sbin

# Series, and the places to look in, SUITE[+SUITE]/HOME: the first that has all of
# a kernel's packages wins; see home.sh. "-arm64" and what follows is Debian's own
# name of a flavour; "-deb13" tells the 6.12 of Debian 13 from that of 12; other
# words name checks, see source.sh.
kernels_table() {
	cat <<-'END'
	6.1	bookworm+bookworm-security/bookworm
	6.1-cloud	bookworm+bookworm-security/bookworm
	6.1-debug	bookworm+bookworm-security/bookworm
	6.12	bookworm+bookworm-security/bookworm
	6.12-cloud	bookworm+bookworm-security/bookworm
	6.12-deb13	trixie/trixie
	7.2	trixie-backports/trixie experimental/sid
	7.2-cloud	trixie-backports/trixie experimental/sid
	7.3	trixie-backports/trixie experimental/sid
	7.3-cloud	trixie-backports/trixie experimental/sid
	7.3-debug	trixie-backports/trixie experimental/sid
	7.3-races	trixie-backports/trixie experimental/sid
	6.12-arm64	trixie/trixie-arm64
	6.12-arm64-16k	trixie/trixie-arm64
	7.2-arm64	trixie-backports/trixie-arm64
	END
}

# kernels_places SERIES
kernels_places() {
	kernels_table | awk -F '\t' -v series="$1" '$1 == series { print $2 }'
}

# kernels_list: without flavours, which only check.sh --long runs
kernels_list() {
	kernels_table | cut -f 1 | grep -v -e -
}

# kernels_flavour SERIES: of Debian's packages
kernels_flavour() {
	case "$1" in
	*-arm64*) echo "${1#*-}" ;;
	*-cloud) echo cloud-amd64 ;;
	*) echo amd64 ;;
	esac
}

# kernels_foreign SERIES: its architecture, none if it is this machine's
kernels_foreign() {
	case "$1" in
	*-arm64*) echo arm64 ;;
	esac
}

kernels_say() {
	echo "kernels: $*" >&2
}

# kernels_resolve SERIES: print "NAME VERSION PLACE" as the archive has it now:
# the directory's name, which is the release, but for a kernel from source.
kernels_resolve() {
	if source_flavour "$1" >/dev/null; then
		source_resolve "$1"
	else
		home_resolve "$1"
	fi
}

# kernels_space TEXT: say so when TEXT tells of a full disk.
kernels_space() {
	case "$1" in
	*'No space left'* | *'Wrote only'*) ;;
	*) return 1 ;;
	esac
	kernels_say "no space left for $KMEM_CACHE: a kernel needs 500 MB, $(
		df -Ph . | awk 'NR == 2 { print $4 }') are free"
}

# kernels_unpack PACKAGE DIR HOME: download one package as that home's lists know
# it and unpack it, keep no deb. Returns 1 when fresher lists might help, 2 when
# not.
kernels_unpack() (
	mkdir "$2/deb" && cd "$2/deb" || exit 2
	if ! log=$(home_apt "$3" download "$1" 2>&1); then
		kernels_space "$log" && exit 2
		kernels_say "download of $1 failed: $(printf '%s\n' "$log" |
			grep '^[EW]: ' | tail -n 1)"
		exit 1
	fi
	if ! log=$(dpkg-deb -x ./*.deb .. 2>&1); then
		kernels_space "$log" ||
			kernels_say "unpacking $1 failed: $(printf '%s\n' "$log" |
				head -n 1)"
		exit 2
	fi
	cd .. && rm -rf deb
)

# kernels_twice COMMAND...: with package lists that are too old, a package is
# one nobody has: if COMMAND returns 1, again with fresh ones.
kernels_twice() {
	rc=0
	{ said=$("$@" 2>&1 >&3) || rc=$?; } 3>&1
	if [ $rc -eq 1 ]; then
		home_outdate
		"$@"
		return
	fi
	[ -z "$said" ] || printf '%s\n' "$said" >&2
	return $rc
}

# kernels_vmlinux: take the kernel out of vmlinuz; under emulation it unpacks
# itself for seconds. Where it lies is told by the boot protocol's header.
kernels_vmlinux() {
	number() {
		od -A n -t "u$2" -j "$1" -N "$2" vmlinuz | tr -d ' '
	}
	unpack=$(sed -n 's/^CONFIG_KERNEL_\(LZ4\|XZ\|ZSTD\)=y$/\1/p' config |
		tr '[:upper:]' '[:lower:]')
	# a sector, the sectors of real mode code, and from there
	start=$((($(number 497 1) + 1) * 512 + $(number 584 4)))
	# without the unpacked size at its end
	length=$(($(number 588 4) - 4))
	tail -c "+$((start + 1))" vmlinuz | head -c "$length" |
		"${unpack:?}" -dcq >vmlinux
}

# kernels_arrange DIR RELEASE SERIES: from the packages' layout to ours. The
# headers' Makefile includes an absolute path under /usr/src.
kernels_arrange() (
	cd "$1" || exit 1
	set -e
	ln -s "usr/src/linux-headers-$2" build
	mv "boot/vmlinuz-$2" vmlinuz 2>/dev/null ||
		mv "usr/lib/modules/$2/vmlinuz" vmlinuz
	mv "boot/config-$2" config 2>/dev/null || cp build/.config config
	grep -qx CONFIG_ARM64=y config || kernels_vmlinux
	[ -d lib/modules ] || { mkdir -p lib && mv usr/lib/modules lib/; }
	rm -rf boot usr/share
	# shellcheck disable=SC2016 # make's variables
	sed -i -e 's|^include /usr/src/|include $(dir $(lastword $(MAKEFILE_LIST)))../|' \
		-e 's|^KBUILD_OUTPUT=.*|KBUILD_OUTPUT := $(CURDIR)|' build/Makefile
	rm -f "lib/modules/$2/build" "lib/modules/$2/source"
	depmod -b "$1" "$2"
	echo "$3" >series
	echo "$2" >release
)

# kernels_fill NAME COMMAND...: COMMAND, called with a new directory, fills it;
# that becomes $KMEM_CACHE/NAME, or nothing does.
kernels_fill() (
	new=$KMEM_CACHE/${1%/*}/.new-${1##*/}
	name=$1
	shift
	[ ! -d "$KMEM_CACHE/$name" ] || exit 0
	trap 'rm -rf "$new"' EXIT
	trap 'exit 130' INT TERM HUP
	rm -rf "$new"
	mkdir "$new" || exit 2
	"$@" "$new" || exit
	mv "$new" "$KMEM_CACHE/$name"
)

# kernels_cached SERIES: the newest release the cache has.
kernels_cached() {
	for dir in "$KMEM_CACHE/kernels/${1%%-*}"[.-]*/; do
		[ "$(cat "$dir/series" 2>/dev/null)" != "$1" ] || basename "$dir"
	done | sort -V | tail -n 1
}

# kernels_choose SERIES: print the name of the directory to use, which is in the
# cache when it returns.
kernels_choose() {
	found=$(kernels_resolve "$1") || {
		name=$(kernels_cached "$1")
		kernels_say "apt knows no kernel of series $1${name:+, using $name from the cache}"
		[ -n "$name" ] || return 1
		echo "$name"
		return
	}
	# shellcheck disable=SC2086 # three words
	set -- "$1" $found
	if source_flavour "$1" >/dev/null; then
		kernels_fill "kernels/$2" source_fetch "$@" || return
	else
		home_root "${4#*/}" || return
		kernels_fill "kernels/$2" home_fetch "$@" || return
	fi
	echo "$2"
}

# kernels_locked NAME COMMAND...: while others that want the same wait.
kernels_locked() (
	if ! mkdir -p "$KMEM_CACHE/kernels"; then
		kernels_say "cannot create $KMEM_CACHE/kernels"
		exit 1
	fi
	exec 9>"$KMEM_CACHE/kernels/.lock-$1" || exit 1
	flock 9
	shift
	"$@"
)

# kernels_get SERIES: print the directory, after filling it when needed.
kernels_get() {
	if [ -z "$(kernels_places "$1")" ]; then
		kernels_say "no series '$1' ($(kernels_list | xargs))"
		return 2
	fi
	for settled in ${KMEM_KERNELS-}; do
		if [ "${settled%%=*}" = "$1" ]; then
			echo "${settled#*=}"
			return
		fi
	done
	doing=fetching
	! source_flavour "$1" >/dev/null || doing="building, some ten minutes,"
	[ -n "$(kernels_cached "$1")" ] ||
		kernels_say "$doing a kernel of series $1"
	name=$(kernels_locked "$1" kernels_twice kernels_choose "$1") || return
	echo "$KMEM_CACHE/kernels/$name"
}

# kernels_fill_busybox HOME DIR: Debian 13 has it under /usr.
kernels_fill_busybox() {
	home_lists "$1" && kernels_unpack busybox-static "$2" "$1" || return
	[ -d "$2/bin" ] || ln -s usr/bin "$2/bin"
}

# kernels_busybox: print its path.
kernels_busybox() {
	[ -x "$KMEM_CACHE/kernels/busybox/bin/busybox" ] ||
		kernels_locked busybox kernels_twice kernels_fill \
			kernels/busybox kernels_fill_busybox \
			"$(host_release)" || return
	echo "$KMEM_CACHE/kernels/busybox/bin/busybox"
}

# kernels_userland SERIES: print the directory of that root, or nothing.
kernels_userland() {
	foreign=$(kernels_foreign "$1")
	[ -n "$foreign" ] || return 0
	kernels_locked "userland-$foreign" kernels_fill \
		"kernels/userland-$foreign" home_userland "$foreign" || return
	echo "$KMEM_CACHE/kernels/userland-$foreign"
}

# kernels_cxl: print the directory of that root.
kernels_cxl() {
	kernels_locked cxl kernels_fill kernels/cxl home_cxl || return
	echo "$KMEM_CACHE/kernels/cxl"
}

case "${0##*/}" in
kernels.sh) KERNELS_DIR=$(cd "$(dirname "$0")" && pwd) ;;
*) : "${KERNELS_DIR:?set it to the directory of kernels.sh before sourcing}" ;;
esac
# shellcheck source=selftests/qemu/host.sh
. "$KERNELS_DIR/host.sh"
# shellcheck source=selftests/qemu/home.sh
. "$KERNELS_DIR/home.sh"
# shellcheck source=selftests/qemu/source.sh
. "$KERNELS_DIR/source.sh"

[ "${0##*/}" = kernels.sh ] || return 0
case "${1-}" in
list) kernels_list ;;
own) host_series ;;
get) kernels_get "${2-}" ;;
busybox) kernels_busybox ;;
userland) kernels_userland "${2-}" ;;
cxl) kernels_cxl ;;
*)
	sed -n 's/^# \(usage: \|       \)//p' "$0" >&2
	exit 2
	;;
esac
