# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034
#
# doctor: a system where all is well, and then a problem for each check to find.
# The verdict, the finding and the next step are compared.

RELEASE=$(uname -r)
EFIVAR=sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
GOOD_LAYOUT="Linux 6.1, by table, proved at bind"

# put FILE TEXT...: a file of the tree, lines as printf has them
put() {
	mkdir -p "$TREE/${1%/*}"
	printf '%b' "$2" >"$TREE/$1"
}

# builtin NAME...: modules that are built into the kernel, and kmem.ko as it is
builtin() {
	printf 'kernel/drivers/dax/%s.ko\n' "$@" \
		>"$TREE/lib/modules/$RELEASE/modules.builtin"
	/sbin/depmod -b "$TREE" "$RELEASE" 2>/dev/null
}

# no_module NAME...: the kernel has no kmem.ko, but these built in
no_module() {
	rm -rf "$TREE/lib/modules/$RELEASE/updates"
	builtin "$@"
}

# module KEY=VALUE...: the kmem.ko that modprobe would load. An object file is
# enough, because nothing loads it.
module() {
	local dir=$TREE/lib/modules/$RELEASE info n=0

	rm -rf "$dir"
	mkdir -p "$dir/updates/dkms"
	for info; do
		printf '__attribute__((section(".modinfo"), used)) static const char i%d[] = "%s";\n' \
			$((n++)) "$info"
	done | gcc -x c -c -o "$dir/updates/dkms/kmem.ko" - &&
		builtin device_dax dax_pmem dax_hmem
}

# our_module [KEY=VALUE...]: in the place of its layout and that it is tested
our_module() {
	[ $# -gt 0 ] || set -- "layout=$GOOD_LAYOUT" tested=yes
	module version=1.2.3 srcversion=ABC "vermagic=$RELEASE SMP" "$@"
}

# All is well: dax-kmem is loaded, dax0.0 is memory.
doctor_tree() {
	tree_kmem "$WORK/t" online Movable
	echo offline >"$TREE/sys/devices/system/memory/auto_online_blocks"
	put proc/cmdline "quiet root=/dev/vda1\n"
	put proc/meminfo "MemTotal: 4000000 kB\nMemAvailable: 3000000 kB\n"
	put proc/iomem "00001000-0009ffff : System RAM
100000000-11fffffff : dax0.0\n  100000000-11fffffff : System RAM (kmem)
180000000-18fffffff : dax0.0\n  180000000-18fffffff : System RAM (kmem)\n"
	put sys/bus/dax/drivers/kmem/stranded ""
	tree_parameter
	put sys/module/kmem/version "1.2.3\n"
	put sys/module/kmem/srcversion "ABC\n"
	put sys/module/kmem/taint "OE\n"
	put sys/module/memory_hotplug/parameters/memmap_on_memory "N\n"
	cp -a "$WORK/our_module" "$TREE/lib"
}

# The kmem that is loaded is the kernel's own.
not_ours() {
	rm "$TREE/sys/bus/dax/drivers/kmem/stranded" \
		"$TREE/sys/module/kmem/parameters/bind_state"
}

# finding SENTENCE RC CHECK VERDICT FINDING [NEXT]: one of the lines of that
# check is this one.
finding() {
	local lines expected="$4 $5${6:+
-> $6}"

	k doctor -n
	lines=$(awk -v check="$3" '
		$1 == check { p = 1; $1 = ""; sub(/^ /, ""); print; next }
		$1 == "->" && p { sub(/^ */, ""); print; next }
		{ p = 0 }' "$WORK/out")
	if [ "$rc" = "$2" ] && [ -z "$err" ] &&
	   [[ $'\n'$lines$'\n' == *$'\n'"$expected"$'\n'* ]]; then
		ktap_pass "$3: $1"
	else
		ktap_fail "$3: $1" "exit $rc, not $2
$lines
expected:
$expected
$err"
	fi
}

tree_new "$WORK/t"
our_module
cp -a "$TREE/lib" "$WORK/our_module"
doctor_tree
k doctor
WELL="CHECK          VERDICT FINDING
kernel-config  ok      the kernel can remove memory and has the modules needed
kmem-loaded    ok      dax-kmem 1.2.3, taint OE
kmem-installed ok      dax-kmem 1.2.3: /lib/modules/$RELEASE/updates/dkms/kmem.ko
kmem-tested    ok      dax-kmem is tested on this kernel; layout: $GOOD_LAYOUT
blacklist      ok      no module needed is blacklisted
signature      ok      the kernel loads modules without a signature
auto-online    ok      auto_online_blocks is offline
memmap         ok      memmap_on_memory is N: the memmap of all devices needs 12M of RAM
udev-rules     ok      no udev rule onlines memory blocks
dax-bus        ok      the kernel has /sys/bus/dax
nodes          ok      dax0.0: node 1 (near node 0)
left-behind    ok      no unbind left memory behind
config         ok      0 sections in 0 files
policy         ok      no device differs from kmemctl.conf

14 ok, 0 warn, 0 fail"
expect "doctor: all is well" 0 "$WELL" ""
k doctor -J
cp "$WORK/out" "$WORK/json"
# shellcheck disable=SC2016 # perl's
ktap_check "doctor: the same as JSON" perl -MJSON::PP -e '
	local $/;
	my $checks = decode_json(<>)->{checks};
	die scalar(@$checks) . " checks" unless @$checks == 14;
	for (@$checks) {
		die "$_->{check}: $_->{verdict}" if $_->{verdict} ne "ok";
		die "$_->{check}: next" if defined $_->{next};
	}' "$WORK/json"
before=$(tree_print)
k doctor
ktap_check "doctor: nothing is written" test "$(tree_print)" = "$before"

# The kernel.
doctor_tree
find "$TREE/sys/devices/system/memory" -name valid_zones -delete
finding "the kernel cannot remove memory" 1 kernel-config fail \
	"the kernel cannot remove memory: memory blocks have no valid_zones" \
	"boot a kernel with CONFIG_MEMORY_HOTREMOVE"
doctor_tree
builtin dax_pmem dax_hmem
finding "device_dax is missing" 1 kernel-config fail \
	"the kernel has no device_dax" "boot a kernel with CONFIG_DEV_DAX"
mkdir "$TREE/sys/module/device_dax"
finding "a module that is loaded is not missing" 0 kernel-config ok \
	"the kernel can remove memory and has the modules needed"
doctor_tree
builtin device_dax dax_hmem
finding "no driver for NVDIMMs" 0 kernel-config warn \
	"the kernel has no dax_pmem" \
	"to use NVDIMMs, boot a kernel with CONFIG_DEV_DAX_PMEM"
doctor_tree
builtin device_dax dax_pmem
finding "no driver for reserved memory" 0 kernel-config warn \
	"the kernel has no dax_hmem" \
	"to use reserved and CXL memory, boot a kernel with CONFIG_DEV_DAX_HMEM"
doctor_tree
no_module kmem device_dax dax_pmem dax_hmem
finding "the kernel's own kmem is built in" 0 kmem-installed warn \
	"kmem is built into the kernel: dax-kmem cannot replace it" \
	"boot a kernel with CONFIG_DEV_DAX_KMEM=m"

# Modules.
RELOAD="run 'kmemctl offline all', 'rmmod kmem', 'modprobe kmem'"
doctor_tree
rm -r "$TREE/sys/module/kmem" "$TREE/sys/bus/dax/drivers/kmem"
rm "$TREE/sys/devices/platform/dax0.0/driver"
put proc/iomem "00001000-0009ffff : System RAM"
finding "none is loaded" 0 kmem-loaded ok \
	"no kmem driver is loaded; 'kmemctl online' loads it"
doctor_tree
rm "$TREE/sys/module/kmem/version"
not_ours
finding "the kernel's own is loaded instead of ours" 0 kmem-loaded warn \
	"the kernel's own kmem is loaded, although dax-kmem 1.2.3 is installed" \
	"$RELOAD; if it is back after a boot, 'update-initramfs -u'"
module intree=Y "vermagic=$RELEASE SMP"
finding "the kernel's own is loaded and there is no other" 0 kmem-loaded ok \
	"the kernel's own kmem"
finding "modprobe takes the kernel's own" 0 kmem-installed warn \
	"modprobe loads the kernel's own kmem: /lib/modules/$RELEASE/updates/dkms/kmem.ko" \
	"install dax-kmem, then check 'dkms status'"
doctor_tree
no_module device_dax dax_pmem dax_hmem
finding "no module, but one is loaded" 0 kmem-installed warn \
	"modprobe finds no kmem for this kernel" \
	"install dax-kmem, then check 'dkms status'"
rm -r "$TREE/sys/module/kmem" "$TREE/sys/bus/dax/drivers/kmem"
finding "no module at all" 1 kmem-installed fail \
	"modprobe finds no kmem for this kernel" \
	"install dax-kmem, then check 'dkms status'"
doctor_tree
module version=1.2.3 srcversion=ABC "layout=$GOOD_LAYOUT" \
	"vermagic=5.0.0-x SMP"
finding "a module for another kernel" 1 kmem-installed fail \
	"/lib/modules/$RELEASE/updates/dkms/kmem.ko was built for another kernel: 5.0.0-x SMP" \
	"rebuild it for this kernel: see 'dkms status'"
doctor_tree
echo DEF >"$TREE/sys/module/kmem/srcversion"
finding "another build is loaded" 0 kmem-installed warn \
	"dax-kmem 1.2.3, but another build of it is loaded" "$RELOAD"
doctor_tree
module version=1.2.3 srcversion=ABC "vermagic=$RELEASE SMP" "layout=Linux 9.9"
finding "a module without proof" 1 kmem-installed fail \
	"/lib/modules/$RELEASE/updates/dkms/kmem.ko is not verified for this kernel (layout: Linux 9.9)" \
	"rebuild it for this kernel: see 'dkms status'"

doctor_tree
finding "a kernel that is tested" 0 kmem-tested ok \
	"dax-kmem is tested on this kernel; layout: $GOOD_LAYOUT"
PROVED="Linux 6.8, proved by BTF at build and again at bind"
our_module "layout=$PROVED" tested=no
finding "a kernel that only its BTF proves" 0 kmem-tested warn \
	"dax-kmem is not tested on this kernel; layout: $PROVED" \
	"try 'kmemctl online' and 'kmemctl offline' before programs need the memory"
ASKED="Linux 6.8, as asked for, proved at bind only"
our_module "layout=$ASKED" tested=no
finding "a kernel that nothing proves" 0 kmem-tested warn \
	"no test and no BTF proves that dax-kmem has this kernel's structures; layout: $ASKED" \
	"install it again while this kernel runs, whose BTF then proves the layout"
not_ours
no_module device_dax dax_pmem dax_hmem
k doctor
ktap_check "doctor: nothing is said of tests where dax-kmem is not installed" \
	[ "${out#*kmem-tested}" = "$out" ]

REMOVE="remove the entry, then run 'depmod' and 'update-initramfs -u'"
for name in kmem device_dax; do
	doctor_tree
	put etc/modprobe.d/x.conf "blacklist $name\n"
	finding "$name" 1 blacklist fail "$name is blacklisted in modprobe.d" \
		"$REMOVE"
done
doctor_tree
put etc/modprobe.d/x.conf "blacklist dax_hmem\nblacklist floppy\n"
finding "dax_hmem" 0 blacklist warn "dax_hmem is blacklisted in modprobe.d" \
	"$REMOVE"
doctor_tree
put etc/modprobe.d/x.conf "install kmem /bin/false\n"
finding "a command instead of kmem" 1 blacklist fail \
	"kmem is not loaded: modprobe.d has 'install kmem /bin/false'" "$REMOVE"
doctor_tree
put proc/cmdline "module_blacklist=floppy,kmem quiet\n"
finding "on the kernel's command line" 1 blacklist fail \
	"kmem is in module_blacklist= on the kernel command line" \
	"boot without it"

# Signatures.
doctor_tree
put "$EFIVAR" '\006\000\000\000\001'
finding "Secure Boot without lockdown is told apart" 1 signature fail \
	"Secure Boot requires signed modules, but /lib/modules/$RELEASE/updates/dkms/kmem.ko is not signed" \
	"let DKMS sign it, which needs openssl, and enroll its key with 'mokutil --import'"
put sys/kernel/security/lockdown '[none] integrity confidentiality\n'
finding "Secure Boot, but no lockdown" 0 signature ok \
	"the kernel loads modules without a signature"
put "$EFIVAR" '\006\000\000\000\000'
rm -r "$TREE/sys/kernel"
finding "Secure Boot is off" 0 signature ok \
	"the kernel loads modules without a signature"
put sys/kernel/security/lockdown 'none [integrity] confidentiality\n'
finding "lockdown" 1 signature fail \
	"lockdown requires signed modules, but /lib/modules/$RELEASE/updates/dkms/kmem.ko is not signed" \
	"let DKMS sign it, which needs openssl, and enroll its key with 'mokutil --import'"
rm -r "$TREE/sys/kernel"
put sys/module/module/parameters/sig_enforce "Y\n"
finding "sig_enforce" 1 signature fail \
	"sig_enforce requires signed modules, but /lib/modules/$RELEASE/updates/dkms/kmem.ko is not signed" \
	"let DKMS sign it, which needs openssl, and enroll its key with 'mokutil --import'"
our_module "layout=$GOOD_LAYOUT" "signer=DKMS module signing key"
KEY="sig_enforce requires signed modules"
finding "no keys can be read" 0 signature warn \
	"$KEY: is the key 'DKMS module signing key' enrolled? /proc/keys: No such file or directory" \
	"look for it in 'mokutil --list-enrolled'"
put proc/keys "1a2b I------ 1 perm 1f030000 0 0 asymmetri Debian Secure Boot CA: 6cce: X509.rsa 4a1c []
2b3c I------ 1 perm 1f030000 0 0 user      DKMS module signing key: 3\n"
finding "a key that is not enrolled" 1 signature fail \
	"$KEY, and the kernel has no key 'DKMS module signing key', which signed kmem" \
	"run 'mokutil --import /var/lib/dkms/mok.pub', reboot, and confirm it"
put proc/keys "1a2b I------ 1 perm 1f030000 0 0 asymmetri DKMS module signing key: 6cce: X509.rsa 4a1c []\n"
finding "a key that is enrolled" 0 signature ok \
	"$KEY; kmem is signed by 'DKMS module signing key', and the kernel has a key of that name"
put proc/keys "1a2b I------ 1 perm 1f030000 0 0 user      mine: 3\\n"
seen="fail $KEY, and the kernel has no key"
[ "$(id -u)" -eq 0 ] ||
	seen="unknown $KEY: only root sees whether the kernel has the key"
k doctor -n
ktap_check "signature: no key of the kernel's is shown, which tells root something" \
	grep -q "^signature  *$seen" "$WORK/out"

# The system's policies.
doctor_tree
echo online >"$TREE/sys/devices/system/memory/auto_online_blocks"
put proc/cmdline "quiet memhp_default_state=online\n"
finding "policy online" 0 auto-online warn \
	"auto_online_blocks is online (booted with memhp_default_state=online): memory that another program binds may go to zone Normal" \
	"boot with memhp_default_state=offline, or bind with kmemctl only"
echo online_movable >"$TREE/sys/devices/system/memory/auto_online_blocks"
finding "policy online_movable" 0 auto-online ok \
	"auto_online_blocks is online_movable (booted with memhp_default_state=online)"
echo online >"$TREE/sys/devices/system/memory/auto_online_blocks"
echo unplugged >"$TREE/sys/module/kmem/parameters/bind_state"
finding "policy online, but kmem does not follow it" 0 auto-online ok \
	"auto_online_blocks is online, but bind_state of kmem is unplugged"
echo offline >"$TREE/sys/devices/system/memory/auto_online_blocks"
echo online_kernel >"$TREE/sys/module/kmem/parameters/bind_state"
finding "policy offline, but kmem does not follow it" 0 auto-online warn \
	"bind_state of kmem is online_kernel: memory that another program binds may go to zone Normal" \
	"write offline to /sys/module/kmem/parameters/bind_state; 'modprobe -c' shows the option"
rm "$TREE/sys/devices/system/memory/auto_online_blocks"
finding "no policy" 1 auto-online fail \
	"cannot read auto_online_blocks: No such file or directory" \
	"boot a kernel with CONFIG_MEMORY_HOTPLUG"
doctor_tree
put proc/meminfo "MemAvailable: 10240 kB\n"
finding "more memmap than RAM" 0 memmap warn \
	"memmap_on_memory is N: the memmap of all devices needs 12M of RAM, but only 10M is available" \
	"free RAM, or boot with memory_hotplug.memmap_on_memory=1, then use --memmap-on-memory"
echo Y >"$TREE/sys/module/memory_hotplug/parameters/memmap_on_memory"
finding "memmap on the device" 0 memmap ok \
	"memmap_on_memory is Y: the memmap can be kept on the device"
put proc/kallsyms "0 T x\n0 t prevent_memory_remove_notifier\n"
finding "more memmap than RAM, and it may not be on the device" 0 memmap warn \
	"memmap_on_memory is Y: the memmap of all devices needs 12M of RAM, but only 10M is available" \
	"free RAM"

# udev: rules as Red Hat's and Ubuntu's have them.
MASK="disable it: create an empty file of that name in /etc/udev/rules.d"
doctor_tree
put usr/lib/udev/rules.d/40-vm.rules '# hotplug
SUBSYSTEM=="memory", ACTION=="add", TEST=="state", ATTR{state}!="online", ATTR{state}="online"\n'
finding "a rule that onlines" 0 udev-rules warn \
	"/usr/lib/udev/rules.d/40-vm.rules:2 onlines memory blocks by itself" "$MASK"
mkdir -p "$TREE/etc/udev/rules.d"
ln -s /dev/null "$TREE/etc/udev/rules.d/40-vm.rules"
finding "a rule that is masked" 0 udev-rules ok \
	"no udev rule onlines memory blocks"
# shellcheck disable=SC2016 # udev's
put run/udev/rules.d/40-redhat.rules 'SUBSYSTEM!="memory", GOTO="end"
ACTION!="add", GOTO="end"\nENV{.state}="online"
ATTR{state}=="offline", ATTR{state}="$env{.state}"\nLABEL="end"\n'
finding "a rule behind a GOTO" 0 udev-rules warn \
	"/run/udev/rules.d/40-redhat.rules:4 onlines memory blocks by itself" "$MASK"
put run/udev/rules.d/40-redhat.rules 'SUBSYSTEM=="cpu", ATTR{state}="x"
SUBSYSTEM=="memory", ATTR{state}=="offline", RUN+="/bin/true"
#SUBSYSTEM=="memory", ATTR{state}="online"\n'
finding "rules that only look, or are for other devices" 0 udev-rules ok \
	"no udev rule onlines memory blocks"

# The bus and its devices.
doctor_tree
rm -r "$TREE/sys/bus/dax"
finding "no bus" 1 dax-bus fail "the kernel has no /sys/bus/dax" \
	"run 'modprobe device_dax'"
doctor_tree
rm "$TREE/sys/devices/platform/dax0.0/target_node"
finding "a device without a node" 1 nodes fail \
	"dax0.0 has no target_node and cannot become memory (no id)" \
	"the firmware assigned no node: check SRAT, HMAT and 'ndctl list -v'"
echo 0 >"$TREE/sys/devices/platform/dax0.0/target_node"
finding "a device on the node of CPUs" 0 nodes warn \
	"dax0.0 has no node of its own: its memory goes to node 0, the nearest with CPUs (no id)" \
	"programs cannot select it by node: check SRAT and the firmware settings"
doctor_tree
echo many >"$TREE/sys/devices/platform/dax0.0/size"
finding "a device that cannot be read" 1 devices fail \
	"dax0.0: cannot read size: unexpected value" \
	"see 'dmesg' for the kernel's reason"
doctor_tree
put sys/bus/dax/drivers/kmem/stranded \
	"dax1.0 2 0x200000000-0x2ffffffff\ndax2.0 3 0x400000000-0x4ffffffff\n"
finding "memory on record without a device" 0 left-behind warn \
	"an unbind left memory of 2 devices in use, the first dax1.0: node 2, 0x200000000-0x2ffffffff" \
	"'kmemctl bind' the device to manage it again, or 'kmemctl offline' it"
put sys/bus/dax/drivers/kmem/stranded "dax1.0 2 x\n"
finding "a record of such memory that cannot be read" 1 left-behind fail \
	"cannot read stranded of kmem: $(sed -n 's/^bad="\(.*\)"/\1/p' "$HERE/errors.sh")" \
	"see 'dmesg' for the kernel's reason"
doctor_tree
rm "$TREE/sys/devices/platform/dax0.0/driver"
LEFT="an unbind left memory in use without a driver: 2 ranges, the first 0x100000000-0x11fffffff"
finding "memory that the kernel's own left before dax-kmem was loaded" 1 \
	left-behind fail "$LEFT of dax0.0" \
	"'kmemctl offline dax0.0' gives it back, 'kmemctl bind dax0.0' manages it again"
not_ours
LOAD="with dax-kmem installed, run 'rmmod kmem', 'modprobe kmem',"
finding "memory that the kernel's own left behind" 1 left-behind fail \
	"$LEFT of dax0.0" \
	"$LOAD 'kmemctl offline dax0.0' gives it back, 'kmemctl bind dax0.0' manages it again"
cp "$TREE/proc/iomem" "$WORK/iomem"
sed -i 's/^1[08]0000000-1\([18]\)fffffff : dax/100000000-1\17ffffff : dax/' "$TREE/proc/iomem"
finding "memory that is not of exactly the device's range" 1 left-behind fail \
	"$LEFT of dax0.0" \
	"have a device of exactly this range; $LOAD 'kmemctl offline' of it gives the memory back"
cp "$WORK/iomem" "$TREE/proc/iomem"
rm -r "$TREE/sys/devices/platform/dax0.0" "$TREE/sys/bus/dax/devices/dax0.0"
finding "memory of a device that is gone" 1 left-behind fail "$LEFT" \
	"have a device of exactly this range; $LOAD 'kmemctl offline' of it gives the memory back"
doctor_tree
mkdir -p "$TREE/sys/devices/platform/dax0.0/kmem"
echo 1 >"$TREE/sys/devices/platform/dax0.0/kmem/exclusive"
finding "a device that is exclusive" 0 exclusive ok \
	"dax0.0 is exclusive: nobody can change its memory blocks one by one" \
	"use kmemctl; or allow it: echo 0 >/sys/bus/dax/devices/dax0.0/kmem/exclusive"
echo 0 >"$TREE/sys/devices/platform/dax0.0/kmem/exclusive"
k doctor
expect "doctor: exclusive is not mentioned when no device is" 0 "$WELL" ""
doctor_tree
put etc/kmemctl.conf "[all]\nmode=x\nzone=y\n"
finding "a mistake in it" 1 config fail \
	"/etc/kmemctl.conf:2: mode is system-ram or devdax, not 'x'" \
	"'kmemctl check-config' shows all errors"


# Devices and their policy.
put etc/kmemctl.conf "[all]\nmode=system-ram\n"
finding "a device that is as its section says" 0 policy ok \
	"no device differs from kmemctl.conf"
put etc/kmemctl.conf "[all]\nmode=devdax\n"
NEXT="see 'journalctl -u kmemctl-apply@dax0.0', then run 'kmemctl apply dax0.0'"
finding "memory that should be a character device" 0 policy warn \
	"dax0.0 is not a character device, as /etc/kmemctl.conf:1 wants it" "$NEXT"
put etc/kmemctl.conf "[all]\nmode=system-ram\n"
echo offline >"$TREE/sys/devices/system/memory/memory32/state"
finding "memory of which a block is offline" 0 policy warn \
	"dax0.0 is not online, as /etc/kmemctl.conf:1 wants it" "$NEXT"
rm "$TREE/etc/kmemctl.conf"
finding "memory that has no policy and is offline in part" 0 policy ok \
	"no device differs from kmemctl.conf"
rm -r "$TREE"/sys/devices/system/memory/memory3[2-5] \
	"$TREE"/sys/devices/system/memory/memory4[89]
finding "a device that kmem took by itself" 0 policy warn \
	"dax0.0 is bound to kmem and has no memory online, because no section sets its mode" \
	"run 'kmemctl online dax0.0'; for each boot, set its mode in kmemctl.conf(5)"
put etc/daxctl.conf.d/a.conf "[reconfigure-device a]\nnvdimm.uuid=48d8e42c-a2f0-4312-9e70-a837faafe862\nonline=false\n"
tree_below dax0.0 ndbus0/region0/dax0.1 nd
echo 48d8e42c-a2f0-4312-9e70-a837faafe862 \
	>"$TREE/sys/devices/ndbus0/region0/dax0.1/uuid"
finding "a device that its section keeps offline" 0 policy ok \
	"no device differs from kmemctl.conf"

# Order and width.
doctor_tree
echo online >"$TREE/sys/devices/system/memory/auto_online_blocks"
put etc/modprobe.d/x.conf "blacklist dax_hmem\n"
put etc/kmemctl.conf "[all]\nmode=x\n"
k doctor -n
ktap_check "doctor: the worst come first, else in the order of the checks" \
	test "$(awk '$1 != "->" { print $1, $2 }' "$WORK/out" | head -n 4)" = \
	"config fail
blacklist warn
auto-online warn
kernel-config ok"
words=$(tr -s ' \n' '\n' <"$WORK/out")
TERM=xterm script -qec "stty cols 100; ASAN_OPTIONS=exitcode=99 \
	$KMEMCTL --sysroot $TREE doctor -n" /dev/null </dev/null |
	tr -d '\r' >"$WORK/screen"
ktap_check "doctor: findings wrap to the width of the terminal" \
	awk 'length > 100 { exit 1 } END { exit NR <= 15 }' "$WORK/screen"
ktap_check "doctor: findings wrap at words" \
	test "$(tr -s ' \n' '\n' <"$WORK/screen")" = "$words"
k doctor -J
# shellcheck disable=SC2016 # perl's
ktap_check "doctor: JSON has the same order, and the next step" \
	perl -MJSON::PP -0777 -e '
	my ($first, $second) = @{decode_json(<>)->{checks}};
	die unless "@$first{qw(check verdict)}" eq "config fail";
	die unless $first->{next} =~ /check-config/;
	die unless "@$second{qw(check verdict)}" eq "blacklist warn";' "$WORK/out"

doctor_tree
rm "$TREE/proc/iomem"
finding "what is in use cannot be read" 1 left-behind fail \
	"cannot read /proc/iomem: No such file or directory" "mount /proc"

# Not root: the kernel shows no addresses.
doctor_tree
sed -i 's/^\( *\)[0-9a-f]*-[0-9a-f]*/\100000000-00000000/' "$TREE/proc/iomem"
put etc/kmemctl.conf ""
chmod 000 "$TREE/etc/kmemctl.conf"
k_user doctor
expect "doctor: without root it says what root would add" 0 \
"$(head -n 1 <<<"$WELL")
left-behind    unknown only root sees the addresses in /proc/iomem
config         unknown /etc/kmemctl.conf: cannot read it: Permission denied
$(sed -e '/^CHECK/d; /^left-behind/d; /^config/d' \
	-e '/^policy /d' \
	-e 's/^14 ok.*/11 ok, 0 warn, 0 fail, 2 unknown/' <<<"$WELL")" \
	"kmemctl: run as root to add: left-behind, config"
chmod 644 "$TREE/etc/kmemctl.conf"
k_user doctor -n
ktap_check "doctor: only root sees which section a device has" grep -q \
	"^policy  *unknown  *only root sees which section dax0.0 has" "$WORK/out"
