#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Linux 7.3's own test of the dax state attribute, unmodified and with its
# destructive case, in a guest. Host test; KMEM_KERNEL names the kernel. The
# test comes out of the package of the kernel's sources and stays in the cache.

HERE=$(dirname "$(realpath "$0")")
KERNELS_DIR=$HERE/../qemu
# shellcheck source=selftests/lib/ktap.sh
. "$HERE/../lib/ktap.sh" >/dev/null
# shellcheck source=selftests/qemu/kernels.sh
. "$KERNELS_DIR/kernels.sh"

unpack() {
	local archive

	source_unpack 7.3 "$1" || return
	archive=("$1"/usr/src/linux-source-7.3.tar.xz)
	mkdir "$1/linux" || return
	tar -C "$1/linux" -xJf "${archive[0]}" --strip-components 4 \
		--wildcards '*/tools/testing/selftests/dax/*' \
		'*/tools/testing/selftests/kselftest/ktap_helpers.sh' || {
		kernels_say "the sources of Linux 7.3 do not look as expected"
		return 2
	}
	rm -r "${1:?}/usr"
}

kernels_locked linux-dax kernels_twice kernels_fill kernels/linux-dax unpack || {
	echo "TAP version 13"
	ktap_fail "Linux 7.3's test of dax can be had"
	ktap_done
}
# shellcheck disable=SC2016 # for the guest's shell
exec "$HERE/../qemu/vm.sh" -k "${KMEM_KERNEL:?}" \
	--copy "$KMEM_CACHE/kernels/linux-dax/linux" -- bash -c '
	# or the first bind puts it into Normal, and there it may have to stay
	echo offline >/sys/devices/system/memory/auto_online_blocks
	modprobe kmem
	echo dax0.0 >/sys/bus/dax/drivers/device_dax/unbind
	echo dax0.0 >/sys/bus/dax/drivers/kmem/new_id
	export DAX_KMEM_TEST_DEV=dax0.0 DAX_KMEM_TEST_UNBIND=1
	exec /kmem/linux/dax/dax-kmem-hotplug.sh'
