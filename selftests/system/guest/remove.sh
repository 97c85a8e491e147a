#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Removal and purge of the packages while the memory is online: it stays, and
# nothing of the packages does.

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=selftests/system/guest/common.sh
. system/guest/common.sh

# left_behind: what no package owns now
left_behind() {
	local found

	found=$(find / -xdev -newer /run/wanted \( -name '*kmemctl*' -o -name '*dax-kmem*' \) \
		-not -path '/debs/*' -not -path '/kmem/*' -not -path '/var/log/*' \
		-not -path '/var/cache/*' -not -path '/proc/*'
		find /etc /usr/src /var/lib/dkms /usr/lib /usr/share /usr/sbin \
			\( -name '*kmemctl*' -o -name '*dax-kmem*' \) \
			-not -path '/var/lib/dpkg/*'
		find /lib/modules -path '*updates*' -name 'kmem.ko*')
	echo "$found"
	[ -z "$found" ]
}

ktap_check "the memory is there" memory_is_there
ktap_check "apt removes the packages" apt-get -q -y remove dax-kmem-dkms kmemctl
ktap_check "the memory stays online" memory_is_there
ktap_check "the module stays loaded" grep -q '^kmem ' /proc/modules
ktap_check "the configuration stays" test -s /etc/kmemctl.conf
ktap_check "apt purges them" apt-get -q -y purge dax-kmem-dkms kmemctl
ktap_check "nothing of them is left behind" left_behind
ktap_check "the memory stays online then too" memory_is_there
ktap_done
