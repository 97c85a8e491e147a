#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What a machine with Secure Boot has, in two directories: shim and GRUB of that
# Debian, and firmware that knows the key of DKMS, or does not. Nothing boots here.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/system/common.sh
. system/common.sh

FIRMWARE=$KMEM_CACHE/kernels/firmware
KEY=$IMAGE/root/var/lib/dkms/mok.pub
OWNER=5d35f5e2-0b28-4c4b-9c8e-6b1f2f7d0c11

# Debian 12 has nothing that writes to variables of firmware.
make_firmware() {
	home_bootstrap trixie "$1" --variant=minbase \
		--include=ovmf,python3-virt-firmware
}

firmware() {
	kernels_locked firmware kernels_fill kernels/firmware make_firmware &&
		for dir in enrolled not-enrolled; do
			mkdir -p "$IMAGE/$dir" &&
				cp "$FIRMWARE/usr/share/OVMF/OVMF_CODE_4M.secboot.fd" \
					"$IMAGE/$dir/code.fd" &&
				cp "$FIRMWARE/usr/share/OVMF/OVMF_VARS_4M.ms.fd" \
					"$IMAGE/$dir/vars.fd" || return
		done
}

loaders() {
	local from=$IMAGE/loaders dir

	rm -rf "$from"
	home_bootstrap "$KMEM_SYSTEM" "$from" --variant=extract \
		--include=shim-signed,grub-efi-amd64-signed || return
	for dir in enrolled not-enrolled; do
		cp "$from/usr/lib/shim/shimx64.efi.signed" "$IMAGE/$dir/shim.efi" &&
			cp "$from/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed" \
				"$IMAGE/$dir/grub.efi" || return
	done
	rm -rf "$from"
}

# What mokutil --import and a person at the next boot do.
enroll() {
	local scratch=$FIRMWARE/tmp/$KMEM_SYSTEM rc=0

	rm -rf "$scratch"
	mkdir "$scratch" &&
		openssl x509 -inform der -in "$KEY" -out "$scratch/key.pem" &&
		cp "$IMAGE/enrolled/vars.fd" "$scratch" &&
		chroot "$FIRMWARE" virt-fw-vars --inplace "/tmp/$KMEM_SYSTEM/vars.fd" \
			--add-mok "$OWNER" "/tmp/$KMEM_SYSTEM/key.pem" &&
		cp "$scratch/vars.fd" "$IMAGE/enrolled" || rc=1
	rm -rf "$scratch"
	return "$rc"
}

ktap_check "there is firmware with Secure Boot" firmware
ktap_check "there are shim and GRUB, signed" loaders
ktap_check "DKMS has made a key" test -s "$KEY"
ktap_check "the key is enrolled in one of two" enroll
ktap_done
