# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317
#
# Packages of a few bytes, for an apt that is ours: what the parts that test
# fetching share. Sourced by them.

# fake_begin: an empty archive in $FAKE: programs in bin, what apt tells of a
# package in show, the packages in deb
fake_begin() {
	unset KMEM_KERNELS
	FAKE=$WORK/fake
	export FAKE
	rm -rf "$FAKE" "$WORK/cache"
	mkdir -p "$FAKE"/{bin,show,deb}
}

# fake_package NAME DEPENDS: from the files in $FAKE/root, which it empties.
fake_package() {
	printf 'Package: %s\nVersion: 6.1.99-1\nDepends: %s\n\n' "$1" "$2" \
		>"$FAKE/show/$1"
	mkdir -p "$FAKE/root/DEBIAN"
	printf 'Package: %s\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b>\nDescription: a\n' \
		"$1" >"$FAKE/root/DEBIAN/control"
	dpkg-deb -b "$FAKE/root" "$FAKE/deb/$1.deb" >/dev/null
	rm -r "$FAKE/root"
}

# A boot header, in its second sector the payload's place; the payload has four
# bytes more than xz knows of.
fake_vmlinuz() {
	local payload=$WORK/payload

	{ echo kernel | xz -c; printf size; } >"$payload"
	head -c 497 /dev/zero
	printf '\001'
	head -c 86 /dev/zero
	printf '\0\0\0\0'
	printf '%b\0\0\0' "\\x$(printf %02x "$(stat -c %s "$payload")")"
	head -c 432 /dev/zero
	cat "$payload"
}
