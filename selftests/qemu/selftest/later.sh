# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317
#
# kernels.sh and a series of a later Debian, or of another architecture, with an
# apt and an mmdebstrap that are ours: no archive, no lists, no such kernel, a root
# that cannot be made, a download that breaks off. Sourced by selftest.sh.

# shellcheck source=selftests/qemu/selftest/packages.sh
. "$QEMU/selftest/packages.sh"

LATER=7.3-amd64
FOREIGN=7.2.5-arm64
fake_begin

# A kernel's packages as later Debians have them, and what its lists tell of
# others: a newer one without headers, one for a cloud, one of another series.
later_archive() {
	local name

	mkdir -p "$FAKE/root/usr/lib/modules/$LATER"
	fake_vmlinuz >"$FAKE/root/usr/lib/modules/$LATER/vmlinuz"
	touch "$FAKE/root/usr/lib/modules/$LATER"/modules.{builtin,builtin.modinfo,order}
	fake_package "linux-binary-$LATER" ""
	mkdir -p "$FAKE/root/usr/src/linux-headers-$LATER"
	echo CONFIG_KERNEL_XZ=y >"$FAKE/root/usr/src/linux-headers-$LATER/.config"
	echo all: >"$FAKE/root/usr/src/linux-headers-$LATER/Makefile"
	fake_package "linux-headers-$LATER" ""
	for name in "base-$LATER" "modules-$LATER" headers-7.3-common kbuild-7.3; do
		mkdir -p "$FAKE/root/usr"
		fake_package "linux-$name" ""
	done
	mkdir "$FAKE/lists"
	: >"$FAKE/lists/trixie-backports"
	{
		cat "$FAKE"/show/*
		for name in 7.3.9-amd64 7.3-cloud-amd64 7.30-amd64; do
			printf 'Package: linux-%s-%s\nVersion: 6.2\n\n' \
				binary "$name" modules "$name"
		done
		printf 'Package: linux-headers-%s\nVersion: 6.2\n\n' \
			7.3-cloud-amd64 7.30-amd64
	} >"$FAKE/lists/experimental"
	for name in 6.12.9+deb13-amd64 6.12.9+deb13-rt-amd64 6.12.8+deb13-amd64; do
		printf 'Package: linux-%s-%s\nVersion: 6.12\n\n' \
			image "$name" headers "$name"
	done >"$FAKE/lists/trixie"
}

# A kernel of arm64 in one package, and lists of that architecture.
foreign_archive() {
	local name

	mkdir -p "$FAKE/root/boot" "$FAKE/root/lib/modules/$FOREIGN" "$FAKE/lists/arm64"
	echo kernel >"$FAKE/root/boot/vmlinuz-$FOREIGN"
	echo CONFIG_ARM64=y >"$FAKE/root/boot/config-$FOREIGN"
	touch "$FAKE/root/lib/modules/$FOREIGN"/modules.{builtin,builtin.modinfo,order}
	fake_package "linux-image-$FOREIGN" ""
	mkdir -p "$FAKE/root/usr/src/linux-headers-$FOREIGN"
	echo all: >"$FAKE/root/usr/src/linux-headers-$FOREIGN/Makefile"
	fake_package "linux-headers-$FOREIGN" ""
	for name in headers-7.2.5-common kbuild-7.2.5; do
		mkdir -p "$FAKE/root/usr"
		fake_package "linux-$name" ""
	done
	{
		cat "$FAKE"/show/linux-*-"$FOREIGN"
		printf 'Package: linux-%s\nVersion: 9\n\n' image-7.2.9-arm64-16k \
			headers-7.2.9-arm64-16k image-7.2.9-rt-arm64 \
			headers-7.2.9-rt-arm64 image-7.2.9-arm64
	} >"$FAKE/lists/arm64/trixie-backports"
}

cat >"$FAKE/bin/apt-get" <<'END'
#!/bin/sh
for last; do :; done
read -r mode <"$FAKE/mode"
case "$mode: $* " in
none:*REPO_URI*) ;;
*REPO_URI*) echo http://archive.example/debian ;;
*FILENAME*"Architecture: arm64 "*) echo "$FAKE/lists/arm64/${last#Suite: }" ;;
*FILENAME*) echo "$FAKE/lists/${last#Suite: }" ;;
unsigned:*" update "*) echo "E: The repository is not signed." >&2; exit 100 ;;
*" update "*) ;;
stopped:*" download linux-modules-"*)
	echo "E: Failed to fetch  Connection reset by peer" >&2
	exit 100 ;;
*" download "*)
	echo "${last%%=*}" >>"$FAKE/downloads"
	cp "$FAKE/deb/${last%%[:=]*}.deb" . ;;
*) echo "unexpected: $*" >&2; exit 100 ;;
esac
END
cat >"$FAKE/bin/mmdebstrap" <<'END'
#!/bin/sh
read -r mode <"$FAKE/mode"
while [ $# -gt 3 ]; do shift; done
mkdir -p "$2/usr"
[ "$mode" != homeless ] || { echo "I: begun"; echo "E: apt-get update failed"; exit 25; } >&2
echo "$1" >"$2/suite"
END
chmod +x "$FAKE"/bin/*
later_archive
foreign_archive

# later MODE [SERIES]: what kernels.sh says, and its exit code
later() {
	echo "$1" >"$FAKE/mode"
	PATH=$FAKE/bin:$PATH KMEM_CACHE=$WORK/cache \
		sh "$QEMU/kernels.sh" get "${2-7.3}" 2>&1
	echo "exit $?"
}

later_cached() {
	(cd "$WORK/cache/kernels" 2>/dev/null && find . -mindepth 1 -maxdepth 1 \
		! -name '.lock-*' | sort | xargs)
}

# later_fails MODE PATTERN CACHED: it says so, and that is what is left
later_fails() {
	local out

	rm -rf "$WORK/cache"
	out=$(later "$1")
	has "$out" "^kernels: $2\$" && has "$out" '^exit [1-9]' &&
		equal "$3" "$(later_cached)"
}

later_gets() {
	local dir=$WORK/cache/kernels/$LATER

	has "$(later ok)" "^$dir\$" &&
		equal "./$LATER ./root-sid" "$(later_cached)" &&
		equal "$LATER 7.3 sid kernel sid" "$(cd "$dir" &&
			cat release series home vmlinux ../root-sid/suite | xargs)"
}

# later_finds SERIES FOUND
later_finds() {
	echo ok >"$FAKE/mode"
	equal "$2" "$(PATH=$FAKE/bin:$PATH KMEM_CACHE=$WORK/cache KERNELS_DIR=$QEMU \
		sh -c '. "$KERNELS_DIR/kernels.sh"; later_resolve "$1"' - "$1" 2>&1)"
}

without_lists() {
	local out

	rm -rf "$WORK/cache/later"
	out=$(later unsigned)
	has "$out" "^kernels: apt knows no kernel of series 7.3, using $LATER from the cache\$" &&
		has "$out" "^$WORK/cache/kernels/$LATER\$" && has "$out" '^exit 0'
}

unknown_series() {
	cp "$FAKE/lists/experimental" "$FAKE/kept"
	sed -i '/^Package: linux-headers-7.3-amd64/,/^$/d' "$FAKE/lists/experimental"
	later_fails ok "apt knows no kernel of series 7.3" ""
	rc=$?
	mv "$FAKE/kept" "$FAKE/lists/experimental"
	return "$rc"
}

foreign_gets() {
	local dir=$WORK/cache/kernels/$FOREIGN

	rm -f "$FAKE/downloads"
	has "$(later ok 7.2-arm64)" "^$dir\$" &&
		equal "$FOREIGN 7.2-arm64 trixie-arm64 kernel trixie" "$(cd "$dir" &&
			cat release series home vmlinuz \
				../root-trixie-arm64/suite | xargs)" &&
		equal "linux-image-$FOREIGN:arm64 linux-headers-$FOREIGN:arm64 linux-headers-7.2.5-common linux-kbuild-7.2.5" \
			"$(xargs <"$FAKE/downloads")"
}

ktap_check "later: no archive configured" \
	later_fails none "apt has no Debian archive configured" ""
ktap_check "later: lists that cannot be had" \
	later_fails unsigned "no lists of later suites: E: The repository is not signed." ""
ktap_check "later: with the lists it goes on, and takes what has all its packages" \
	later_gets
ktap_check "later: without lists the cache's kernel will do" without_lists
ktap_check "later: a kernel without headers is none" unknown_series
ktap_check "later: a kernel for clouds is another series" \
	later_finds 7.3-cloud "7.3-cloud-amd64 6.2 experimental sid"
ktap_check "later: a kernel may be one package" \
	later_finds 6.12-deb13 "6.12.9+deb13-amd64 6.12 trixie trixie"
ktap_check "later: a root that cannot be made leaves nothing" \
	later_fails homeless "cannot make it: E: apt-get update failed" ""
ktap_check "later: and is made the next time" later_gets
ktap_check "later: a download that breaks off leaves no kernel" later_fails \
	stopped "download of linux-modules-7.3-amd64=6.1.99-1 failed: E: Failed to fetch  Connection reset by peer" \
	./root-sid
ktap_check "later: which is fetched the next time" later_gets
ktap_check "later: of another architecture it takes the kernel, but tools that run here" \
	foreign_gets
