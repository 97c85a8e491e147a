# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317
#
# kernels.sh and the homes of kernels, on a Debian 12 and on a Debian 13, with an
# apt and an mmdebstrap that are ours: no archive, no lists, no such kernel, a root
# that cannot be made, a download that breaks off. Sourced by selftest.sh.

# shellcheck source=selftests/qemu/selftest/packages.sh
. "$QEMU/selftest/packages.sh"

EXPERIMENTAL=7.3-amd64
BACKPORT=7.2.5+deb13-amd64
BOOKWORM=6.1.0-99-amd64
FOREIGN=7.2.5-arm64
fake_begin

# in_list VERSION PACKAGE...: what a list says of them
in_list() {
	local version=$1

	shift
	printf "Package: linux-%s\nVersion: $version\n\n" "$@"
}

# fake_kernel PACKAGE: a kernel in one package, PACKAGE-RELEASE, and its headers
fake_kernel() {
	local release=${1#*-} common=${1#*-}

	common=${common%-*}
	mkdir -p "$FAKE/root/boot" "$FAKE/root/lib/modules/$release"
	fake_vmlinuz >"$FAKE/root/boot/vmlinuz-$release"
	echo "${2-CONFIG_KERNEL_XZ=y}" >"$FAKE/root/boot/config-$release"
	touch "$FAKE/root/lib/modules/$release"/modules.{builtin,builtin.modinfo,order}
	fake_package "linux-$1"
	mkdir -p "$FAKE/root/usr/src/linux-headers-$release"
	echo all: >"$FAKE/root/usr/src/linux-headers-$release/Makefile"
	fake_package "linux-headers-$release"
	mkdir -p "$FAKE/root/usr"
	fake_package "linux-headers-$common-common"
}

# fake_kbuild VERSION
fake_kbuild() {
	mkdir -p "$FAKE/root/usr"
	fake_package "linux-kbuild-$1"
}

# move_to LIST: what packages were made since the last time
move_to() {
	cat "$FAKE"/show/* >>"$FAKE/lists/$1"
	rm "$FAKE"/show/*
}

# Debian 12's security updates have a newer kernel than its release, and two
# versions of one release.
bookworm_archive() {
	fake_kernel "image-$BOOKWORM"
	fake_kbuild 6.1
	in_list 6.1.99-0 image-$BOOKWORM headers-$BOOKWORM \
		headers-6.1.0-99-common kbuild-6.1 \
		>"$FAKE/lists/amd64/bookworm-security"
	move_to amd64/bookworm-security
	in_list 6.1.98-1 image-6.1.0-98-amd64 headers-6.1.0-98-amd64 \
		image-6.1.0-98-rt-amd64 headers-6.1.0-98-rt-amd64 \
		>"$FAKE/lists/amd64/bookworm"
}

trixie_archive() {
	fake_kernel "image-$BACKPORT"
	fake_kbuild 7.2.5+deb13
	move_to amd64/trixie-backports
	in_list 6.12 {image,headers}-6.12.9+deb13-amd64 \
		{image,headers}-6.12.9+deb13-rt-amd64 \
		{image,headers}-6.12.8+deb13-amd64 >"$FAKE/lists/amd64/trixie"
}

# A kernel in three packages, and what the lists tell of others: a newer one
# without headers, one for a cloud, one of another series.
experimental_archive() {
	local name

	mkdir -p "$FAKE/root/usr/lib/modules/$EXPERIMENTAL"
	fake_vmlinuz >"$FAKE/root/usr/lib/modules/$EXPERIMENTAL/vmlinuz"
	touch "$FAKE/root/usr/lib/modules/$EXPERIMENTAL"/modules.{builtin,builtin.modinfo,order}
	fake_package "linux-binary-$EXPERIMENTAL"
	mkdir -p "$FAKE/root/usr/src/linux-headers-$EXPERIMENTAL"
	echo CONFIG_KERNEL_XZ=y >"$FAKE/root/usr/src/linux-headers-$EXPERIMENTAL/.config"
	echo all: >"$FAKE/root/usr/src/linux-headers-$EXPERIMENTAL/Makefile"
	fake_package "linux-headers-$EXPERIMENTAL"
	for name in "base-$EXPERIMENTAL" "modules-$EXPERIMENTAL" headers-7.3-common kbuild-7.3; do
		mkdir -p "$FAKE/root/usr"
		fake_package "linux-$name"
	done
	move_to amd64/experimental
	in_list 6.2 {binary,modules}-7.3.9-amd64 \
		{binary,modules,headers}-7.3-cloud-amd64 \
		{binary,modules,headers}-7.30-amd64 >>"$FAKE/lists/amd64/experimental"
}

# A kernel of arm64, and lists of that architecture.
foreign_archive() {
	fake_kernel "image-$FOREIGN" CONFIG_ARM64=y
	move_to arm64/trixie-backports
	fake_kbuild 7.2.5
	in_list 9 image-7.2.9-arm64-16k headers-7.2.9-arm64-16k \
		image-7.2.9-rt-arm64 headers-7.2.9-rt-arm64 image-7.2.9-arm64 \
		kbuild-7.2.5 >>"$FAKE/lists/arm64/trixie-backports"
	move_to arm64/trixie-backports
}

cat >"$FAKE/bin/mmdebstrap" <<'END'
#!/bin/sh
read -r mode <"$FAKE/mode"
while [ $# -gt 3 ]; do shift; done
mkdir -p "$2/usr"
[ "$mode" != homeless ] || { echo "I: begun"; echo "E: apt-get update failed"; exit 25; } >&2
echo "$1" >"$2/suite"
END
chmod +x "$FAKE"/bin/*
bookworm_archive
trixie_archive
experimental_archive
foreign_archive

# home MODE [SERIES]: what kernels.sh says, and its exit code
home() {
	echo "$1" >"$FAKE/mode"
	: >"$FAKE/calls"
	PATH=$FAKE/bin:$PATH KMEM_CACHE=$WORK/cache \
		sh "$QEMU/kernels.sh" get "${2-7.3}" 2>&1
	echo "exit $?"
}

home_cached() {
	(cd "$WORK/cache/kernels" 2>/dev/null && find . -mindepth 1 -maxdepth 1 \
		! -name '.lock-*' | sort | xargs)
}

# home_fails MODE SERIES PATTERN CACHED: it says so, and that is what is left
home_fails() {
	local out

	rm -rf "$WORK/cache"
	out=$(home "$1" "$2")
	has "$out" "^kernels: $3\$" && has "$out" '^exit [1-9]' &&
		equal "$4" "$(home_cached)"
}

# home_gets SERIES NAME HOME [ROOT]: that kernel, and that root for it
home_gets() {
	local dir=$WORK/cache/kernels/$2

	rm -rf "$WORK/cache"
	has "$(home ok "$1")" "^${dir//+/\\+}\$" &&
		equal "./$2${4:+ ./$4}" "$(home_cached)" &&
		equal "$2 $1 $3" "$(cd "$dir" && cat release series home | xargs)" &&
		{ [ $# -eq 3 ] || [ "$(<"$dir/../$4/suite")" = "${3%-arm64}" ]; }
}

# home_finds SERIES FOUND
home_finds() {
	echo ok >"$FAKE/mode"
	equal "$2" "$(PATH=$FAKE/bin:$PATH KMEM_CACHE=$WORK/cache KERNELS_DIR=$QEMU \
		sh -c '. "$KERNELS_DIR/kernels.sh"; home_resolve "$1"' - "$1" 2>&1)"
}

without_lists() {
	local out

	touch -d @0 "$WORK"/cache/apt-*/index
	out=$(home unsigned)
	has "$out" "^kernels: apt knows no kernel of series 7.3, using $EXPERIMENTAL from the cache\$" &&
		has "$out" "^$WORK/cache/kernels/$EXPERIMENTAL\$" && has "$out" '^exit 0'
}

without_headers() {
	local rc=0

	cp "$FAKE/lists/amd64/experimental" "$FAKE/kept"
	sed -i '/^Package: linux-headers-7.3-amd64/,/^$/d' "$FAKE/lists/amd64/experimental"
	home_fails ok 7.3 "apt knows no kernel of series 7.3" "" || rc=$?
	mv "$FAKE/kept" "$FAKE/lists/amd64/experimental"
	return "$rc"
}

without_own_lists() {
	rm -rf "$WORK/cache"
	echo ok >"$FAKE/after-update"
	home none 6.1 | grep '^exit 0'
	rc=$?
	rm "$FAKE/after-update"
	return "$rc"
}

# Two kernels in a row, of which only the second has its home elsewhere.
apart() {
	home ok 6.1 >/dev/null
	[ ! -e "$WORK/cache/apt-trixie" ] || { echo "lists of Debian 13"; return 1; }
	home ok 7.2 >/dev/null
	equal "./$BOOKWORM ./$BACKPORT ./root-trixie" "$(home_cached)"
}

foreign_gets() {
	home_gets 7.2-arm64 "$FOREIGN" trixie-arm64 root-trixie-arm64 &&
		equal "linux-image-$FOREIGN:arm64 linux-headers-$FOREIGN:arm64 linux-headers-7.2.5-common linux-kbuild-7.2.5" \
			"$(sed -n 's/^download //p' "$FAKE/calls" | xargs)"
}

own() {
	sh "$QEMU/kernels.sh" own
}

ktap_check "home: no archive configured" \
	home_fails none 7.3 "apt has no Debian archive configured" ""
ktap_check "home: this machine's lists are fetched, which tell the archive" \
	without_own_lists
ktap_check "home: no archive of security updates configured, where only they have it" \
	home_fails insecure 6.12 "apt has no archive of Debian's security updates configured" ""
ktap_check "home: lists that cannot be had" home_fails \
	unsigned 7.3 "no package lists of trixie: E: The repository is not signed." ""
ktap_check "home: a kernel without headers is none" without_headers
ktap_check "home: a root that cannot be made leaves nothing" \
	home_fails homeless 7.3 "cannot make it: E: apt-get update failed" ""
ktap_check "home: a download that breaks off leaves no kernel" home_fails \
	stopped 7.3 "download of linux-headers-7.3-amd64=6.1.99-1 failed: E: Failed to fetch linux-headers-7.3-amd64  Connection reset by peer" \
	./root-sid
ktap_check "home: a kernel that only sid can build for gets a root of sid" \
	home_gets 7.3 $EXPERIMENTAL sid root-sid
ktap_check "home: without lists the cache's kernel will do" without_lists
ktap_check "home: a kernel for clouds is another series" \
	home_finds 7.3-cloud "7.3-cloud-amd64 6.2 experimental/sid"
ktap_check "home: a kernel may be one package" \
	home_finds 6.12-deb13 "6.12.9+deb13-amd64 6.12 trixie/trixie"
ktap_check "home: the newest counts, from the release or its security updates" \
	home_finds 6.1 "$BOOKWORM 6.1.99-1 bookworm+bookworm-security/bookworm"
ktap_check "home: of another architecture it takes the kernel, but tools that run here" \
	foreign_gets

ktap_check "home: on Debian 12 its own kernel is 6.1" equal 6.1 "$(own)"
ktap_check "home: there 6.1 needs no root" home_gets 6.1 $BOOKWORM bookworm
ktap_check "home: nor the lists of another Debian, and 7.2 gets a root of Debian 13" \
	apart
fake_host debian trixie
ktap_check "home: on Debian 13 its own kernel is 6.12-deb13" \
	equal 6.12-deb13 "$(own)"
ktap_check "home: there 7.2 needs no root" home_gets 7.2 $BACKPORT trixie
ktap_check "home: and 6.1 gets a root of Debian 12" \
	home_gets 6.1 $BOOKWORM bookworm root-bookworm
ktap_check "home: what it takes from the archive of Debian's security updates is marked so" \
	has "$(cat "$WORK/cache/apt-bookworm/sources.list")" \
	'^deb \[signed-by=[^ ]*\] http://archive.example/debian bookworm-security main$'
