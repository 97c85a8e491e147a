#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The packages are built, in a system of that release. A plain one has them, not
# yet installed, and all that they need, in apt's cache.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/system/common.sh
. system/common.sh

# A system of that release to build in.
builder() {
	image new "$KMEM_SYSTEM" "$IMAGE/builder" &&
		tree_copy "$IMAGE/builder/root/tree/dax-kmem" &&
		image run "$IMAGE/builder" apt-get -q update &&
		image run "$IMAGE/builder" \
			apt-get -q -y build-dep /tree/dax-kmem
}

# make_packages NAME: into $IMAGE/NAME
make_packages() {
	image run "$IMAGE/builder" make -C /tree/dax-kmem deb DEBS="/tree/$1" &&
		mv "$IMAGE/builder/root/tree/$1" "$IMAGE/$1"
}

# The tests of the packages, where they are installed from; that of the driver
# wants a machine of its own.
package_tests() {
	local rc=0

	cp -r "$IMAGE/debs" "$IMAGE/builder/root/tree"
	image run "$IMAGE/builder" apt-get -q -y --no-install-recommends \
		install autopkgtest &&
		image run "$IMAGE/builder" sh -c \
			'autopkgtest -s /tree/debs/*.deb /tree/dax-kmem -- null' ||
		rc=$?
	# a test was left out
	[ "$rc" -eq 2 ]
}

# The same with a higher version.
make_newer() {
	cd "$IMAGE/builder/root/tree/dax-kmem" &&
		sed -i 's/^PACKAGE_VERSION=.*/PACKAGE_VERSION="9.9"/' dkms.conf &&
		sed -i '1s/(.*)/(9.9)/' debian/changelog && make_packages newer
}

downloaded() {
	cp -r "$IMAGE/debs" "$IMAGE/newer" "$IMAGE/root" &&
		in_image apt-get -q -y update &&
		in_image sh -c 'apt-get -q -y --download-only install /debs/*.deb'
}

ktap_check "a plain Debian $KMEM_SYSTEM is there" image new "$KMEM_SYSTEM" "$IMAGE"
ktap_check "apt finds what the packages are built with" builder
ktap_check "make deb builds them" make_packages debs
ktap_check "autopkgtest runs their tests" package_tests
ktap_check "and those of a later version" make_newer
ktap_check "apt finds what they need" downloaded
rm -f "$IMAGE/pmem"
ktap_check "a disk is made" image disk "$IMAGE"
ktap_done
