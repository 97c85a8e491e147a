#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs twice: in a system whose memory is online, which it crashes, and in the
# crash kernel, where the memory has to be in the dump and nowhere else.

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=selftests/system/guest/common.sh
. system/guest/common.sh
MARK=/var/lib/kmem-crashed
WORD="written before the crash, on the memory of the device"
PAGES=4096

# What a program has there: in each page a line that tells its number.
write_pages() {
	# shellcheck disable=SC2016 # perl's
	numactl --membind=1 perl -e '
		my ($word, $pages) = @ARGV;
		$_ .= sprintf("%-4096s", "$word: $n;") while $n++ < $pages;
		open(my $ready, ">", "/run/written") or die;
		sleep(10000);' "$WORD" "$PAGES" &
	until [ -e /run/written ]; do
		kill -0 $! || return
		sleep 1
	done
}

load_crash_kernel() {
	kexec -s -p "/boot/vmlinuz-$(uname -r)" \
		--initrd="/boot/initrd.img-$(uname -r)" \
		--append="$(sed 's/crashkernel=[^ ]*//' /proc/cmdline) nr_cpus=1 irqpoll reset_devices"
}

crash() {
	memory_is_there && write_pages && load_crash_kernel && echo >"$MARK" && sync ||
		return
	echo 1 >/proc/sys/kernel/sysrq
	echo c >/proc/sysrq-trigger
	sleep 60
}

# By the journal: systemd forgets a unit that is not active.
is_skipped() {
	journalctl -b -u "$1"
	journalctl -b -u "$1" | grep 'skipped.*ConditionPathExists'
}

# pages_in_dump: how many of the pages are in the parts of the dump that are of
# the device
pages_in_dump() {
	local start size

	start=$(cat "/sys/bus/dax/devices/$DEV/resource")
	size=$(cat "/sys/bus/dax/devices/$DEV/size")
	# shellcheck disable=SC2016 # perl's
	perl -e '
		my ($word, $first, $last) = ($ARGV[0], hex $ARGV[1], hex($ARGV[1]) + $ARGV[2]);
		my (%seen, $data);
		open(my $dump, "<:raw", "/proc/vmcore") or die;
		sysread($dump, my $head, 64);
		my ($phoff, $size, $nr) = unpack("x32 Q x14 S S", $head);
		for my $i (0 .. $nr - 1) {
			sysseek($dump, $phoff + $i * $size, 0);
			sysread($dump, my $part, $size);
			my ($type, $at, $start, $bytes) = unpack("L x4 Q x8 Q Q", $part);
			next if $type != 1 || $start < $first || $start >= $last;
			sysseek($dump, $at, 0);
			while ($bytes > 0 && (my $got = sysread($dump, $data, 1 << 20))) {
				$seen{$1} = 1 while $data =~ /\Q$word\E: (\d+);/g;
				$bytes -= $got;
			}
		}
		print scalar(keys %seen), "\n";' "$WORD" "$start" "$size"
}

all_pages_in_dump() {
	local found

	found=$(pages_in_dump)
	echo "$found of $PAGES"
	[ "$found" -eq "$PAGES" ]
}

if [ ! -e /proc/vmcore ]; then
	ktap_check "a system whose memory is in use crashes" crash
	ktap_done
fi
ktap_check "it was the test that crashed the system" test -e "$MARK"
for unit in kmemctl-apply.service "kmemctl-apply@$DEV.service"; do
	ktap_check "the crash kernel does not start $unit" \
		within_a_minute is_skipped "$unit"
done
ktap_check "the device is no memory of the crash kernel" \
	test ! -e /sys/devices/system/node/node1
ktap_check "the dump has all that was in the memory" all_pages_in_dump
ktap_done
