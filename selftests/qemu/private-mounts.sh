#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs a command whose mounts nobody else sees and that end with it: root, a
# user with user namespaces, a container or a plain chroot.
#
# usage: private-mounts.sh COMMAND [ARG...]

set -eu

if [ "${1-}" != --inside ]; then
	# shellcheck disable=SC2046 # none or one
	exec unshare --mount --propagation unchanged \
		$([ "$(id -u)" -eq 0 ] || echo --map-root-user) \
		sh "$0" --inside "$@"
fi
shift

# In a chroot "/" is no mount of its own. What it lies in is mounted beyond its
# reach; entering the namespace we are in leaves the chroot.
mount --make-rprivate / 2>/dev/null ||
	nsenter --mount=/proc/$$/ns/mnt mount --make-rprivate /
exec "$@"
