# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Builds what a guest runs, never in the work tree: kmem.ko through DKMS, as a
# server would, and kmemctl. Results lie in the cache under the hash of their
# sources, so unchanged sources are not built twice. Sourced.

: "${REPO:?}" "${KMEM_CACHE:?}"
# shellcheck source=selftests/qemu/host.sh
. "$REPO/selftests/qemu/host.sh"

# In-tree modules a guest gets, with all they depend on.
GUEST_MODULES=(
	nfit nd_pmem dax_pmem device_dax kmem dax_hmem
	cxl_acpi cxl_pci cxl_mem cxl_pmem memory-notifier-error-inject loop ext4
)

build_die() {
	echo "build: $*" >&2
	return 1
}

# What "make dkms-install" reads.
MODULE_SOURCES=(COPYING Documentation/porting.rst Kbuild Makefile dkms.conf kernel)

# tree_files [PATH...]: the files of the work tree, tracked or new, but not the
# ignored ones; NUL between them, sorted.
tree_files() {
	local file

	cd "$REPO" || return
	{
		git -c safe.directory='*' ls-files -z -co --exclude-standard \
			-- "$@" 2>/dev/null ||
			find "${@:-.}" -name .git -prune -o -type f -print0
	} | while IFS= read -r -d '' file; do
		[ ! -e "$file" ] || printf '%s\0' "$file"
	done | LC_ALL=C sort -zu
}

# layout_of SERIES: of the structures of the dax bus, for LAYOUT=
layout_of() {
	case $1 in
	6.1 | 6.1-*) echo 6.1 ;;
	6.*) echo 6.8 ;;
	*) echo 7.2 ;;
	esac
}

# tree_copy DIR [PATH...]: copy those files to DIR.
tree_copy() {
	local dir=$1

	shift
	mkdir -p "$dir"
	tree_files "$@" | tar -C "$REPO" --null -T - -cf - | tar -C "$dir" -xf -
}

# tree_hash SALT PATH...: a name for the content of those files.
tree_hash() {
	local salt=$1

	shift
	{
		echo "$salt"
		gcc -dumpfullversion
		cat "${BASH_SOURCE[0]}"
		tree_files "$@" | (cd "$REPO" && xargs -0r sha256sum)
	} | sha256sum | cut -c 1-16
}

# build_cached NAME FUNCTION [ARG...]: print the cached directory NAME; when it
# is not there, FUNCTION makes it in the directory it gets as first argument.
# Two callers that want the same thing wait for each other.
build_cached() (
	local dir=$KMEM_CACHE/build/$1 make=$2 what=${1%-*}

	shift 2
	mkdir -p "$KMEM_CACHE/build" || return
	exec 9>"$dir.lock" || return
	flock 9
	if [ ! -d "$dir" ]; then
		find "$KMEM_CACHE/build" -mindepth 1 -maxdepth 1 -mtime +2 \
			-exec rm -rf {} + 9>&-
		trap 'rm -rf "$dir.new"' EXIT
		trap 'exit 130' INT TERM HUP
		rm -rf "$dir.new"
		mkdir "$dir.new" || return
		echo "build: $what" >&2
		if ! "$make" "$dir.new" "$@" >"$dir.new/log" 2>&1 9>&-; then
			cat "$dir.new/log" >&2
			return 1
		fi
		mv "$dir.new" "$dir" || return
	fi
	touch "$dir"
	echo "$dir"
)

# modules_tree DIR KERNEL [MODULE...]: DIR/<release> becomes a small
# /lib/modules/<release>: the modules named, what they depend on, and a link to
# the headers as an installed kernel has it.
modules_tree() {
	local dir=$1 kernel=$2 release file from list

	shift 2
	release=$(<"$kernel/release")
	from=$kernel/lib/modules/$release
	mkdir -p "$dir/$release"
	list=$(modprobe -C /dev/null -d "$kernel" -S "$release" --all \
		--show-depends "$@") || return
	while read -r _ file _; do
		[ -e "$file" ] || continue
		install -D -m 644 "$file" "$dir/$release/${file#"$from"/}"
	done <<<"$list"
	cp "$from"/modules.{builtin,builtin.modinfo,order} "$dir/$release"
	ln -s "$kernel/build" "$dir/$release/build"
}

# home_of KERNEL: the root of the Debian that it is of, or nothing if that is
# this machine.
home_of() {
	local home

	[ -e "$1/home" ] || return 0
	home=$(<"$1/home")
	[ "$home" = "$(host_release)" ] || echo "$KMEM_CACHE/kernels/root-$home"
}

# dkms_scratch DIR KERNEL COMMAND...: run COMMAND in a mount namespace where
# DIR/src, DIR/dkms and DIR/modules are /usr/src, /var/lib/dkms and
# /lib/modules, so that plain dkms commands, and the signing key DKMS makes
# unasked, leave the host alone. For a kernel of another Debian it is in that
# one's root, with that one's DKMS; DIR and the cache are where they are here.
dkms_scratch() {
	local dir=$1 root

	root=$(home_of "$2")
	shift 2
	mkdir -p "$dir"/{src,dkms,modules}
	# shellcheck disable=SC2016 # expands in the inner shell
	sh "$REPO/selftests/qemu/private-mounts.sh" sh -euc '
		dir=$1 root=$2 cache=$3; shift 3
		[ -z "$root" ] || mount -t tmpfs tmpfs "$root/tmp"
		for shared in ${root:+/dev /proc /sys "$cache" "$dir"}; do
			mkdir -p "$root$shared"
			mount --rbind "$shared" "$root$shared"
		done
		mkdir -p "$root/lib/modules"
		mount --bind "$dir/src" "$root/usr/src"
		mount --bind "$dir/dkms" "$root/var/lib/dkms"
		mount --bind "$dir/modules" "$root/lib/modules"
		[ -z "$root" ] || export TMPDIR=/tmp
		exec chroot "$root/" "$@"
	' - "$dir" "$root" "$KMEM_CACHE" "$@"
}

# kernel_home KERNEL DIR COMMAND...: run COMMAND in the root of the other Debian
# that KERNEL is of, where the two are /kernel and /src.
kernel_home() {
	local kernel=$1 dir=$2 home

	shift 2
	home=$(home_of "$kernel")
	mkdir -p "$home/kernel" "$home/src" || return
	# shellcheck disable=SC2016 # expands in the inner shell
	sh "$REPO/selftests/qemu/private-mounts.sh" sh -euc '
		home=$1 kernel=$2 dir=$3; shift 3
		mount --bind "$kernel" "$home/kernel"
		mount --bind "$dir" "$home/src"
		mount -t proc proc "$home/proc"
		TMPDIR=/tmp exec chroot "$home" "$@"
	' - "$home" "$kernel" "$dir" "$@"
}

# kernel_foreign KERNEL: its architecture, none if it is this machine's.
kernel_foreign() {
	! grep -qx CONFIG_ARM64=y "$1/config" || echo arm64
}

# kernel_make KERNEL DIR ARGUMENT...: kbuild for modules in DIR.
kernel_make() {
	local kernel=$1 dir=$2

	shift 2
	if [ -n "$(home_of "$kernel")" ]; then
		kernel_home "$kernel" "$dir" \
			make -s -C /kernel/build M=/src "$@"
	else
		make -s -C "$kernel/build" M="$dir" "$@"
	fi
}

# build_module DIR KERNEL: kmem.ko in DIR/modules/<release>/updates/dkms, put
# there the way the README tells a server's admin to. DKMS builds for no other
# architecture than its own: there kbuild alone does it.
build_module() {
	local dir=$1 release own

	release=$(<"$2/release")
	guest_modules "$dir" "$2" || return
	tree_copy "$dir/tree" "${MODULE_SOURCES[@]}" || return
	if [ -n "$(kernel_foreign "$2")" ]; then
		kernel_make "$2" "$dir/tree" modules &&
			install -D -m 644 -t "$dir/modules/$release/updates/dkms" \
				"$dir/tree/kernel/kmem.ko"
		return
	fi
	dkms_scratch "$dir" "$2" depmod "$release" || return
	dkms_scratch "$dir" "$2" make -C "$dir/tree" dkms-install KVER="$release" ||
		{
			cat "$dir"/dkms/*/*/build/make.log 2>/dev/null
			build_die "DKMS could not install the module for $release"
			return
		}
	# DKMS of Debian 13 moves the kernel's own away; tests compare the two
	own=$(cd "$2/lib/modules/$release" && find kernel -name 'kmem.ko*') &&
		install -D -m 644 "$2/lib/modules/$release/$own" \
			"$dir/modules/$release/$own"
}

# guest_modules DIR KERNEL: the same without ours. Only a PC has memmap=.
guest_modules() {
	local modules=("${GUEST_MODULES[@]}")

	[ -n "$(kernel_foreign "$2")" ] || modules+=(nd_e820)
	# Linux commit 09d09e04d2fc ("cxl/dax: Create dax devices for CXL RAM
	# regions") (in v6.3)
	! grep -q '^CONFIG_DEV_DAX_CXL=m' "$2/config" || modules+=(dax_cxl)
	modules_tree "$1/modules" "$2" "${modules[@]}"
}

# build_test_modules DIR KERNEL: the modules that only tests load.
build_test_modules() {
	tree_copy "$1/src" selftests/modules
	kernel_make "$2" "$1/src/selftests/modules" modules || return
	cp "$1"/src/selftests/modules/*.ko "$1/"
}

# build_tool DIR KERNEL: kmemctl and the tests' own C programs. A guest of
# another architecture gets them from the root that its kernel's modules are
# built in, where all is in /src.
build_tool() {
	local dir=$1 kernel=$2

	tree_copy "$dir/src" Makefile dkms.conf kernel tools \
		selftests/programs selftests/random \
		Documentation/admin-guide/howto || return
	mkdir "$dir/programs" "$dir/src/built"
	if [ -n "$(kernel_foreign "$kernel")" ]; then
		kernel_home "$kernel" "$dir/src" \
			bash -c "$(declare -f compile_tool); compile_tool /src aarch64-linux-gnu-gcc"
	else
		compile_tool "$dir/src" gcc
	fi || return
	mv "$dir/src/built"/* "$dir/programs"
	mv "$dir/programs/kmemctl" "$dir/"
}

# compile_tool SOURCE CC: they are in SOURCE/built afterwards.
compile_tool() {
	local source=$1 cc=$2 program

	make -s -C "$source/tools" CC="$cc" &&
		mv "$source/tools/kmemctl" "$source/built" || return
	for program in "$source"/selftests/programs/*.c; do
		"$cc" -O2 -Wall -Wextra -Werror -static -o \
			"$source/built/$(basename "$program" .c)" "$program" ||
			return
	done
	"$cc" -O2 -Wall -Wextra -Werror -static -o "$source/built/kmem_random" \
		"$source"/selftests/random/*.c || return
	# libnuma.a resolves names of hosts, which a static program may not
	"$cc" -O2 -Wall -Wextra -Werror -static -Wl,--no-warnings \
		-o "$source/built/node_memory" \
		"$source/Documentation/admin-guide/howto/node_memory.c" -lnuma
}

# module_dir KERNEL dkms|intree: the directory of a guest's modules.
module_dir() {
	local release

	release=$(<"$1/release")
	if [ "$2" = intree ]; then
		build_cached "intree-$release-$(tree_hash "$release" \
			selftests/qemu/build.sh)" guest_modules "$1"
	elif [ ! -e "$REPO/dkms.conf" ]; then
		build_die "$REPO has no dkms.conf"
	else
		build_cached "module-$release-$(tree_hash "$release" \
			"${MODULE_SOURCES[@]}")" build_module "$1"
	fi
}

# test_module_dir KERNEL: the directory of the modules that only tests load.
test_module_dir() {
	local release

	release=$(<"$1/release")
	build_cached "tests-$release-$(tree_hash "$release" \
		selftests/modules)" build_test_modules "$1"
}

# tool_dir KERNEL: the directory of kmemctl and the tests' programs.
tool_dir() {
	local foreign

	foreign=$(kernel_foreign "$1")
	build_cached "tool${foreign:+-$foreign}-$(tree_hash tool Makefile \
		dkms.conf tools kernel selftests/programs selftests/random \
		Documentation/admin-guide/howto)" build_tool "$1"
}
