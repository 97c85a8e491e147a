# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the stages of a system's test share: where its image is, and how its guest
# boots. $KMEM_SYSTEM names the release.

SYSTEM_DIR=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
REPO=$(realpath "$SYSTEM_DIR/../..")
KMEM_CACHE=$(realpath -m "${KMEM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dax-kmem}")
export KMEM_CACHE
: "${KMEM_SYSTEM:?set it to a release: bookworm, trixie}"
# shellcheck source=selftests/qemu/build.sh
. "$REPO/selftests/qemu/build.sh"
KERNELS_DIR=$REPO/selftests/qemu
# shellcheck source=selftests/qemu/kernels.sh
. "$KERNELS_DIR/kernels.sh"
IMAGE=$KMEM_CACHE/system/$KMEM_SYSTEM

image() {
	bash "$SYSTEM_DIR/image.sh" "$@"
}

# in_image COMMAND...
in_image() {
	image run "$IMAGE" "$@"
}

# What a guest has of it. Persistent memory is as the last guest left it.
MEMORY=(-s 1G --pmem-file "$IMAGE/pmem")

# boot [OPTION... --] TEST...: runs these, of system/guest, in the system; their
# claims become ours.
boot() {
	local options=()

	while [[ ${1-} == -* ]]; do
		[ "$1" = -- ] || options+=("$1")
		shift
	done
	exec "$REPO/selftests/qemu/vm.sh" --system "$IMAGE" "${MEMORY[@]}" \
		--timeout 3600 "${options[@]}" -- \
		sh lib/in-turn.sh "${@/#/system/guest/}"
}
