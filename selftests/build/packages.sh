#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The Debian packages from make deb to purge, in a small root of the Debian that
# $KMEM_KERNEL is of: this machine is not touched. Three kernels are there, that
# one twice under two names, and one that is to be skipped.

set -u

HERE=$(cd "$(dirname "$0")" && pwd)
REPO=$(realpath "$HERE/../..")
KMEM_CACHE=$(realpath -m "${KMEM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dax-kmem}")
KERNELS_DIR=$HERE/../qemu
export KMEM_CACHE
# shellcheck source=selftests/lib/ktap.sh
. "$HERE/../lib/ktap.sh"
# shellcheck source=selftests/qemu/kernels.sh
. "$KERNELS_DIR/kernels.sh"
# shellcheck source=selftests/qemu/build.sh
. "$KERNELS_DIR/build.sh"

# What "apt build-dep ." and the two packages ask for, lintian, and what makes an
# initramfs.
ROOT_PACKAGES="build-essential,debhelper,dh-dkms,dkms,libblkid-dev,libinih-dev"
ROOT_PACKAGES+=",libkmod-dev,libsmartcols-dev,openssl,initramfs-tools,lintian"
ROOT_PACKAGES+=",libelf-dev,pahole"

make_root() {
	home_bootstrap "$SUITE" "$1/root" --variant=minbase \
		--include="$ROOT_PACKAGES"
}

# inside COMMAND...: in that root, which keeps what is changed until we end. It
# has no /sys, where this machine's kernel would pass for the one that runs.
inside() {
	# shellcheck disable=SC2016 # expands in the inner shell
	sh "$REPO/selftests/qemu/private-mounts.sh" sh -euc '
		work=$1 lower=$2 cache=$3; shift 3
		root=$work/root
		mount -t overlay -o "lowerdir=$lower,upperdir=$work/upper,workdir=$work/overlay" \
			overlay "$root"
		mkdir -p "$root$cache"
		mount --rbind "$cache" "$root$cache"
		mount --rbind /dev "$root/dev"
		mount -t proc proc "$root/proc"
		exec chroot "$root" env -i LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
			PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
	' - "$WORK" "$ROOT/root" "$KMEM_CACHE" "$@"
}

# said RC TEXT COMMAND...: it returns RC, and prints TEXT
said() {
	local out rc=0

	out=$("${@:3}" 2>&1) || rc=$?
	echo "exit code $rc: $out"
	[ "$rc" -eq "$1" ] && grep -qF -e "$2" <<<"$out"
}

# same_as FILE COMMAND...: COMMAND prints what FILE holds.
same_as() {
	"${@:2}" | diff "$1" -
}

# listing DIR...: of the root: every file with its type and content.
listing() {
	# shellcheck disable=SC2016 # expands in the inner shell
	inside sh -c 'find "$@" -printf "%y %p %l\n" | sort
		find "$@" -type f -print0 | sort -z | xargs -0r sha256sum' - "$@"
}

# What packages can change, but for the notes that others keep about them: apt,
# depmod's cache, the key of DKMS and what makes an initramfs.
system_listing() {
	listing /boot /etc /usr /var | grep -vE \
		'/(var/(lib/(dpkg|initramfs-tools)|log|cache)|boot/initrd\.img-|var/lib/dkms/mok\.|usr/lib/modules/[^/]*/modules\.)'
}

# The kernels: modules, headers, and one that runs as far as uname knows.
make_kernels() {
	local dir=$WORK/upper/usr/lib/modules build=$KMEM_KERNEL_DIR/build

	modules_tree "$dir" "$KMEM_KERNEL_DIR" "${GUEST_MODULES[@]}" &&
		cp -a "$dir/$RELEASE" "$dir/$SECOND" || return
	mkdir -p "$dir/$UNKNOWN/build" "$WORK/upper"/{boot,usr/local/bin}
	ln -s "$build"/{.config,Makefile,include} "$dir/$UNKNOWN/build"
	for release in "$RELEASE" "$SECOND"; do
		inside depmod "$release" || return
		cp "$KMEM_KERNEL_DIR/config" "$WORK/upper/boot/config-$release"
	done
	cat >"$WORK/upper/usr/local/bin/uname" <<-END
		#!/bin/sh
		[ "\$1" = -r ] && echo $RELEASE || exec /usr/bin/uname "\$@"
	END
	chmod +x "$WORK/upper/usr/local/bin/uname"
}

# An initramfs for each of the two, of which the first carries kmem.
make_images() {
	# shellcheck disable=SC2016 # expands in the inner shell
	inside sh -euc '
		sed -i "s/^MODULES=.*/MODULES=list/" /etc/initramfs-tools/initramfs.conf
		update-initramfs -c -k "$2"
		echo kmem >>/etc/initramfs-tools/modules
		update-initramfs -c -k "$1"
		sed -i "\$d" /etc/initramfs-tools/modules
	' - "$RELEASE" "$SECOND"
	inside sh -c 'echo kmem >>/etc/initramfs-tools/modules'
}

# image_has FOLDER: that initramfs has kmem from there, the other has none
image_has() {
	local found

	found=$(inside lsinitramfs "/boot/initrd.img-$RELEASE" | grep '/kmem\.ko')
	echo "$found"
	[[ $found == */"$1"/kmem.ko* ]] && [ "$(wc -l <<<"$found")" -eq 1 ] &&
		! inside lsinitramfs "/boot/initrd.img-$SECOND" | grep '/kmem\.ko'
}

# make_version VERSION: a second tree that is of that version, in /VERSION
make_version() {
	cp -a "$WORK/upper/tree" "$WORK/upper/$1"
	sed -i "s/^PACKAGE_VERSION=.*/PACKAGE_VERSION=\"$1\"/" \
		"$WORK/upper/$1/dkms.conf"
}

# deb NAME [VERSION]: its path
deb() {
	echo "/debs/$1_${2:-$PACKAGE_VERSION}_$([ "$1" = kmemctl ] && echo amd64 || echo all).deb"
}

only_two() {
	diff <(printf '%s\n' "dax-kmem-dkms_${PACKAGE_VERSION}_all.deb" \
		"kmemctl_${PACKAGE_VERSION}_amd64.deb") <(ls "$WORK/upper/debs")
}

# contents NAME: its files
contents() {
	dpkg-deb -c "$WORK/upper$(deb "$1")" | sed -n 's|^[^d].* \./||p' | sort
}

# What make install installs, as Debian has it, its documents, the configuration.
tool_contents() {
	inside make -s -C /tree install-tool PREFIX=/usr DESTDIR=/installed || return
	diff <({
		find "$WORK/upper/installed" -type f -printf '%P\n' \
			-o -type l -printf '%P -> %l\n' | sed \
			-e 's|/zsh/site-functions/|/zsh/vendor-completions/|' \
			-e '/\/man\//s/$/.gz/'
		printf '%s\n' etc/kmemctl.conf \
			usr/share/doc/kmemctl/{changelog.gz,copyright}
	} | sort) <(contents kmemctl)
}

module_contents() {
	diff <({
		tree_files COPYING Documentation/porting.rst Kbuild dkms.conf \
			kernel | tr '\0' '\n' | sed "s|^|usr/src/dax-kmem-$PACKAGE_VERSION/|"
		printf '%s\n' usr/libexec/dax-kmem-dkms/update-initramfs \
			usr/share/doc/dax-kmem-dkms/{changelog.gz,copyright}
	} | sort) <(contents dax-kmem-dkms)
}

# Of the source as well.
lintian_silent() {
	# shellcheck disable=SC2016 # expands in the inner shell
	inside sh -euc 'mkdir /source
		cp -a /tree /source
		cd /source/tree
		dpkg-buildpackage -S -us -uc >../log 2>&1 || { cat ../log; exit 1; }
		lintian --allow-root --fail-on error,warning ../*.dsc "$@"' - \
		"$(deb dax-kmem-dkms)" "$(deb kmemctl)"
}

conffile_comments() {
	local conf

	dpkg-deb -I "$WORK/upper$(deb kmemctl)" conffiles | grep -x /etc/kmemctl.conf &&
		conf=$(dpkg-deb --fsys-tarfile "$WORK/upper$(deb kmemctl)" |
			tar -xO ./etc/kmemctl.conf) &&
		grep -q '^#mode = system-ram' <<<"$conf" && ! grep -v '^#\|^$' <<<"$conf"
}

# The example in it is one: without its signs it is accepted.
conffile_example() {
	# shellcheck disable=SC2016 # expands in the inner shell
	inside sh -euc 'mount -t tmpfs tmpfs /mnt
		cp /etc/kmemctl.conf /mnt
		sed -i "s/^#\([^ ]\)/\1/" /etc/kmemctl.conf
		grep "^mode" /etc/kmemctl.conf && kmemctl check-config || rc=1
		cp /mnt/kmemctl.conf /etc; exit ${rc:-0}'
}

# installed_module KERNEL
installed_module() {
	find "$WORK/upper/usr/lib/modules/$1/updates" -name 'kmem.ko*' 2>/dev/null
}

# have VERSION: DKMS has that one alone, for both kernels; dpkg has nothing to do
have() {
	local release

	inside dkms status
	inside dpkg --audit
	[ "$(inside dkms status | grep -c .)" -eq 2 ] &&
		[ "$(ls "$WORK/upper/usr/src")" = "dax-kmem-$1" ] &&
		[ -z "$(inside dpkg --audit)" ] || return
	for release in "$RELEASE" "$SECOND"; do
		inside dkms status "dax-kmem/$1" -k "$release" | grep -q ': installed' &&
			[ "$(modinfo -F version "$(installed_module "$release")")" = "$1" ] ||
			return
	done
}

# versions_equal: of both packages, tool, manuals and module
versions_equal() {
	diff <(printf '%s\n' {dax-kmem-dkms,kmemctl}" $PACKAGE_VERSION" "kmemctl $PACKAGE_VERSION" \
		"\"dax-kmem $PACKAGE_VERSION\"" "$PACKAGE_VERSION") <(
		# shellcheck disable=SC2016 # dpkg's
		inside dpkg-query -W -f '${Package} ${Version}\n' dax-kmem-dkms kmemctl
		inside kmemctl --version
		inside sh -c 'zcat /usr/share/man/man*/kmemctl*' | grep '^\.TH' |
			cut -d ' ' -f 5-6 | sort -u
		modinfo -F version "$(installed_module "$RELEASE")")
}

# Nothing of the driver is left, the kernel's own is in place.
nothing_left() {
	inside dkms status dax-kmem
	[ -z "$(inside dkms status dax-kmem)" ] &&
		[ -z "$(installed_module "$RELEASE")$(installed_module "$SECOND")" ] &&
		! ls -d "$WORK/upper/usr/src"/dax-kmem-* 2>/dev/null &&
		inside modprobe -S "$RELEASE" -n -v kmem | grep /kernel/drivers/dax/
}

# A package that cannot be unpacked: its preinst fails.
upgrade_fails() {
	# shellcheck disable=SC2016 # expands in the inner shell
	inside sh -euc 'dpkg-deb -R "$1" /broken
		sed -i "s/^Version:.*/Version: 9.9/" /broken/DEBIAN/control
		printf "#!/bin/sh\nexit 1\n" >/broken/DEBIAN/preinst
		dpkg-deb -b /broken /broken.deb; ! dpkg -i /broken.deb' - "$(deb dax-kmem-dkms)"
}

# Headers of $BROKEN that nothing builds with.
broken_kernel() {
	local build=$WORK/upper/usr/lib/modules/$BROKEN/build rc=0

	mv "$build" "$WORK/build"
	mkdir -p "$build/include"
	cp "$KMEM_KERNEL_DIR/build/.config" "$build"
	[ ! -e "$KMEM_KERNEL_DIR/build/vmlinux" ] ||
		ln -s "$KMEM_KERNEL_DIR/build/vmlinux" "$build"
	echo '%:; false' >"$build/Makefile"
	said 0 "dax-kmem-dkms: not built for $BROKEN, which then has its own kmem: 'dkms install dax-kmem/$PACKAGE_VERSION -k $BROKEN' tries again and says why" \
		inside dpkg -i "$(deb dax-kmem-dkms)" || rc=$?
	rm -r "$build"
	mv "$WORK/build" "$build"
	return "$rc"
}

# All have it but that one.
all_but_broken() {
	inside dkms status
	[ -z "$(inside dpkg --audit)" ] && [ -z "$(installed_module "$BROKEN")" ] &&
		[ "$(find "$WORK/upper/usr/lib/modules" -path '*/updates/*/kmem.ko*' | wc -l)" -eq 1 ]
}

# What DKMS writes does not fit; dpkg itself has room.
full_disk() {
	local release

	# shellcheck disable=SC2016 # expands in the inner shell
	inside sh -euc 'mount -t tmpfs -o size=256k tmpfs /var/lib/dkms
		dpkg -i "$1" >/said 2>&1 && [ -z "$(dpkg --audit)" ] || rc=1
		cp -a /var/lib/dkms /dkms
		umount /var/lib/dkms
		cp -a /dkms/. /var/lib/dkms
		rm -r /dkms
		cat /said; exit ${rc:-0}' - "$(deb dax-kmem-dkms)" || return
	for release in "$RELEASE" "$SECOND"; do
		grep -F "dax-kmem-dkms: not built for $release" "$WORK/upper/said" ||
			return
	done
	rm "$WORK/upper/said"
}

# With the commands that it said.
built_after_all() {
	local release

	for release in "$RELEASE" "$SECOND"; do
		inside dkms install "dax-kmem/$PACKAGE_VERSION" -k "$release" ||
			return
	done
	have "$PACKAGE_VERSION"
}

# DKMS, dpkg and all between them are killed when the build begins.
killed() {
	local make=$WORK/upper/usr/local/bin/make

	cat >"$make" <<-'END'
		#!/bin/sh
		pid=$$ all=
		until [ "$(cat "/proc/$pid/comm")" = dpkg ]; do
			pid=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$pid/status")
			all="$all $pid"
		done
		kill -KILL $all
	END
	chmod +x "$make"
	said 137 "" inside dpkg -i "$(deb dax-kmem-dkms)"
	rm "$make"
	inside dpkg --audit | grep 'dax-kmem-dkms'
}

goes_on() {
	inside dpkg --configure -a && have "$PACKAGE_VERSION"
}

# Of two versions, one of them that of the package, and with a file of its own.
installed_by_hand() {
	inside make -s -C /tree dkms-install KVER="$RELEASE" &&
		inside make -s -C /0.0.9 dkms-source &&
		inside dkms add dax-kmem/0.0.9 &&
		inside touch "/usr/src/dax-kmem-$PACKAGE_VERSION/kernel/stale.c"
}

none_stale() {
	[ -d "$WORK/upper/usr/src/dax-kmem-$PACKAGE_VERSION/kernel" ] &&
		! ls "$WORK/upper/usr/src/dax-kmem-$PACKAGE_VERSION/kernel/stale.c" 2>/dev/null
}

# DKMS has built a version whose source somebody deleted.
source_lost() {
	local rc=0

	# shellcheck disable=SC2016 # expands in the inner shell
	inside sh -euc 'make -s -C /0.0.9 dkms-source; dkms add dax-kmem/0.0.9
		mkdir -p "/var/lib/dkms/dax-kmem/0.0.9/$1/x86_64/module"
		rm -r /usr/src/dax-kmem-0.0.9' - "$RELEASE" || return
	said 1 "DKMS cannot remove dax-kmem/0.0.9: 'rm -r /var/lib/dkms/dax-kmem/0.0.9' makes it forget that, then install again" \
		inside dpkg -i "$(deb dax-kmem-dkms)" || rc=$?
	inside rm -r /var/lib/dkms/dax-kmem
	! ls -d "$WORK/upper/usr/src"/dax-kmem-* 2>/dev/null || rc=1
	return "$rc"
}

tests_there() {
	local tests test

	tests=$(sed -n 's/^Tests: //p' "$REPO/debian/tests/control")
	for test in ${tests:?}; do
		[ -x "$REPO/debian/tests/$test" ] || return
	done
}

[ -d "${KMEM_KERNEL_DIR-}" ] ||
	ktap_skip_all "set KMEM_KERNEL_DIR to a directory of qemu/kernels.sh get"
SUITE=$(cat "$KMEM_KERNEL_DIR/home" 2>/dev/null ||
	sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
ROOT=$(build_cached "packages-$SUITE-$(cksum <<<"$ROOT_PACKAGES" | cut -d ' ' -f 1)" \
	make_root) || exit 1
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
trap 'exit 130' INT TERM HUP
mkdir "$WORK"/{upper,overlay,root}
RELEASE=$(<"$KMEM_KERNEL_DIR/release")
SECOND=${RELEASE/-/-1}
# the one that DKMS builds for first
BROKEN=$(printf '%s\n' "$RELEASE" "$SECOND" | sort -V | head -n 1)
UNKNOWN=${RELEASE%-*}x-${RELEASE##*-}
PACKAGE_VERSION=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$REPO/dkms.conf")

tree_copy "$WORK/upper/tree"
listing /tree >"$WORK/tree"
ktap_check "make deb says how to get what it needs to build with" \
	said 2 "Packages to build with are missing. On Debian: apt build-dep ." \
	inside sh -c 'mount -t tmpfs tmpfs /var/lib/dpkg && : >/var/lib/dpkg/status &&
		make -C /tree deb DEBS=/debs'
ktap_check "make deb builds packages" inside make -C /tree deb DEBS=/debs
ktap_check "these are dax-kmem-dkms and kmemctl, of the version in dkms.conf, and no other" \
	only_two
ktap_check "make deb leaves the tree as it was" same_as "$WORK/tree" listing /tree
ktap_check "kmemctl holds what make install installs, and its configuration" \
	tool_contents
ktap_check "dax-kmem-dkms holds the source of the module" module_contents
ktap_check "the configuration is a conffile and says nothing but in comments" \
	conffile_comments
ktap_check "lintian finds no errors and no warnings" lintian_silent
make_version 0.0.9
ktap_check "a changelog of another version than dkms.conf is refused" \
	said 2 "debian/changelog has version $PACKAGE_VERSION, dkms.conf has 0.0.9: make them equal" \
	inside make -C /0.0.9 deb DEBS=/debs
sed -i "1s/($PACKAGE_VERSION)/(0.0.9)/" "$WORK/upper/0.0.9/debian/changelog"
inside make -C /0.0.9 deb DEBS=/debs >/dev/null 2>&1

make_kernels && make_images >/dev/null 2>&1
system_listing >"$WORK/before"
image_has kernel/drivers/dax >/dev/null ||
	{ ktap_fail "an initramfs has the kernel's own kmem"; ktap_done; }
ktap_check "a lower version installs, and skips a kernel of which nothing tells the layout" \
	said 0 "dax-kmem: skipped for $UNKNOWN: its headers have no BTF" \
	inside dpkg -i "$(deb dax-kmem-dkms 0.0.9)" "$(deb kmemctl 0.0.9)"
ktap_check "DKMS has it for both kernels with headers" have 0.0.9
ktap_check "an initramfs with the kernel's own kmem now has the new one, another has none" \
	image_has updates/dkms
inside sh -c 'echo "# mine" >>/etc/kmemctl.conf'
ktap_check "a higher version takes its place" \
	inside dpkg -i "$(deb dax-kmem-dkms)" "$(deb kmemctl)"
ktap_check "DKMS has it alone, for both" have "$PACKAGE_VERSION"
ktap_check "packages, tool, manuals and module say the same version" versions_equal
ktap_check "a change in /etc/kmemctl.conf is kept" \
	inside grep -x '# mine' /etc/kmemctl.conf
ktap_check "the example in /etc/kmemctl.conf is without errors" conffile_example
ktap_check "the tests of the packages are programs" tests_there
ktap_check "the package's test of kmemctl passes" inside sh /tree/debian/tests/kmemctl
ktap_check "make dkms-install leaves the package alone" \
	said 2 "The module is from the package dax-kmem-dkms: apt remove dax-kmem-dkms" \
	inside make -C /0.0.9 dkms-install KVER="$RELEASE"
ktap_check "make dkms-remove leaves the package alone" \
	said 2 "The module is from the package dax-kmem-dkms: apt remove dax-kmem-dkms" \
	inside make -C /tree dkms-remove
ktap_check "an upgrade that cannot be unpacked fails" upgrade_fails
ktap_check "what was installed is installed as before, for both" have "$PACKAGE_VERSION"
ktap_check "where it does not build, that is said, and dpkg succeeds" broken_kernel
ktap_check "the kernel after it has it" all_but_broken

ktap_check "both packages are removed" inside dpkg -r dax-kmem-dkms kmemctl
ktap_check "the module is gone, the kernel's own is in its place" nothing_left
ktap_check "the initramfs has the kernel's own again" image_has kernel/drivers/dax
ktap_check "the configuration stays until purge" \
	inside grep -x '# mine' /etc/kmemctl.conf
ktap_check "both packages are purged" inside dpkg -P dax-kmem-dkms kmemctl
ktap_check "nothing is left behind" same_as "$WORK/before" system_listing

ktap_check "where DKMS has no room, that is said, and dpkg succeeds" full_disk
ktap_check "once it has, what was said builds it for both" built_after_all
ktap_check "dpkg is killed while DKMS builds" killed
ktap_check "dpkg --configure -a goes on, for both" goes_on
ktap_check "it is purged" inside dpkg -P dax-kmem-dkms
ktap_check "nothing is left behind of that" same_as "$WORK/before" system_listing

ktap_check "make dkms-install installs two versions" installed_by_hand
ktap_check "the package takes their place and says so" \
	said 0 "dax-kmem-dkms: taking the place of dax-kmem $PACKAGE_VERSION, which make dkms-install installed" \
	inside dpkg -i "$(deb dax-kmem-dkms)"
ktap_check "DKMS has the package's alone, for both" have "$PACKAGE_VERSION"
ktap_check "the source is the package's alone" none_stale
ktap_check "it is purged" inside dpkg -P dax-kmem-dkms
ktap_check "nothing is left of any" same_as "$WORK/before" system_listing
ktap_check "what DKMS cannot remove stops the package before it is unpacked" source_lost
ktap_done
