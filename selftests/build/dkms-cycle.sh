#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# DKMS from add to remove, on the host and without touching it: in a mount
# namespace with scratch directories for /usr/src, /var/lib/dkms and
# /lib/modules. The kernel is $KMEM_KERNEL's, unpacked, not installed; of another
# Debian, DKMS is too. For DKMS a second one is there, with the same headers.

# shellcheck disable=SC2317 # functions are called through ktap_check

set -u

HERE=$(cd "$(dirname "$0")" && pwd)
REPO=$(realpath "$HERE/../..")
KMEM_CACHE=$(realpath -m "${KMEM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dax-kmem}")
export KMEM_CACHE
# shellcheck source=selftests/lib/ktap.sh
. "$HERE/../lib/ktap.sh"
# shellcheck source=selftests/qemu/build.sh
. "$HERE/../qemu/build.sh"

HOST_DIRS=(/usr/src /var/lib/dkms /lib/modules)

scratch() {
	dkms_scratch "$WORK" "$KMEM_KERNEL_DIR" "$@"
}

# listing DIR...: every file with its type and content.
listing() {
	local dir

	for dir; do
		[ -d "$dir" ] || continue
		find "$dir" -printf '%y %p %l\n' | sort
		find "$dir" -type f -print0 | sort -z | xargs -0r sha256sum
	done
}

# What DKMS is to leave as it was; its signing key is its own affair.
scratch_listing() {
	listing "$WORK"/{src,dkms,modules} | grep -v '/dkms/mok\.'
}

listing_but_module() {
	listing "$WORK/modules" | grep -v 'updates/dkms/kmem\.ko'
}

# dkms_status [RELEASE]
dkms_status() {
	scratch dkms status "$PACKAGE" -k "${1-$RELEASE}"
}

# status_is STATE [RELEASE]: DKMS 3.2 puts the kernel's own module away and adds
# that.
status_is() {
	dkms_status "${@:2}" | grep -qE ": $1( \(Original modules exist\))?\$" ||
		{ dkms_status "${@:2}"; return 1; }
}

# installed_module [RELEASE]
installed_module() {
	find "$WORK/modules/${1-$RELEASE}/updates" -name 'kmem.ko*' 2>/dev/null
}

# both_say FIELD VALUE: both kernels have it, with that in modinfo
both_say() {
	local release

	for release in "$RELEASE" "$SECOND"; do
		status_is installed "$release" &&
			[ "$(modinfo -F "$1" "$(installed_module "$release")")" = "$2" ] ||
			return
	done
}

vermagic_matches() {
	local vermagic

	vermagic=$(modinfo -F vermagic "$(installed_module)") || return
	echo "vermagic: $vermagic"
	[ "${vermagic%% *}" = "$RELEASE" ]
}

signed() {
	[ -n "$(modinfo -F signer "$(installed_module)")" ]
}

preferred() {
	local choice

	choice=$(scratch modprobe -n -v -S "$RELEASE" kmem) || return
	echo "$choice"
	[[ $choice == *"/lib/modules/$RELEASE/updates/dkms/kmem.ko"* ]]
}

# A tree as people have it after a build: the leftovers are not source.
litter() {
	touch "$TREE"/kernel/{kmem.o,kmem.ko,kmem.mod,kmem.mod.c,.kmem.o.cmd} \
		"$TREE"/kernel/compat/btf-offsets.h "$TREE"/Module.symvers
	mkdir -p "$TREE"/selftests "$TREE"/tools
	touch "$TREE"/selftests/x.c "$TREE"/tools/x.c
}

only_sources() {
	local copied expected

	copied=$(cd "$WORK/src/$PACKAGE_DIR" && find . -type f | sort)
	expected=$(cd "$REPO" && tree_files COPYING Documentation/porting.rst \
		Kbuild dkms.conf kernel |
		tr '\0' '\n' | sed 's|^|./|' | sort)
	diff <(echo "$expected") <(echo "$copied")
}

# install_fails RELEASE: it does not build for that one, and says so
install_fails() {
	local out rc=0

	out=$(scratch make -C "$TREE" dkms-install KVER="$RELEASE" 2>&1) || rc=$?
	echo "$out"
	[ "$rc" -ne 0 ] &&
		grep -q "it does not build for $1; nothing was changed" <<<"$out"
}

broken_build_fails() {
	local out rc=0

	echo 'this is not C' >>"$TREE/kernel/main.c"
	out=$(install_fails "$RELEASE") || rc=$?
	sed -i '$d' "$TREE/kernel/main.c"
	echo "$out"
	[ "$rc" -eq 0 ] && grep -q 'main\.c.*error' <<<"$out"
}

# Headers that nothing builds with; the source has to be another one.
broken_second_fails() {
	local rc=0 build=$WORK/modules/$SECOND/build

	echo 'MODULE_INFO(changed, "yes");' >>"$TREE/kernel/main.c"
	mv "$build" "$WORK/build"
	mkdir "$build"
	echo 'modules:; false' >"$build/Makefile"
	install_fails "$SECOND" || rc=$?
	rm -r "$build"
	mv "$WORK/build" "$build"
	return "$rc"
}

changed_for_both() {
	scratch make -C "$TREE" dkms-install KVER="$RELEASE" &&
		both_say changed yes
}

# As another version, under which DKMS then has it alone.
upgraded() {
	sed -i 's/^PACKAGE_VERSION=.*/PACKAGE_VERSION="9.9"/' "$TREE/dkms.conf"
	scratch make -C "$TREE" dkms-install KVER="$RELEASE" || return
	scratch dkms status
	PACKAGE=$PACKAGE_NAME/9.9
	[ "$(scratch dkms status | grep -c "^$PACKAGE_NAME/")" -eq 2 ] &&
		both_say version 9.9 &&
		! ls -d "$WORK/src/$PACKAGE_DIR" 2>/dev/null
}

# A kernel that the table does not have.
make_unknown() {
	sed -i '/^[^#]/d' "$TREE/kernel/compat/kernels"
	scratch make -C "$TREE" dkms-source && scratch dkms add "$PACKAGE"
}

# autoinstall [COMMAND...]: with headers that have no BTF
autoinstall() {
	local vmlinux=$KMEM_KERNEL_DIR/build/vmlinux

	# shellcheck disable=SC2016 # expands in the inner shell
	scratch sh -euc '[ ! -e "$0" ] || mount --bind /dev/null "$0"; exec "$@"' \
		"$vmlinux" "$@" dkms autoinstall -k "$RELEASE" 2>&1
}

skipped() {
	local out

	out=$(autoinstall) || { echo "exit code $?: $out"; return 1; }
	echo "$out"
	grep -q "^dax-kmem: skipped for $RELEASE: its headers have no BTF" <<<"$out" &&
		no_module
}

# What tells of a kernel fails, and says nothing.
failure_is_no_skip() {
	local out rc=0 script=$WORK/src/$PACKAGE_NAME-9.9/kernel/compat/read-btf.sh

	sed -i '2i exit 1' "$script"
	out=$(autoinstall) || rc=$?
	sed -i 2d "$script"
	echo "exit code $rc: $out"
	[ "$rc" -ne 0 ] && ! grep skipped <<<"$out" && no_module &&
		grep -q "^dax-kmem: cannot tell the layout of $RELEASE: read-btf.sh failed" <<<"$out"
}

# A script that runs a command as if that kernel ran, with its BTF in sysfs.
write_running() {
	cat >"$WORK/running" <<-END
		#!/bin/sh
		set -eu
		mount -t tmpfs tmpfs /sys/kernel
		mkdir /sys/kernel/btf /sys/kernel/bin
		cp "$KMEM_KERNEL_DIR/vmlinux" /sys/kernel/btf/vmlinux
		cat >/sys/kernel/bin/uname <<-'UNAME'
			#!/bin/sh
			[ "\$1" = -r ] || exec /usr/bin/uname "\$@"
			echo $RELEASE
		UNAME
		chmod +x /sys/kernel/bin/uname
		PATH=/sys/kernel/bin:\$PATH exec "\$@"
	END
}

built_when_it_runs() {
	autoinstall sh "$WORK/running" && status_is installed &&
		modinfo -F layout "$(installed_module)" | grep "proved by BTF"
}

# Where the module expects another struct than this kernel has.
unknown_layout_skipped() {
	local out rc=0 private=$WORK/src/$PACKAGE_NAME-9.9/kernel/compat/dax-private.h

	sed -i.known 's/^\tint target_node;/\tlong other; &/' "$private"
	out=$(autoinstall sh "$WORK/running") || rc=$?
	mv "$private.known" "$private"
	echo "exit code $rc: $out"
	[ "$rc" -eq 0 ] && no_module &&
		grep -q "^dax-kmem: skipped for $RELEASE: it lays out its dax devices as no kernel that is known" <<<"$out" &&
		grep -q '^  struct dev_dax: target_node, in this kernel at ' <<<"$out"
}

no_module() {
	local found

	found=$(installed_module; find "$WORK/dkms" -path '*/module/*')
	echo "$found"
	[ -z "$found" ] && ! dkms_status | grep -E ': (built|installed)'
}

# same_as FILE COMMAND...: COMMAND prints what FILE holds.
same_as() {
	"${@:2}" | diff "$1" -
}

if ! [ -d "${KMEM_KERNEL_DIR-}" ]; then
	ktap_skip_all "set KMEM_KERNEL_DIR to a directory of qemu/kernels.sh get"
fi
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
trap 'exit 130' INT TERM HUP
RELEASE=$(<"$KMEM_KERNEL_DIR/release")
# a name that the table has as well
SECOND=${RELEASE/-/-1}
TREE=$WORK/tree
eval "$(grep -E '^PACKAGE_(NAME|VERSION)=' "$REPO/dkms.conf")"
PACKAGE=$PACKAGE_NAME/$PACKAGE_VERSION
PACKAGE_DIR=$PACKAGE_NAME-$PACKAGE_VERSION

listing "${HOST_DIRS[@]}" >"$WORK/host"
modules_tree "$WORK/modules" "$KMEM_KERNEL_DIR" "${GUEST_MODULES[@]}"
cp -a "$WORK/modules/$RELEASE" "$WORK/modules/$SECOND"
scratch depmod "$RELEASE"
scratch depmod "$SECOND"
tree_copy "$TREE" "${MODULE_SOURCES[@]}"
litter
scratch_listing >"$WORK/before"

ktap_check "make dkms-source finds a place for the source" \
	scratch make -C "$TREE" dkms-source
ktap_check "only what the module is built from is copied to /usr/src" only_sources
ktap_check "dkms add takes it" scratch dkms add "$PACKAGE"
ktap_check "dkms build builds for $RELEASE" \
	scratch dkms build "$PACKAGE" -k "$RELEASE"
ktap_check "dkms status says built" status_is built
ktap_check "building installs nothing" test -z "$(installed_module)"
ktap_check "dkms install installs for $RELEASE" \
	scratch dkms install "$PACKAGE" -k "$RELEASE"
ktap_check "dkms status says installed" status_is installed
ktap_check "the module is for $RELEASE by its vermagic" vermagic_matches
ktap_check "the module is signed with DKMS's key" signed
ktap_check "modprobe prefers it in updates/dkms to the kernel's own" preferred

listing_but_module >"$WORK/first"
ktap_check "make dkms-install over it works" \
	scratch make -C "$TREE" dkms-install KVER="$RELEASE"
ktap_check "dkms status says installed again" status_is installed
ktap_check "nothing but the module was changed" \
	same_as "$WORK/first" listing_but_module
ktap_check "modprobe still prefers it" preferred

ktap_check "make dkms-remove works" scratch make -C "$TREE" dkms-remove
ktap_check "nothing is left behind, the kernel's own module is in its place" \
	same_as "$WORK/before" scratch_listing
ktap_check "make dkms-remove with nothing installed works" \
	scratch make -C "$TREE" dkms-remove

ktap_check "make dkms-install once more works" \
	scratch make -C "$TREE" dkms-install KVER="$RELEASE"
ktap_check "make dkms-install for a second kernel works" \
	scratch make -C "$TREE" dkms-install KVER="$SECOND"
ktap_check "both kernels have it" both_say version "$PACKAGE_VERSION"
listing "$WORK/modules" >"$WORK/installed"
ktap_check "a build that fails is an error, and its output names the file" \
	broken_build_fails
ktap_check "another source that does not build for the second is an error" \
	broken_second_fails
ktap_check "a build that fails leaves what was installed, for both" \
	same_as "$WORK/installed" listing "$WORK/modules"
ktap_check "dkms status still says installed, for both" \
	both_say version "$PACKAGE_VERSION"
ktap_check "another source of the same version is installed for both" \
	changed_for_both
ktap_check "another version takes the place of this one, for both" upgraded
ktap_check "make dkms-remove cleans up after it" \
	scratch make -C "$TREE" dkms-remove
ktap_check "nothing is left of it" same_as "$WORK/before" scratch_listing

PACKAGE=$PACKAGE_NAME/9.9
ktap_check "the source alone is added for an unknown kernel" make_unknown
ktap_check "autoinstall skips an unknown kernel, says so and succeeds" skipped
ktap_check "autoinstall fails when it cannot tell whether a kernel is known" \
	failure_is_no_skip
write_running
ktap_check "autoinstall skips a kernel of a layout that is not known, and names the member" \
	unknown_layout_skipped
ktap_check "autoinstall builds when that kernel runs and has its BTF" \
	built_when_it_runs
ktap_check "make dkms-remove removes it" scratch make -C "$TREE" dkms-remove
ktap_check "the host's own directories were not touched" \
	same_as "$WORK/host" listing "${HOST_DIRS[@]}"
ktap_done
