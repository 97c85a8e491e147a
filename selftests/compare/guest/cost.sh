#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What dax-kmem promises of cost: it does not grow faster than the memory does.
# Needs a guest whose time counts instructions, and two devices, dax1.0 larger
# than dax0.0; works with every kmem driver.

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh
# shellcheck source=selftests/compare/guest/driver.sh
. compare/guest/driver.sh

# Of the cost for each GiB of the small device. What grows with the square is
# far beyond it at four times the size.
PERCENT=105

# time_of COMMAND...: microseconds
time_of() {
	local start=${EPOCHREALTIME/./}

	"$@" >&2 || return
	echo $((${EPOCHREALTIME/./} - start))
}

# cost DEV COMMAND: microseconds for each GiB
cost() {
	local time

	time=$(time_of "$2" "$1") || return
	echo $((time * 1024 / ($(cat "$DAX/$1/size") >> 20)))
}

linear() {
	local dev plugs=() unplugs=() rc=0

	for dev in dax0.0 dax1.0; do
		rest "$dev" && plugs+=("$(cost "$dev" plug)") &&
			unplugs+=("$(cost "$dev" unplug)") || return
	done
	echo "us for each GiB: plug ${plugs[0]}, of the large device ${plugs[1]}; unplug ${unplugs[0]}, of the large device ${unplugs[1]}"
	[ $((plugs[1] * 100)) -le $((plugs[0] * PERCENT)) ] || rc=1
	[ $((unplugs[1] * 100)) -le $((unplugs[0] * PERCENT)) ] || rc=1
	return "$rc"
}

set_policy offline
modprobe kmem || exit 1
ktap_check "promise 4: plug and unplug take time in proportion to size" linear
ktap_done
