#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The plain Debian of packages.sh gets them by apt, a policy, and a service that
# wants the memory. It does not boot here.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/system/common.sh
. system/common.sh

apt_installs() {
	in_image sh -c 'apt-get -q -y install kexec-tools /debs/*.deb'
}

nothing_half_done() {
	local audit

	audit=$(in_image dpkg --audit)
	echo "$audit"
	[ -z "$audit" ] && in_image dkms status | grep -E '^dax-kmem/.*: installed'
}

ours_is_preferred() {
	# shellcheck disable=SC2016 # expands in the inner shell
	in_image sh -c 'modprobe -n -v -S "$(ls /lib/modules)" kmem' |
		grep updates/dkms/kmem
}

only_comments() {
	in_image test -s /etc/kmemctl.conf &&
		! in_image grep -v -e '^#' -e '^$' /etc/kmemctl.conf
}

# Before the memory is there such a service would fail.
write_service() {
	cat >"$IMAGE/root/etc/systemd/system/wants-memory.service" <<-'END'
		[Unit]
		Description=Wants the memory
		After=kmemctl.target
		Wants=kmemctl.target

		[Service]
		Type=oneshot
		ExecStart=sh -c "grep MemTotal /sys/devices/system/node/node1/meminfo >/run/wanted"

		[Install]
		WantedBy=multi-user.target
	END
	in_image systemctl enable wants-memory.service
}

write_policy() {
	printf '[all]\nmode = system-ram\n' >"$IMAGE/root/etc/kmemctl.conf"
}

ktap_check "apt installs them" apt_installs
ktap_check "nothing is half installed, and DKMS has the module installed" \
	nothing_half_done
ktap_check "modprobe prefers it to the kernel's own" ours_is_preferred
ktap_check "the configuration is all comments" only_comments
ktap_check "a service can be ordered after the memory" write_service
ktap_check "a policy is written" write_policy
rm -f "$IMAGE/pmem"
ktap_check "a disk is made" image disk "$IMAGE"
ktap_done
