# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034
#
# apply: devices are found by where their memory comes from, what the
# configuration says is done, and after a mistake nothing is.

OTHER_UUID=11111111-a2f0-4312-9e70-a837faafe862
UUID=48d8e42c-a2f0-4312-9e70-a837faafe862
CONF=/etc/kmemctl.conf

# conf TEXT: the configuration
conf() {
	mkdir -p "$TREE/etc"
	printf '%b' "$1" >"$TREE$CONF"
}

# Four devices, one of each kind and one of unknown origin.
apply_tree() {
	local i start

	tree_new "$WORK/t"
	for i in 0 1 2 3; do
		start=$((TREE_A + (i << 30)))
		tree_dev dax$i.0 $((i + 1)) "$start:$((2 * BLOCK))"
		tree_bound dax$i.0 device_dax
	done
	tree_below dax0.0 ndbus0/region0/dax0.1 nd
	echo $UUID >"$TREE/sys/devices/ndbus0/region0/dax0.1/uuid"
	tree_below dax1.0 platform/hmem.1 platform
	tree_below dax2.0 root0/decoder0.0/region2/dax_region2 cxl
	ln -sfn ../../../../bus/cxl \
		"$TREE/sys/devices/root0/decoder0.0/region2/subsystem"
	echo "" >"$TREE/sys/devices/root0/decoder0.0/region2/uuid"
	memdev 0 0x1122
	memdev 1 0x3344
	tree_keep
}

# memdev NUMBER SERIAL: a CXL memory device, and its decoder as the region's
# target.
memdev() {
	local end=root0/port1/endpoint$((5 + $1))

	mkdir -p "$TREE/sys/devices/$end/decoder$((5 + $1)).0" \
		"$TREE/sys/devices/pci0/mem$1" "$TREE/sys/bus/cxl/devices"
	ln -s "../../../pci0/mem$1" "$TREE/sys/devices/$end/uport"
	ln -s "../../../devices/$end/decoder$((5 + $1)).0" \
		"$TREE/sys/bus/cxl/devices/"
	echo "$2" >"$TREE/sys/devices/pci0/mem$1/serial"
	echo "decoder$((5 + $1)).0" \
		>"$TREE/sys/devices/root0/decoder0.0/region2/target$1"
}

ALONE="skipped: no section sets a mode"
apply_tree
k apply
expect "without a configuration nothing is done, and ids are told" 0 \
"dax3.0: $ALONE (no id)
dax2.0: $ALONE (cxl-memdev 0x1122 0x3344)
dax1.0: $ALONE (soft-reserved 0x140000000+0x10000000)
dax0.0: $ALONE (nvdimm $UUID)" ""
ktap_check "without a configuration nothing is written" \
	test ! -s "$WORK/log"

# one SENTENCE SECTION DEVICE: a section makes memory of that device alone
one() {
	apply_tree
	conf "[$2]\nmode = system-ram\n"
	k apply all
	if [ "$rc" = 0 ] && [ -z "$err" ] &&
	   [ "$(grep -v "$ALONE" <<<"$out")" = \
	     "$3: online: 2 blocks, 256M, Movable, node $4" ]; then
		ktap_pass "a section [$1] is for $3 alone"
	else
		ktap_fail "a section [$1] is for $3 alone" "exit $rc
$out
$err"
	fi
}
one nvdimm "nvdimm ${UUID^^}" dax0.0 1
one soft-reserved "soft-reserved 0x140000000+256M" dax1.0 2
one "soft-reserved, larger" "soft-reserved 4G+8G" dax1.0 2
one cxl-memdev "cxl-memdev 0x3344" dax2.0 3
one "cxl-memdev, of both" "cxl-memdev 0x3344  0x1122" dax2.0 3
for section in "nvdimm 11111111-a2f0-4312-9e70-a837faafe862" \
	       "cxl-region $UUID" "cxl-memdev 0x33" "cxl-memdev 0x1122 0x33" \
	       "soft-reserved 5G+255M" \
	       "soft-reserved 4G+1G"; do
	apply_tree
	conf "[$section]\nmode = system-ram\n"
	k apply all
	ktap_check "a section [$section] is for none of them" \
		test "$rc $(grep -c "$ALONE" <<<"$out")" = "0 4"
	ktap_check "apply warns that [$section] matches no device" \
		test "$err" = "kmemctl: $CONF:1: warning: [$section] matches no device of this machine; 'kmemctl -o +SOURCE' shows the devices"
done
apply_tree
echo $UUID >"$TREE/sys/devices/root0/decoder0.0/region2/uuid"
conf "[cxl-region $UUID]\nmode = system-ram\nzone = normal\n"
k apply dax2.0
expect "a region of CXL by its uuid" 0 \
	"dax2.0: online: 2 blocks, 256M, Normal, node 3" ""

# Persistent CXL memory: its namespace is not below the region.
for section in "cxl-region $UUID" "cxl-memdev 0x1122" "nvdimm $OTHER_UUID"; do
	apply_tree
	tree_below dax3.0 root0/nvdimm-bridge0/ndbus0/region0/dax0.1 nd
	bridge=$TREE/sys/devices/root0/nvdimm-bridge0/ndbus0/region0
	echo $OTHER_UUID >"$bridge/dax0.1/uuid"
	echo 0x240000000 >"$bridge/resource"
	region=$TREE/sys/devices/root0/decoder0.0/region2
	echo $UUID >"$region/uuid"
	ln -s ../../../devices/root0/decoder0.0/region2 "$TREE/sys/bus/cxl/devices/"
	conf "[$section]\nmode = system-ram\n"
	echo 0x250000000 >"$region/resource"
	k list -n -o SOURCE dax3.0
	expect "a namespace on no CXL region has an id of its own alone" 0 \
		"nvdimm $OTHER_UUID" ""
	echo 0x240000000 >"$region/resource"
	k list -n -o SOURCE dax3.0
	expect "a namespace on a CXL region has that as its source" 0 \
		"cxl-region $UUID" ""
	k apply dax3.0
	expect "[$section] is for a namespace on it" 0 \
		"dax3.0: online: 2 blocks, 256M, Movable, node 4" ""
done

apply_tree
conf "[all]\nmode = system-ram\n[cxl-memdev 0x33]\nzone = movable\n"
k apply dax1.0
expect "apply of one device says nothing of sections for others" 0 \
	"dax1.0: online: 2 blocks, 256M, Movable, node 2" ""

# Keys.
apply_tree
conf "[all]\nmode = system-ram\nzone = normal\n[nvdimm $UUID]\nzone = movable
[soft-reserved 5G+1G]\nmode = devdax\n"
k apply
expect "a device's own section goes before [all], key by key" 0 \
"dax3.0: online: 2 blocks, 256M, Normal, node 4
dax2.0: online: 2 blocks, 256M, Normal, node 3
dax1.0: already offline: driver device_dax
dax0.0: online: 2 blocks, 256M, Movable, node 1" ""
tree_keep
k apply
expect "again: all is already so" 0 \
"dax3.0: already online: 2 blocks, 256M, Normal, node 4
dax2.0: already online: 2 blocks, 256M, Normal, node 3
dax1.0: already offline: driver device_dax
dax0.0: already online: 2 blocks, 256M, Movable, node 1" ""
ktap_check "again: nothing is written" test ! -s "$WORK/log"
k apply --quiet
expect "--quiet: nothing is printed" 0 "" ""
conf "[all]\nmode = devdax\n"
k apply dax0.0 dax2.0
expect "memory is given back" 0 "dax2.0: offline: driver device_dax
dax0.0: offline: driver device_dax" ""

exclusive=sys/bus/dax/devices/dax0.0/kmem/exclusive
apply_tree
mkdir "$TREE/${exclusive%/*}"
echo 0 >"$TREE/$exclusive"
conf "[nvdimm $UUID]\nmode = system-ram\nexclusive = yes\n"
k apply dax0.0
ktap_check "exclusive = yes is written" \
	test "$rc $(cat "$TREE/$exclusive")" = "0 1"
k apply dax0.0
ktap_check "exclusive = yes is not written again" test ! -s "$WORK/log"
conf "[nvdimm $UUID]\nmode = system-ram\nexclusive = no\n"
k apply dax0.0
ktap_check "exclusive = no is written" \
	test "$rc $(cat "$TREE/$exclusive")" = "0 0"
rm -r "${TREE:?}/${exclusive%/*}"
k apply dax0.0
expect "exclusive = no holds for a driver that does not know it" 0 \
	"dax0.0: already online: 2 blocks, 256M, Movable, node 1" ""
conf "[nvdimm $UUID]\nmode = system-ram\nexclusive = yes\n"
k apply dax0.0
expect "exclusive = yes with a driver that does not know it" 64 \
	"dax0.0: already online: 2 blocks, 256M, Movable, node 1" \
	"kmemctl: dax0.0: its driver does not know exclusive; the rest is done; install dax-kmem: see 'dkms status'"

# daxctl's own sections.
apply_tree
mkdir -p "$TREE/etc/daxctl.conf.d"
daxctl_conf() {
	printf '%b' "[reconfigure-device a]\nnvdimm.uuid = $UUID\n$1" \
		>"$TREE/etc/daxctl.conf.d/a.conf"
}
daxctl_conf "mode = system-ram\nonline = false\n"
k apply dax0.0
expect "daxctl: online = false binds and onlines nothing" 0 \
	"dax0.0: bound to kmem, offline" ""
ktap_check "daxctl: online = false leaves the blocks offline" \
	test "$(block 32)" = "offline Normal Movable"
k apply dax0.0
expect "daxctl: online = false, again" 0 "dax0.0: already bound to kmem" ""
daxctl_conf "movable = false\n"
k apply dax0.0
expect "daxctl: movable = false" 0 \
	"dax0.0: online: 2 blocks, 256M, Normal, node 1" ""
daxctl_conf "mode = devdax\n"
k apply dax0.0
expect "daxctl: mode = devdax" 0 "dax0.0: offline: driver device_dax" ""

# After a mistake nothing is done.
apply_tree
conf "[all]\nmode = system-ram\n[nvdimm $UUID]\nzone = movabel\n"
tree_keep
k apply
expect_error "a mistake in one section stops all" 1 \
"kmemctl: $CONF:4: zone is movable or normal, not 'movabel'; see kmemctl.conf(5)
kmemctl: nothing was changed"
conf "[all]\nmode = system-ram\n[cxl-memdev 0x1122]\nzone = normal
[cxl-memdev 0x3344]\nzone = movable\n"
tree_keep
k apply
expect_error "two sections for one device stop all" 1 \
"kmemctl: dax2.0: two sections match it: $CONF:3 and $CONF:5; nothing was changed; remove one of them"
k doctor -n
ktap_check "doctor names two sections for one device" grep -q \
	"^policy  *fail  *dax2.0: two sections match it: $CONF:3 and $CONF:5" \
	"$WORK/out"
k apply dax7.0
expect_error "a device that is not there" 3 \
	"kmemctl: dax7.0: no such device; run 'kmemctl list' to see the devices"
conf "[all]\nmode = system-ram\n"
tree_keep
FAKE_PROBE=EIO k apply dax0.0
expect_error "a failure is undone as online undoes it" 1 \
	"kmemctl: dax0.0: cannot bind to kmem: Input/output error; all was put back as before; see 'dmesg' for the kernel's reason"

# A time limit is one device's alone.
apply_tree
conf "[all]\nmode = system-ram\n[soft-reserved 5G+1G]\ntimeout = 1\n"
tree_keep
FAKE_FAULTS=4:stuck k apply dax1.0
expect_error "what takes longer than its timeout is undone" 5 \
	"kmemctl: dax1.0: the time limit of 1 s is over; all was put back as before; give it more, or stop what uses its memory"
FAKE_FAULTS=4:stuck k apply dax0.0 dax1.0
expect "after a time limit the next device has its turn" 64 \
	"dax0.0: online: 2 blocks, 256M, Movable, node 1" \
	"kmemctl: dax1.0: the time limit of 1 s is over; all was put back as before; give it more, or stop what uses its memory"
conf "[nvdimm $UUID]\nmode = devdax\ntimeout = 1\n"
FAKE_STUCK=memory33 FAKE_FAULTS=1:stuck k apply dax0.0
expect "giving back has a time limit too" 5 "" \
	"kmemctl: dax0.0: offline memory33: the time limit of 1 s is over; all was put back as before; give it more time, or run 'kmemctl why dax0.0' to see what uses its memory"

# --wait: what the system does at boot.
apply_tree
link=$(readlink "$TREE/sys/bus/dax/devices/dax1.0")
# waited SECONDS CONFIGURATION: dax1.0 appears after two seconds
waited() {
	apply_tree
	conf "$2"
	rm "$TREE/sys/bus/dax/devices/dax1.0"
	{ sleep 2; ln -s "$link" "$TREE/sys/bus/dax/devices/dax1.0"; } &
	k apply --wait "$1"
	wait $!
}
waited 60 "[soft-reserved 5G+1G]\nmode = system-ram\n"
out=$(grep "^dax1" "$WORK/out")
expect "--wait: a device that appears later is waited for" 0 \
	"dax1.0: online: 2 blocks, 256M, Movable, node 2" ""
waited 1 "[all]\nmode = system-ram\n[soft-reserved 5G+1G]\nzone = movable\n"
expect "--wait: a device that does not come in time is named, the others are done" 3 \
"dax3.0: online: 2 blocks, 256M, Movable, node 4
dax2.0: online: 2 blocks, 256M, Movable, node 3
dax0.0: online: 2 blocks, 256M, Movable, node 1" \
	"kmemctl: $CONF:3: [soft-reserved 5G+1G] matches no device of this machine after 1 s; 'kmemctl -o +SOURCE' shows the devices"
apply_tree
conf "[all]\nmode = devdax\n[soft-reserved 5G+1G]\nzone = normal\n"
SECONDS=0
k apply --wait 60
ktap_check "--wait: nothing is waited for if all are there" \
	test "$rc" = 0 -a "$SECONDS" -lt 30
conf "[soft-reserved 9G+1G]\nzone = normal\n"
SECONDS=0
k apply --wait 60
expect "--wait: without a mode there is nothing to apply" 0 \
	"no section sets a mode: nothing to apply" ""
ktap_check "--wait: without a mode nothing is waited for" test "$SECONDS" -lt 30
conf "[all]\nmode = system-ram\n"
rm -r "$TREE"/sys/bus/dax/devices/*
k apply --wait 1
expect "--wait: [all] may match no device" 0 "" ""
rm -r "$TREE/sys/bus/dax"
k apply --wait 1
expect "--wait: [all] needs no dax bus" 0 "" ""
k apply
expect "without --wait there must be a dax bus" 3 "" \
	"kmemctl: no dax bus: this kernel shows no /sys/bus/dax; try 'modprobe device_dax'"
conf "[all]\nmode = x\n"
k apply --wait 1
expect "--wait: after a mistake nothing is done" 1 "" \
"kmemctl: $CONF:2: mode is system-ram or devdax, not 'x'; see kmemctl.conf(5)
kmemctl: nothing was changed"

# --dry-run says it and does nothing.
apply_tree
mkdir "$TREE/${exclusive%/*}"
echo 0 >"$TREE/$exclusive"
conf "[all]\nmode = devdax\n[nvdimm $UUID]\nmode = system-ram\nexclusive = yes
overwrite = no\ntimeout = 30\n[soft-reserved 5G+1G]\nmode = system-ram\nzone = normal\n"
tree_keep
k apply --dry-run
planned=$(grep "^echo " "$WORK/out")
if [ "$(tree_print)" = "$BEFORE" ] && [ ! -s "$WORK/log" ]; then
	out=$(grep "^dax" "$WORK/out")
	expect "--dry-run tells what would become of each device" 0 \
"dax3.0: $CONF:1: character device, driver device_dax (no id)
dax3.0: already offline: driver device_dax
dax2.0: $CONF:1: character device, driver device_dax (cxl-memdev 0x1122 0x3344)
dax2.0: already offline: driver device_dax
dax1.0: $CONF:8: memory, zone normal (soft-reserved 0x140000000+0x10000000)
dax1.0: would be online: 2 blocks, 256M, Normal, node 2
dax0.0: $CONF:3: memory, zone movable if it is not online already, exclusive yes, overwrite no, within 30 s (nvdimm $UUID)
dax0.0: would be online: 2 blocks, 256M, Movable, node 1" ""
else
	ktap_fail "--dry-run tells what would become of each device" \
		"something was written"
fi
k apply --verbose
ktap_check "--dry-run printed what --verbose prints" \
	test "$(grep "^echo " "$WORK/err")" = "$planned"
err=""
made=$(sed 's/^[0-9]* \([^ ]*\) /\1 /' "$WORK/log")
out=$(grep . <<<"$planned" |
	sed 's,^echo \(.*\) >/sys/\(.*\)$,\2 \1,
	     s,^bus/dax/devices/dax0.0/,devices/ndbus0/region0/dax0.1/dax0.0/,')
expect "--dry-run printed the writes that are made then, that of exclusive as well" \
	0 "$made" ""
conf "[all]\nmode = devdax\n[cxl-memdev 0x33]\nmode = devdax\n"
k apply --dry-run -J
ktap_check "--dry-run -J warns of a section that matches no device on stderr alone" \
	grep -q "^kmemctl: $CONF:3: warning: \[cxl-memdev 0x33\]" "$WORK/err"
# shellcheck disable=SC2016 # perl's
ktap_check "--dry-run -J prints its JSON as without the warning" \
	perl -MJSON::PP -0777 -e 'decode_json(<>)' "$WORK/out"
conf "[all]\nmode = devdax\n"
k apply --dry-run dax7.0
expect "--dry-run of a device that is not there" 3 "" \
	"kmemctl: dax7.0: no such device; run 'kmemctl list' to see the devices"

# check-config of one device: what udev asks. It says what apply would do.
# asked SENTENCE CONFIGURATION DEVICE RC OUT ERR
asked() {
	apply_tree
	[ -z "$2" ] || conf "$2"
	tree_keep
	k check-config "$3"
	if [ "$(tree_print)" = "$BEFORE" ] && [ ! -s "$WORK/log" ] &&
	   [ ! -e "$TREE/run/kmemctl.lock" ]; then
		expect "$1" "$4" "$5" "$6"
	else
		ktap_fail "$1" "something was written, or the lock was taken"
	fi
}
MEMORY="memory, zone movable if it is not online already"
NONE="no section sets a mode"
# kind SECTION DEVICE ID: such a section is a policy for this device alone
kind() {
	asked "check-config: a section [${1%% *}] is a policy for $2" \
		"[$1]\nmode = system-ram\n" "$2" 0 "$2: $CONF:1: $MEMORY ($3)" ""
	asked "check-config: a section [${1%% *}] is none for dax3.0" \
		"[$1]\nmode = system-ram\n" dax3.0 4 "dax3.0: $NONE (no id)" ""
}
kind "nvdimm $UUID" dax0.0 "nvdimm $UUID"
kind "soft-reserved 4G+8G" dax1.0 "soft-reserved 0x140000000+0x10000000"
kind "cxl-memdev 0x3344" dax2.0 "cxl-memdev 0x1122 0x3344"
asked "check-config: [all] is a policy for a device of unknown origin" \
	"[all]\nmode = devdax\n" dax3.0 0 \
	"dax3.0: $CONF:1: character device, driver device_dax (no id)" ""
asked "check-config: a section without a mode is no policy" \
	"[all]\nzone = normal\n" dax3.0 4 "dax3.0: $NONE (no id)" ""
asked "check-config: no configuration is no policy" "" dax0.0 4 \
	"dax0.0: $NONE (nvdimm $UUID)" ""
asked "check-config: a mistake in any section is an error for each device" \
	"[all]\nmode = system-ram\n[nvdimm $UUID]\nzone = movabel\n" dax3.0 1 "" \
	"kmemctl: $CONF:4: zone is movable or normal, not 'movabel'; see kmemctl.conf(5)"
asked "check-config: two sections for one device are an error" \
	"[cxl-memdev 0x1122]\nmode = devdax\n[cxl-memdev 0x3344]\nmode = devdax\n" \
	dax2.0 1 "" \
	"kmemctl: dax2.0: two sections match it: $CONF:1 and $CONF:3; remove one of them"
asked "check-config: a device that is not there" "[all]\nmode = devdax\n" \
	dax7.0 3 "" \
	"kmemctl: dax7.0: no such device; run 'kmemctl list' to see the devices"
apply_tree
echo $UUID >"$TREE/sys/devices/root0/decoder0.0/region2/uuid"
conf "[cxl-region $UUID]\nmode = system-ram\n"
k check-config dax2.0
expect "check-config: a section [cxl-region] is a policy for dax2.0" 0 \
	"dax2.0: $CONF:1: $MEMORY (cxl-region $UUID)" ""
mkdir -p "$TREE/etc/daxctl.conf.d"
printf '[reconfigure-device a]\nnvdimm.uuid = %s\n' $UUID \
	>"$TREE/etc/daxctl.conf.d/a.conf"
k check-config dax0.0
expect "check-config: a section of daxctl is a policy for dax0.0" 0 \
	"dax0.0: /etc/daxctl.conf.d/a.conf:1: memory, zone movable (nvdimm $UUID)" ""
rm -r "$TREE$CONF" "$TREE/etc/daxctl.conf.d"
mkdir "$TREE$CONF"
k check-config dax0.0
expect "check-config: a configuration that cannot be read is an error" 1 "" \
	"kmemctl: $CONF: cannot read it: Is a directory"
