#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A Debian with systemd for vm.sh --system, from packages and without loop mounts.
# What is done to it on this machine is done before it boots. DIR has root, the
# files that differ from the plain Debian of that release in the cache; disk,
# made of both, which guests write to; and vmlinuz, initrd and config.
#
# usage: image.sh new RELEASE DIR	a plain one, no disk yet
#        image.sh run DIR COMMAND...	run a command in it, as root; it has the
#					archive, and no service is started
#        image.sh disk DIR		a new disk of what is there now

set -euo pipefail

HERE=$(dirname "$(realpath "$0")")
REPO=$(realpath "$HERE/../..")
KMEM_CACHE=$(realpath -m "${KMEM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dax-kmem}")
export KMEM_CACHE
# shellcheck source=selftests/qemu/build.sh
. "$REPO/selftests/qemu/build.sh"
KERNELS_DIR=$REPO/selftests/qemu
# shellcheck source=selftests/qemu/kernels.sh
. "$KERNELS_DIR/kernels.sh"

readonly DISK_SIZE=4G
PACKAGES=(
	apt-utils ca-certificates daxctl dbus dkms gcc initramfs-tools kmod
	libc6-dev linux-headers-amd64 linux-image-amd64 make ndctl numactl openssl
	systemd-sysv udev zstd
)
# They take minutes under emulation, or complain of what is not there.
MASKED=(
	apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer
	e2scrub_all.timer e2scrub_reap.service fstrim.timer kexec-load.service
	kexec.service man-db.timer ndctl-monitor.service
)

# make_base RELEASE DIR: by kernels_fill, so the last word is the directory.
make_base() {
	echo "image: unpacking Debian $1" >&2
	home_bootstrap "$1" "$2" --variant=minbase --mode=root \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--include="$(IFS=,; echo "${PACKAGES[*]}")"
}

# base RELEASE: print the directory of the plain Debian.
base() {
	kernels_locked "system-$1" kernels_fill "kernels/system-$1" make_base "$1"
	echo "$KMEM_CACHE/kernels/system-$1"
}

# prepare ROOT: what each image has besides Debian's packages. Directories of the
# same name become one.
prepare() {
	local unit

	mkdir -p "$1"/{etc/systemd/system/multi-user.target.wants,etc/initramfs-tools,usr/local/lib,kmem}
	for unit in "${MASKED[@]}"; do
		ln -s /dev/null "$1/etc/systemd/system/$unit"
	done
	install -m 644 "$HERE/files/kmem-job.service" "$1/etc/systemd/system"
	ln -s ../kmem-job.service "$1/etc/systemd/system/multi-user.target.wants"
	install -m 755 "$HERE/files/kmem-job" "$1/usr/local/lib"
	echo guest >"$1/etc/hostname"
	printf '%s\n' 'MODULES=list' 'COMPRESS=zstd' \
		>"$1/etc/initramfs-tools/initramfs.conf"
	printf '%s\n' ext4 virtio_blk virtio_pci >"$1/etc/initramfs-tools/modules"
	tree_copy "$1/kmem" selftests/lib selftests/system Documentation/admin-guide
}

# with_root DIR COMMAND...: where $root is all of it, for the time of the command
with_root() {
	local dir

	dir=$(realpath "$1")
	shift
	mkdir -p "$dir"/{root,work,merged}
	# shellcheck disable=SC2016 # expands in the inner shell
	sh "$REPO/selftests/qemu/private-mounts.sh" sh -euc '
		dir=$1 base=$2; shift 2
		export root=$dir/merged
		mount -t overlay overlay \
			-o "lowerdir=$base,upperdir=$dir/root,workdir=$dir/work" "$root"
		exec "$@"
	' - "$dir" "$(<"$dir/base")" "$@"
}

new() {
	rm -rf "$2"
	mkdir -p "$2"
	base "$1" >"$2/base"
	mkdir "$2/root"
	prepare "$2/root"
	run "$2" update-initramfs -c -k all
}

run() {
	local dir=$1

	shift
	# shellcheck disable=SC2016 # expands in the inner shell
	with_root "$dir" sh -euc '
		for shared in /dev /proc /sys; do
			mount --rbind "$shared" "$root$shared"
		done
		touch "$root/etc/resolv.conf"
		mount --bind /etc/resolv.conf "$root/etc/resolv.conf"
		mount -t tmpfs tmpfs "$root/tmp"
		policy=$root/usr/sbin/policy-rc.d rc=0
		printf "#!/bin/sh\nexit 101\n" >"$policy"
		chmod 755 "$policy"
		cd /
		DEBIAN_FRONTEND=noninteractive HOME=/root LC_ALL=C.UTF-8 \
			chroot "$root" "$@" || rc=$?
		rm "$policy"
		exit "$rc"' - "$@"
}

disk() {
	rm -f "$1/disk"
	# shellcheck disable=SC2016 # expands in the inner shell
	with_root "$1" sh -euc '
		PATH=$PATH:/usr/sbin:/sbin
		mke2fs -q -F -t ext4 -d "$root" "$1/disk.new" "$2"
		release=$(ls "$root/lib/modules" | sort -V | tail -n 1)
		cp "$root/boot/vmlinuz-$release" "$1/vmlinuz"
		cp "$root/boot/initrd.img-$release" "$1/initrd"
		cp "$root/boot/config-$release" "$1/config"
	' - "$(realpath "$1")" "$DISK_SIZE"
	mv "$1/disk.new" "$1/disk"
}

case "${1-}" in
new | run | disk) "$@" ;;
*)
	sed -n 's/^# \(usage: \|       \)//p' "$0" >&2
	exit 2
	;;
esac
