#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A boot with memory that firmware reserved for a purpose. Later kernels than 6.1
# give it to kmem by themselves, and Linux would online it in zone Normal. The
# policy says otherwise. At the end it is taken away for the next boot.

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=selftests/system/guest/common.sh
. system/guest/common.sh

ktap_check "Linux is told to online what is added" \
	grep -x online /sys/devices/system/memory/auto_online_blocks
ktap_check "the device is known by its source" \
	sh -c "kmemctl list -n -o SOURCE $DEV | grep soft-reserved"
ktap_check "all of it is online in zone Movable" \
	sh -c "kmemctl list -n -o STATE,ZONES $DEV | grep -x 'online  *Movable'"
ktap_check "a service that is ordered after kmemctl.target found it" memory_is_there
ktap_check "no unit failed" no_unit_failed
ktap_check "doctor finds nothing wrong" kmemctl doctor
: >/etc/kmemctl.conf
ktap_done
