#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The one list of packages this project's commands need, by names that Debian 12
# and 13 have, and what installs those that are missing. Kernels are not in it, nor
# busybox: kernels.sh unpacks them in a cache. Fast when all is there.
#
# usage: setup.sh guest|check|long|bench	install what a set lacks
#        setup.sh --list SET	print the set
#        setup.sh --added		print what earlier runs installed
#        setup.sh --update		refresh apt's package lists

set -eu

# Build the module and the tool, boot a guest with them.
GUEST_PACKAGES="
	cpio kmod mount procps util-linux
	qemu-system-x86 daxctl mmdebstrap ndctl numactl
	ca-certificates dkms gcc libc6-dev make openssl pahole
	libblkid-dev libinih-dev libkmod-dev libnuma-dev libsmartcols-dev lz4 xz-utils
	zstd
"

# Read the code as well, what selftests/lint.sh calls, and fuzz the tool.
CHECK_PACKAGES="$GUEST_PACKAGES
	clang libclang-rt-dev mandoc perl shellcheck sparse systemd zsh
"

# Build kernels and boot guests of arm64 as well, for check.sh --long.
LONG_PACKAGES="$CHECK_PACKAGES
	bc bison e2fsprogs flex libelf-dev libssl-dev qemu-system-arm
"

# Count what programs in a guest do: what selftests/bench/bench.sh calls.
BENCH_PACKAGES="$GUEST_PACKAGES
	coreutils strace
"

# shellcheck source=selftests/qemu/host.sh
. "$(dirname "$0")/host.sh"

ADDED_FILE=${KMEM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dax-kmem}/packages-added

say() {
	echo "setup: $*" >&2
}

die() {
	say "$*"
	exit 1
}

package_set() {
	case "$1" in
	guest) echo "$GUEST_PACKAGES" ;;
	check) echo "$CHECK_PACKAGES" ;;
	long) echo "$LONG_PACKAGES" ;;
	bench) echo "$BENCH_PACKAGES" ;;
	*) die "no package set called '$1' (guest, check, long, bench)" ;;
	esac
}

# missing PACKAGE...: print those that are not installed.
missing() {
	installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" \
		2>/dev/null | sed -n 's/^installed //p') || true
	for package; do
		case "
$installed
" in
		*"
$package
"*) ;;
		*) echo "$package" ;;
		esac
	done
}

apt_install() {
	DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		-o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
		install --no-install-recommends "$@" </dev/null
}

# A source of somebody else's that fails must not stop us: whether the update
# was good enough shows when the packages are asked for.
apt_update() {
	apt-get -q -o DPkg::Lock::Timeout=300 update </dev/null ||
		say "apt-get update had errors, going on with what it got"
}

install_missing() {
	# What dkms_scratch mounts over; absent where no kernel was ever installed.
	[ -d /lib/modules ] || mkdir /lib/modules || true
	wanted=$(missing "$@")
	[ -n "$wanted" ] || return 0
	# shellcheck disable=SC2086 # one word per package
	set -- $wanted
	[ "$(id -u)" -eq 0 ] ||
		die "not root, and these packages are missing: $*"

	say "installing: $*"
	log=$(mktemp)
	if ! { apt_install "$@" >"$log" 2>&1 ||
	       { apt_update && apt_install "$@"; } >>"$log" 2>&1; }; then
		tail -n 20 "$log" >&2
		rm -f "$log"
		die "apt-get could not install: $*"
	fi
	rm -f "$log"

	mkdir -p "${ADDED_FILE%/*}"
	printf '%s\n' "$@" >>"$ADDED_FILE"
}

# needs_debian: what it lists is for these releases.
needs_debian() {
	problem=$(host_release 2>&1 >/dev/null) || die "$problem"
}

case "${1-}" in
--list)
	needs_debian
	package_set "${2-}" | tr -s '\t\n' '  '
	echo
	;;
--added)
	[ ! -f "$ADDED_FILE" ] || sort -u "$ADDED_FILE"
	;;
--update)
	apt_update
	;;
guest | check | long | bench)
	needs_debian
	# shellcheck disable=SC2046 # one word per package
	install_missing $(package_set "$1")
	;;
*)
	sed -n 's/^# \(usage: \|       \)//p' "$0" >&2
	exit 2
	;;
esac
