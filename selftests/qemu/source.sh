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

# source_version SERIES: print "VERSION [SUITE]" as apt knows it now.
source_version() {
	package=linux-source-${1%%-*}
	if [ "$(kernels_column "$1" 2)" = "$package" ]; then
		apt-cache show --no-all-versions "$package" 2>/dev/null |
			sed -n 's/^Version: //p' | grep .
		return
	fi
	later_lists || return
	for place in $(kernels_column "$1" 3); do
		later_index "${place%/*}" | awk -v want="$package" \
			-v suite="${place%/*}" '$1 == want { print $2, suite }' |
			sort -V | tail -n 1 | grep . && return
	done
	return 1
}

# source_resolve SERIES: print "NAME VERSION [SUITE]"; the name changes with
# what would make another kernel of it.
source_resolve() {
	found=$(source_version "$1") || return
	echo "$1-$({
		echo "$found"
		source_config "$1"
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

# source_fetch SERIES NAME VERSION [SUITE] DIR: a kernel from its source.
source_fetch() {
	series=$1 label=$2 version=$3
	# shellcheck disable=SC2034 # for kernels_unpack
	[ $# -eq 4 ] || { apt=later_apt && shift; }
	package=linux-source-${series%%-*}
	kernels_unpack "$package=$version" "$4" || return
	log=$({
		cd "$4" && tar -xf "usr/src/$package.tar.xz" && rm -rf usr &&
			cd "$package" &&
			source_build "$series" "$label" "$4" &&
			source_arrange "$series" "$4" && cd .. && rm -rf "$package"
	} 2>&1) && return
	kernels_space "$log" ||
		kernels_say "cannot build it: $(printf '%s\n' "$log" | tail -n 5)"
	return 2
}
