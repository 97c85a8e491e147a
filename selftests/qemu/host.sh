# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Which Debian this machine runs, of those that the demo and the tests know.
# Sourced. $KMEM_OS_RELEASE is a file to read instead of the machine's.

# host_release: print its codename, or say which ones there are.
host_release() (
	# shellcheck source=/dev/null
	. "${KMEM_OS_RELEASE:-/etc/os-release}"
	case "${ID-}/${VERSION_CODENAME-}" in
	debian/bookworm | debian/trixie) echo "$VERSION_CODENAME" ;;
	*)
		echo "this is ${PRETTY_NAME:-an unknown system}: the demo and the tests run on Debian 12 and 13" >&2
		exit 1
		;;
	esac
)

# host_series: the series of that Debian's own kernel.
host_series() {
	case "$(host_release)" in
	bookworm) echo 6.1 ;;
	trixie) echo 6.12-deb13 ;;
	*) return 1 ;;
	esac
}
