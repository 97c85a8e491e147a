# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Kernels built from Debian's source with checks that Debian's own have not:
# memory errors, locking and leaks ("-debug"), data races ("-races"). Small ones,
# and yet a build takes ten minutes. Sourced by kernels.sh.

# source_flavour SERIES: the name of its checks; none for a packaged kernel.
source_flavour() {
	case "$1" in
	*-debug | *-races) echo "${1#*-}" ;;
	*) return 1 ;;
	esac
}

# source_config SERIES: its options, of which the last ones count.
source_config() {
	cat "$KERNELS_DIR/../config" "$KERNELS_DIR/small.config" \
		"$KERNELS_DIR/$(source_flavour "$1").config"
}

# source_version SERIES: print "VERSION PLACE" as the archive has it now.
source_version() {
	for place in $(kernels_places "$1"); do
		home_lists "${place#*/}" || return
		home_has "$place" | awk -v want="linux-source-${1%%-*}" \
			-v place="$place" '$1 == want { print $2, place }' |
			sort -V | tail -n 1 | grep . && return
	done
	return 1
}

# source_unpack SERIES DIR: the package of its sources, as it is.
source_unpack() {
	found=$(source_version "$1") || {
		kernels_say "apt knows no source of Linux $1"
		return 1
	}
	kernels_unpack "linux-source-$1=${found% *}" "$2" "${found##*/}"
}

# source_edit SERIES: what sed does to drivers/base/memory.c. Since Linux 6.8 the
# core removes a block, and waits for those who have its attributes open, with a
# lock held that a write to "state" takes. Lockdep calls that a deadlock, and then
# checks no more. It does not see that device_hotplug_lock keeps the two apart.
source_edit() {
	case "$1" in
	7.*-debug)
		printf '%s\n' 's/^\(static DEVICE_ATTR\)_RW(state);/\1_IGNORE_LOCKDEP(state, 0644, state_show, state_store);/'
		;;
	esac
}

# source_resolve SERIES: print "NAME VERSION PLACE"; the name changes with what
# would make another kernel of it.
source_resolve() {
	found=$(source_version "$1") || return
	echo "$1-$({
		echo "${found% *}"
		source_config "$1"
		source_edit "$1"
	} | sha256sum | cut -c 1-8) $found"
}

# source_missing: options that .config should have and has not. An option that
# was dropped in silence would check nothing.
source_missing() {
	sed -n 's/^\(CONFIG_[A-Z0-9_]*=[ym]\)$/\1/p' "$1" |
		grep -vxF -f .config
}

# source_build SERIES NAME DIR: build what lies unpacked in the current directory
# and install its modules in DIR.
source_build() {
	edit=$(source_edit "$1")
	if [ -n "$edit" ]; then
		sed -i "$edit" drivers/base/memory.c
		grep -q 'IGNORE_LOCKDEP(state,' drivers/base/memory.c || {
			echo "drivers/base/memory.c does not look as expected"
			return 1
		}
	fi
	{
		source_config "$1"
		echo "CONFIG_LOCALVERSION=\"-${2#*-}\""
	} >all.config
	make -s KCONFIG_ALLCONFIG=all.config allnoconfig || return
	missing=$(source_missing "$KERNELS_DIR/$(source_flavour "$1").config")
	if [ -n "$missing" ]; then
		echo "not in .config: $missing"
		return 1
	fi
	make -s -j "$(nproc)" bzImage modules &&
		make -s INSTALL_MOD_PATH="$3" modules_install
}

# source_arrange SERIES DIR: of what was built keep in DIR what there is of a
# packaged kernel.
source_arrange() {
	release=$(make -s kernelrelease) &&
		echo "$release" >"$2/release" &&
		echo "$1" >"$2/series" &&
		rm -f "$2/lib/modules/$release/build" \
			"$2/lib/modules/$release/source" &&
		mv arch/x86/boot/bzImage "$2/vmlinuz" &&
		cp .config "$2/config" &&
		mkdir "$2/build" &&
		cp -a --parents .config Makefile Kbuild Module.symvers include \
			scripts arch/x86/Makefile* arch/x86/include \
			tools/objtool/objtool "$2/build"
}

# source_fetch SERIES NAME VERSION PLACE DIR: a kernel from its source, built by
# this machine's compiler, so that its home is here.
source_fetch() {
	package=linux-source-${1%%-*}
	kernels_unpack "$package=$3" "$5" "${4#*/}" || return
	log=$({
		cd "$5" && tar -xf "usr/src/$package.tar.xz" && rm -rf usr &&
			cd "$package" && source_build "$1" "$2" "$5" &&
			source_arrange "$1" "$5" && cd .. && rm -rf "$package"
	} 2>&1) && return
	kernels_space "$log" ||
		kernels_say "cannot build it: $(printf '%s\n' "$log" | tail -n 5)"
	return 2
}
