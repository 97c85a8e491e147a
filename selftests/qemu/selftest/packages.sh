# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317
#
# Packages of a few bytes, for an apt that is ours: what the parts that test
# fetching share. Sourced by them.

# fake_begin: an empty archive in $FAKE: programs in bin, what lists tell of a
# package in show, the lists of each suite in lists/ARCHITECTURE, the packages in
# deb. The machine is Debian 12.
fake_begin() {
	unset KMEM_KERNELS
	FAKE=$WORK/fake
	KMEM_OS_RELEASE=$FAKE/os-release
	export FAKE KMEM_OS_RELEASE
	rm -rf "$FAKE" "$WORK/cache"
	mkdir -p "$FAKE"/{bin,show,deb,lists/{amd64,arm64}}
	fake_host debian bookworm
	fake_apt
}

# fake_host ID CODENAME [NAME]: the machine is that.
fake_host() {
	printf 'ID=%s\nVERSION_CODENAME=%s\nPRETTY_NAME="%s"\n' "$1" "$2" \
		"${3-}" >"$KMEM_OS_RELEASE"
}

# fake_apt: $FAKE/mode says what goes wrong, and $FAKE/after-update what does
# after the next update; $FAKE/calls lists what it was asked for.
fake_apt() {
	cat >"$FAKE/bin/apt-get" <<'END'
#!/bin/sh
. "$KMEM_OS_RELEASE"
read -r mode <"$FAKE/mode"
for last; do
	case "$last" in
	Dir::Etc::SourceList=*) sources=${last#*=} ;;
	"Architecture: "*) arch=${last#* } ;;
	esac
done
name=${last%%[:=]*}
case "$mode: $* " in
none:*REPO_URI* | insecure:*REPO_URI*Debian-Security*) exit ;;
*REPO_URI*"Codename: $VERSION_CODENAME"*) echo http://archive.example/debian; exit ;;
*FILENAME*)
	while read -r _ _ _ suite _; do
		[ ! -e "$FAKE/lists/$arch/$suite" ] ||
			echo "$suite $FAKE/lists/$arch/$suite"
	done <"$sources"
	exit ;;
unsigned:*" update "*) echo "E: The repository is not signed." >&2; exit 100 ;;
*" update "*)
	echo update >>"$FAKE/calls"
	[ ! -e "$FAKE/after-update" ] || cp "$FAKE/after-update" "$FAKE/mode"
	[ -n "$sources" ]
	exit ;;
*" install "*) echo "$*" >>"$FAKE/calls"; [ "$mode" = ok ]; exit ;;
*" download "*) echo "download ${last%=*}" >>"$FAKE/calls" ;;
*) echo "unexpected: $*" >&2; exit 100 ;;
esac
case "$mode-$name" in
stopped-linux-headers-*)
	head -c 100 "$FAKE/deb/$name.deb" >"$name.deb"
	echo "E: Failed to fetch $name  Connection reset by peer" >&2
	exit 100 ;;
killed-linux-headers-*)
	head -c 100 "$FAKE/deb/$name.deb" >"$name.deb"
	kill -9 0 ;;
short-*) head -c 100 "$FAKE/deb/$name.deb" >"$name.deb" ;;
slow-*) sleep 0.2; cp "$FAKE/deb/$name.deb" . ;;
*)
	cp "$FAKE/deb/$name.deb" . || {
		echo "E: Write error - write (28: No space left on device)" >&2
		exit 100
	} ;;
esac
END
	chmod +x "$FAKE/bin/apt-get"
}

# fake_package NAME: from the files in $FAKE/root, which it empties.
fake_package() {
	printf 'Package: %s\nVersion: 6.1.99-1\n\n' "$1" >"$FAKE/show/$1"
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
