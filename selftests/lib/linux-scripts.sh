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

	kernels_say "fetching checkpatch and get_abi"
	source_unpack 6.1 "$1" || return
	archive=("$1"/usr/src/linux-source-*.tar.xz)
	if ! tar -C "$1" -xJf "${archive[0]}" --strip-components 2 \
		--occurrence "${LINUX_SCRIPTS[@]/#/linux-source-6.1/scripts/}"; then
		kernels_say "the package of the kernel's sources does not look as expected"
		return 2
	fi
	rm -r "${1:?}/usr"
}

# linux_scripts_get: print their directory, after filling it when needed.
linux_scripts_get() {
	kernels_locked linux-scripts kernels_twice kernels_fill \
		kernels/linux-scripts linux_scripts_unpack || return
	echo "$KMEM_CACHE/kernels/linux-scripts"
}
