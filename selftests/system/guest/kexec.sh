#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs three times: in a system whose memory is online, which starts the next kernel
# by kexec, as the kernel itself arranges that, and in that one, which starts another
# one, as kexec-tools does. Neither may take the memory for RAM of its own.

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=selftests/system/guest/common.sh
. system/guest/common.sh
MARK=/var/lib/kmem-kexec

# start_next HOW: another kernel, with the command line of this one
start_next() {
	within_a_minute memory_is_there &&
		kexec "$1" -l "/boot/vmlinuz-$(uname -r)" \
			--initrd="/boot/initrd.img-$(uname -r)" --reuse-cmdline ||
		return
	echo "$1 $(cat /proc/sys/kernel/random/boot_id)" >"$MARK"
	sync
	kexec -e
	sleep 60
}

# started_by HOW: of the kernel before this one
started_by() {
	local how id

	read -r how id <"$MARK"
	[ "$how" = "$1" ] && [ "$id" != "$(cat /proc/sys/kernel/random/boot_id)" ]
}

# not_in_map: no RAM that this kernel was told of is the device's
not_in_map() {
	local first last part start end rams=0

	first=$(cat "/sys/bus/dax/devices/$DEV/resource")
	last=$((first + $(cat "/sys/bus/dax/devices/$DEV/size") - 1))
	for part in /sys/firmware/memmap/*; do
		[ "$(cat "$part/type")" = "System RAM" ] || continue
		start=$(cat "$part/start") end=$(cat "$part/end")
		echo "RAM $start-$end"
		rams=$((rams + 1))
		[ $((end < first || start > last)) = 1 ] || return
	done
	[ "$rams" -gt 0 ]
}

# seen SENTENCE COMMAND...: note whether it is so, for the last kernel to tell
seen() {
	if "${@:2}"; then
		echo "yes $1"
	else
		echo "no $1"
	fi >>"$MARK.seen"
}

# look HOW
look() {
	seen "kexec $1 started a kernel" started_by "$1"
	seen "the memory is not in its map of RAM" not_in_map
	seen "the policy has it online again" within_a_minute memory_is_there
}

case $(cut -d ' ' -f 1 "$MARK" 2>/dev/null) in
'') ktap_check "a kernel starts another one" start_next -s ;;
-s)
	look -s
	ktap_check "that starts another one" start_next -c
	;;
*)
	look -c
	while read -r is sentence; do
		ktap_check "$sentence" test "$is" = yes
	done <"$MARK.seen"
	rm "$MARK" "$MARK.seen"
	;;
esac
ktap_done
