# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The kernel's own checkers that no Debian package installs, taken out of the
# package of its sources and kept in the cache, whole or not at all. Sourced
# after qemu/kernels.sh.

LINUX_SCRIPTS=(
	checkpatch.pl spelling.txt const_structs.checkpatch get_abi.pl
)

# linux_scripts_unpack DIR: leave the checkers, and nothing else, in DIR.
linux_scripts_unpack() {
	local archive

	kernels_unpack linux-source-6.1 "$1" || return
	archive=("$1"/usr/src/linux-source-*.tar.xz)
	if ! tar -C "$1" -xJf "${archive[0]}" --strip-components 2 \
		--occurrence "${LINUX_SCRIPTS[@]/#/linux-source-6.1/scripts/}"; then
		kernels_say "the package of the kernel's sources does not look as expected"
		return 1
	fi
	rm -r "${1:?}/usr"
}

# linux_scripts_fetch DIR: with package lists as they are, then fresh ones.
linux_scripts_fetch() {
	local new=$1.new

	kernels_say "fetching checkpatch and get_abi"
	rm -rf "$new"
	mkdir "$new" || return
	linux_scripts_unpack "$new" || {
		rm -rf "$new"
		sh "$KERNELS_DIR/setup.sh" --update >/dev/null 2>&1
		mkdir "$new" && linux_scripts_unpack "$new"
	} && mv "$new" "$1"
}

# linux_scripts_get: print their directory, after filling it when needed.
linux_scripts_get() (
	dir=$KMEM_CACHE/linux-scripts
	mkdir -p "$KMEM_CACHE" || exit
	exec 9>"$dir.lock" || exit
	flock 9
	trap 'rm -rf "$dir.new"' EXIT
	trap 'exit 130' INT TERM HUP
	[ -d "$dir" ] || linux_scripts_fetch "$dir" >&2 9>&- || exit
	echo "$dir"
)
