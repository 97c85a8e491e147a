#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Hands the module's source to DKMS and installs it for one kernel. Nothing that
# works is removed before what replaces it has been built, for each kernel that
# has it; other versions go last.
#
# usage: dkms-install.sh NAME VERSION SOURCE RELEASE
#
# SOURCE: a directory with what DKMS is to have in /usr/src/NAME-VERSION.

set -eu

name=$1 version=$2 source=$3 release=$4
place=/usr/src/$name-$version

die() {
	echo "dkms-install: $*" >&2
	exit 1
}

# kernels VERSION: those that DKMS has it installed or built for
kernels() {
	dkms status "$name/$1" | sed -n 's|^[^,]*, *\([^,]*\), .*|\1|p' | sort -u
}

# versions: all that DKMS knows
versions() {
	dkms status "$name" | sed -n "s|^$name/\([^,:]*\)[,:].*|\1|p" | sort -u
}

# try RELEASE: build there where nobody sees it
try() {
	[ -e "/lib/modules/$1/build" ] ||
		die "it is installed for $1 too, whose headers are gone: dkms remove $name/$version -k $1"
	rm -rf "$work/try"
	cp -r "$source" "$work/try"
	make -s -C "/lib/modules/$1/build" M="$work/try" modules >"$work/log" 2>&1 || {
		cat "$work/log" >&2
		die "it does not build for $1; nothing was changed"
	}
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

known=$(versions)
case "
$known
" in
*"
$version
"*)
	if ! diff -r "$source" "$place" >/dev/null 2>&1; then
		again=$(kernels "$version")
		for kernel in $release $again; do
			try "$kernel"
		done
		dkms remove "$name/$version" --all
		rm -rf "$place"
		cp -r "$source" "$place"
		dkms add "$name/$version"
		for kernel in $again; do
			[ "$kernel" = "$release" ] ||
				dkms install "$name/$version" -k "$kernel"
		done
	fi
	;;
*)
	try "$release"
	for old in $known; do
		for kernel in $(kernels "$old"); do
			[ "$kernel" = "$release" ] || try "$kernel"
		done
	done
	rm -rf "$place"
	cp -r "$source" "$place"
	dkms add "$name/$version"
	;;
esac
dkms install "$name/$version" -k "$release"
for old in $known; do
	[ "$old" != "$version" ] || continue
	for kernel in $(kernels "$old"); do
		[ "$kernel" = "$release" ] ||
			dkms install "$name/$version" -k "$kernel"
	done
	dkms remove "$name/$old" --all
	rm -rf "/usr/src/$name-$old"
done
