# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317
#
# setup.sh and kernels.sh with an apt that is ours: packages of a few bytes,
# downloads that break off, disks that are full. Sourced by selftest.sh.

# shellcheck source=selftests/qemu/selftest/packages.sh
. "$QEMU/selftest/packages.sh"

RELEASE=6.1.0-99-amd64
fake_begin

fake_archive() {
	local src=$FAKE/root/usr/src

	mkdir -p "$FAKE/root/boot" "$FAKE/root/lib/modules/$RELEASE"
	fake_vmlinuz >"$FAKE/root/boot/vmlinuz-$RELEASE"
	echo CONFIG_KERNEL_XZ=y >"$FAKE/root/boot/config-$RELEASE"
	touch "$FAKE/root/lib/modules/$RELEASE"/modules.{builtin,builtin.modinfo,order}
	head -c 3000000 /dev/zero >"$FAKE/root/lib/modules/$RELEASE/big"
	fake_package "linux-image-$RELEASE"
	mkdir -p "$src/linux-headers-$RELEASE"
	echo "include /usr/src/linux-headers-6.1.0-99-common/Makefile" \
		>"$src/linux-headers-$RELEASE/Makefile"
	fake_package "linux-headers-$RELEASE"
	mkdir -p "$src/linux-headers-6.1.0-99-common"
	# shellcheck disable=SC2016 # make's
	echo 'all: ; @echo made in $(notdir $(CURDIR))' \
		>"$src/linux-headers-6.1.0-99-common/Makefile"
	fake_package linux-headers-6.1.0-99-common
	mkdir -p "$FAKE/root/usr/lib/linux-kbuild-6.1"
	fake_package linux-kbuild-6.1
	cat "$FAKE"/show/* >"$FAKE/lists/amd64/bookworm"
}
fake_archive

# kernels MODE ARG...: kernels.sh under that apt, output, then its exit code.
kernels() {
	echo "$1" >"$FAKE/mode"
	: >"$FAKE/calls"
	shift
	PATH=$FAKE/bin:$PATH KMEM_CACHE=$WORK/cache \
		setsid -w sh "$QEMU/kernels.sh" "$@" 2>&1
	echo "exit $?"
}

# What the cache holds, locks aside.
cached() {
	(cd "$WORK/cache/kernels" 2>/dev/null && find . -mindepth 1 -maxdepth 1 \
		! -name '.lock-*' | sort)
}

gets() {
	has "$(kernels ok get 6.1)" "^$WORK/cache/kernels/$RELEASE\$" &&
		equal "./$RELEASE" "$(cached)"
}

is_complete() {
	local dir=$WORK/cache/kernels/$RELEASE

	equal "$RELEASE 6.1 kernel CONFIG_KERNEL_XZ=y" "$(cd "$dir" &&
		cat release series vmlinux config | xargs)" &&
		test -e "$dir/lib/modules/$RELEASE/modules.dep" &&
		equal "made in linux-headers-$RELEASE" "$(make -s -C "$dir/build")"
}

downloads() {
	equal "$1" "$(grep -c "^download" "$FAKE/calls")"
}

# leaves_nothing MODE PATTERN: one error line that matches, and no cache.
leaves_nothing() {
	local out

	rm -rf "$WORK/cache"
	out=$(kernels "$1" get 6.1)
	has "$out" "$2" && has "$out" '^exit [1-9]' && equal "" "$(cached)" &&
		equal 1 "$(grep -cvE '^(exit|kernels: fetching)' <<<"$out")"
}

recovers() {
	gets && is_complete
}

ktap_check "kernels: a kernel is fetched, its path printed" gets
ktap_check "kernels: the directory is complete, its headers work where they lie" is_complete
kernels ok get 6.1 >/dev/null
ktap_check "kernels: what is in the cache is not downloaded again" downloads 0
settled() {
	KMEM_KERNELS="6.12=/a/dir 6.1=/a/nother" kernels stopped get 6.1
}
ktap_check "kernels: a series settled beforehand is not looked up" \
	equal "/a/nother exit 0" "$(settled | xargs)"
ktap_check "kernels: an unknown series is refused, and the known ones named" \
	has "$(kernels ok get 9.9)" "no series '9.9' \(6.1 6.12 7.2 7.3\)"
ktap_check "kernels: no half name, no path, no pattern is a series" \
	equal "exit 2exit 2exit 2exit 2" "$(for s in 6 '' ../6.1 '6.*'; do
		kernels ok get "$s" | tail -n 1 | tr -d '\n'; done)"
ktap_check "kernels: a download that is stopped leaves no half cache, one error" \
	leaves_nothing stopped 'download of linux-headers-.* failed: .*Connection reset'
ktap_check "kernels: the next get is whole" recovers
ktap_check "kernels: a package that came short leaves no half cache, one error" \
	leaves_nothing short 'unpacking linux-image-.* failed'
ktap_check "kernels: the next get is whole" recovers

rm -rf "$WORK/cache"
kernels killed get 6.1 >/dev/null 2>&1
killed=$(cached)
ktap_check "kernels: killed half way, nothing is taken for a kernel" \
	equal "./.new-$RELEASE" "$killed"
ktap_check "kernels: the next get is whole and removes the leftovers" recovers

stale_lists() {
	rm -rf "$WORK/cache/kernels/$RELEASE"
	echo ok >"$FAKE/after-update"
	has "$(kernels stopped get 6.1)" '^exit 0$' || return
	rm "$FAKE/after-update"
	has "$(cat "$FAKE/calls")" '^update$' && is_complete
}
ktap_check "kernels: package lists that are too old are refreshed" stale_lists
kernels ok get 6.1 >/dev/null
ktap_check "kernels: those of today are not" \
	equal "" "$(grep update "$FAKE/calls")"

# gone: the archive has no such kernel any more.
gone() {
	mv "$FAKE/lists/amd64/bookworm" "$FAKE/kept"
	touch -d @0 "$WORK/cache/apt-bookworm/index" 2>/dev/null
	kernels ok get 6.1
	mv "$FAKE/kept" "$FAKE/lists/amd64/bookworm"
	rm -f "$WORK/cache/apt-bookworm/index"
}
out=$(gone)
ktap_check "kernels: when apt knows none, the cached one is used" \
	has "$out" "^$WORK/cache/kernels/$RELEASE\$"
ktap_check "kernels: and that is said" has "$out" 'using .* from the cache'
rm -rf "$WORK/cache"
ktap_check "kernels: with nothing in the cache that is an error" \
	has "$(gone)" '^exit 1$'

# full SIZE: get a kernel into a disk of that size.
full() {
	rm -rf "$WORK/cache"
	mkdir "$WORK/cache"
	echo ok >"$FAKE/mode"
	# shellcheck disable=SC2016 # expands in the inner shell
	PATH=$FAKE/bin:$PATH KMEM_CACHE=$WORK/cache SIZE=$1 \
		sh "$QEMU/private-mounts.sh" sh -c '
			mount -t tmpfs -o "size=$SIZE" none "$KMEM_CACHE"
			sh "$QEMU/kernels.sh" get 6.1; echo "exit $?"
			cd "$KMEM_CACHE/kernels"; ls -A | sed s/^/left:/' 2>&1
	[ ! -e "$WORK/cache/kernels" ] || echo "the mount is seen outside"
}
ktap_check "kernels: full while downloading is said and leaves no half cache" \
	equal "kernels: fetching a kernel of series 6.1
kernels: no space left for $WORK/cache: a kernel needs 500 MB, 0 are free
exit 2
left:.lock-6.1
left:.lock-apt-bookworm" "$(full 8k 2>&1)"
out=$(full 512k)
ktap_check "kernels: full while unpacking is said" \
	has "$out" '^kernels: no space left for .*: a kernel needs 500 MB'
ktap_check "kernels: full while unpacking leaves no half cache" \
	equal "left:.lock-6.1 left:.lock-apt-bookworm" \
	"$(grep '^left:' <<<"$out" | xargs)"

concurrent() {
	local i

	rm -rf "$WORK/cache"
	echo slow >"$FAKE/mode"
	: >"$FAKE/calls"
	for i in 1 2 3; do
		PATH=$FAKE/bin:$PATH KMEM_CACHE=$WORK/cache \
			sh "$QEMU/kernels.sh" get 6.1 >"$WORK/get.$i" 2>/dev/null &
	done
	wait
	cat "$WORK"/get.[123]
}
ktap_check "kernels: three that want the same kernel all get it" \
	equal "$(printf "$WORK/cache/kernels/$RELEASE\n%.0s" 1 2 3)" "$(concurrent)"
ktap_check "kernels: and it is downloaded once" downloads 4

# dpkg-query that has all packages but one.
cat >"$FAKE/bin/dpkg-query" <<'END'
#!/bin/sh
[ ! -e "$FAKE/all-there" ] || without=none
for name; do
	[ "$name" = "${without:-sparse}" ] || echo "installed $name"
done
END
chmod +x "$FAKE/bin/dpkg-query"
setup() {
	echo "$1" >"$FAKE/mode"
	: >"$FAKE/calls"
	shift
	PATH=$FAKE/bin:$PATH KMEM_CACHE=$WORK/cache sh "$QEMU/setup.sh" "$@" 2>&1
	echo "exit $?"
}
ktap_check "setup: what is missing is installed, without asking" \
	has "$(setup ok check; cat "$FAKE/calls")" '^-q -y .* install --no-install-recommends sparse$'
ktap_check "setup: and only that, without an update" \
	equal 1 "$(wc -l <"$FAKE/calls")"
ktap_check "setup: it is remembered, to be undone" \
	has "$(setup ok --added)" '^sparse$'
ktap_check "setup: a set that is complete asks for nothing" \
	equal "exit 0 0" "$(setup ok guest | tr '\n' ' '; wc -l <"$FAKE/calls")"
echo ok >"$FAKE/after-update"
ktap_check "setup: a package not found is tried again after an update, which may fail" \
	has "$(setup old check)" '^exit 0$'
ktap_check "setup: in that order" \
	equal "install update install" "$(sed 's/.* install .*/install/' "$FAKE/calls" | xargs)"
rm "$FAKE/after-update"
out=$(setup old check)
ktap_check "setup: a package that cannot be had is an error" has "$out" '^exit 1$'
ktap_check "setup: which names it" has "$out" 'could not install: sparse'
ktap_check "setup: an unknown set is an error" has "$(setup ok everything)" '^exit [12]$'
ktap_check "setup: the demo's set is part of the tests' set" \
	equal "" "$(comm -23 <(sh "$QEMU/setup.sh" --list guest | xargs -n 1 | sort) \
		<(sh "$QEMU/setup.sh" --list check | xargs -n 1 | sort))"
fake_host ubuntu noble "Ubuntu 24.04.3 LTS"
out=$(setup ok check; setup ok --list check; cat "$FAKE/calls")
fake_host debian trixie
list=$(sh "$QEMU/setup.sh" --list long)
fake_host debian bookworm
ktap_check "setup: any other system is refused, and told its name and which ones will do" \
	equal "$(yes "setup: this is Ubuntu 24.04.3 LTS: the demo and the tests run on Debian 12 and 13
exit 1" | head -n 4)" "$out"
ktap_check "setup: on Debian 13 the sets are the same" \
	equal "$(sh "$QEMU/setup.sh" --list long)" "$list"
