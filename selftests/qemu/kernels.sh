#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Debian kernels for the guests, by series: packages are downloaded with apt
# and unpacked in a cache, never installed. A kernel is in the cache whole or
# not at all.
#
# usage: kernels.sh list		print the series there are
#        kernels.sh get SERIES		print the directory of its kernel
#
# The directory holds: release, series, vmlinuz, config, lib/modules/RELEASE
# and build, the headers, to be used as KDIR from where they lie.
# Can be sourced as well: kernels_list, kernels_get SERIES.

KMEM_CACHE=${KMEM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dax-kmem}

# Series, image and headers metapackage.
kernels_table() {
	cat <<-'END'
	6.1	linux-image-amd64	linux-headers-amd64
	6.12	linux-image-6.12-amd64	linux-headers-6.12-amd64
	END
}

kernels_list() {
	kernels_table | cut -f 1
}

kernels_say() {
	echo "kernels: $*" >&2
}

# kernels_depends PACKAGE[=VERSION]: its dependencies, one a line.
kernels_depends() {
	apt-cache show --no-all-versions "$1" 2>/dev/null |
		sed -n '/^Depends: /{s///;s/, */\n/g;p}'
}

# kernels_resolve SERIES: print "RELEASE VERSION" as apt knows it now.
kernels_resolve() {
	meta=$(kernels_table | awk -v s="$1" '$1 == s { print $2 }')
	kernels_depends "$meta" |
		sed -n 's/^linux-image-\([^ ]*\) (= \(.*\))$/\1 \2/p' | grep "^$1\."
}

# kernels_packages RELEASE VERSION: what to download. The headers' own
# dependencies name the two packages they point into.
kernels_packages() {
	echo "linux-image-$1=$2"
	echo "linux-headers-$1=$2"
	kernels_depends "linux-headers-$1=$2" |
		sed -n 's/^\(linux-headers-[^ ]*-common\) (= \(.*\))$/\1=\2/p
			s/^\(linux-kbuild-[^ ]*\).*/\1/p'
}

# kernels_unpack PACKAGE DIR: download one package and unpack it, keep no deb.
kernels_unpack() (
	mkdir "$2/deb" && cd "$2/deb" || exit 1
	if ! apt-get -q -o APT::Sandbox::User=root download "$1" >log 2>&1; then
		grep '^E: ' log >&2
		kernels_say "download of $1 failed"
		exit 1
	fi
	if ! dpkg-deb -x ./*.deb .. 2>log; then
		head -n 1 log >&2
		kernels_say "unpacking $1 failed, $(df -Ph . |
			awk 'NR == 2 { print $4 }') left in $KMEM_CACHE"
		exit 1
	fi
	cd .. && rm -rf deb
)

# kernels_arrange DIR RELEASE SERIES: from the packages' layout to ours. The
# headers' Makefile includes an absolute path under /usr/src.
kernels_arrange() (
	cd "$1" || exit 1
	set -e
	mv "boot/vmlinuz-$2" vmlinuz
	mv "boot/config-$2" config
	[ -d lib/modules ] || { mkdir -p lib && mv usr/lib/modules lib/; }
	rm -rf boot usr/share
	ln -s "usr/src/linux-headers-$2" build
	# shellcheck disable=SC2016 # make's variable
	sed -i 's|^include /usr/src/|include $(dir $(lastword $(MAKEFILE_LIST)))../|' \
		build/Makefile
	rm -f "lib/modules/$2/build" "lib/modules/$2/source"
	depmod -b "$1" "$2"
	echo "$3" >series
	echo "$2" >release
)

# kernels_fetch SERIES RELEASE VERSION: fill the cache, atomically.
kernels_fetch() (
	tmp=$KMEM_CACHE/kernels/.new-$1
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 130' INT TERM HUP
	rm -rf "$tmp"
	mkdir "$tmp" || exit 1

	for package in $(kernels_packages "$2" "$3"); do
		kernels_unpack "$package" "$tmp" || exit 1
	done
	if ! kernels_arrange "$tmp" "$2" "$1"; then
		kernels_say "the packages of $2 do not look as expected"
		exit 1
	fi
	mv "$tmp" "$KMEM_CACHE/kernels/$2"
)

# kernels_cached SERIES: the newest release the cache has.
kernels_cached() {
	for dir in "$KMEM_CACHE/kernels/$1".*/; do
		[ "$(cat "$dir/series" 2>/dev/null)" != "$1" ] || basename "$dir"
	done | sort -V | tail -n 1
}

# kernels_choose SERIES: the same with the cache locked. Package lists that are
# too old show as a package nobody has, or as a failed download: then once more
# with fresh ones.
kernels_choose() {
	for try in stale fresh; do
		if [ "$try" = fresh ]; then
			sh "$KERNELS_DIR/setup.sh" --update >/dev/null 2>&1
		fi
		found=$(kernels_resolve "$1") || continue
		release=${found% *}
		if [ -d "$KMEM_CACHE/kernels/$release" ]; then
			echo "$release"
			return
		fi
		kernels_say "fetching $release for series $1"
		if kernels_fetch "$1" "$release" "${found#* }"; then
			echo "$release"
			return
		fi
	done
	release=$(kernels_cached "$1")
	if [ -z "$found" ] && [ -n "$release" ]; then
		kernels_say "apt has no kernel of series $1 now, using $release from the cache"
		echo "$release"
		return
	fi
	kernels_say "no kernel of series $1: see above, or 'apt-get update' by hand"
	return 1
}

# kernels_get SERIES: print the directory, after filling it when needed.
kernels_get() (
	if ! kernels_list | grep -qxF -e "$1"; then
		kernels_say "no series '$1' ($(kernels_list | xargs))"
		exit 2
	fi
	if ! mkdir -p "$KMEM_CACHE/kernels"; then
		kernels_say "cannot create $KMEM_CACHE/kernels"
		exit 1
	fi
	exec 9>"$KMEM_CACHE/kernels/.lock-$1" || exit 1
	flock 9
	release=$(kernels_choose "$1") || exit 1
	echo "$KMEM_CACHE/kernels/$release"
)

case "${0##*/}" in
kernels.sh)
	KERNELS_DIR=$(dirname "$0")
	case "${1-}" in
	list) kernels_list ;;
	get) kernels_get "${2-}" ;;
	*)
		sed -n 's/^# \(usage: \|       \)//p' "$0" >&2
		exit 2
		;;
	esac
	;;
*)
	: "${KERNELS_DIR:?set it to the directory of kernels.sh before sourcing}"
	;;
esac
