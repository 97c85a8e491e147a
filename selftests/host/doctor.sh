# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034
#
# doctor: a system where all is well, and then each check made to find what it
# looks for. The verdict, the finding and the next step are compared.

RELEASE=$(uname -r)
EFIVAR=sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
GOOD_LAYOUT="family 1 by table, proved at bind"

# put FILE TEXT...: a file of the tree, lines as printf has them
put() {
	mkdir -p "$TREE/${1%/*}"
	printf '%b' "$2" >"$TREE/$1"
}

# module KEY=VALUE...: the kmem.ko that modprobe would load. An object file is
# module enough: nothing inserts it.
module() {
	local dir=$TREE/lib/modules/$RELEASE info n=0

	rm -rf "$dir"
	mkdir -p "$dir/updates/dkms"
	for info; do
		printf '__attribute__((section(".modinfo"), used)) static const char i%d[] = "%s";\n' \
			$((n++)) "$info"
	done | gcc -x c -c -o "$dir/updates/dkms/kmem.ko" - &&
		/sbin/depmod -b "$TREE" "$RELEASE" 2>/dev/null
}

our_module() {
	module version=1.2.3 srcversion=ABC "vermagic=$RELEASE SMP" \
		"layout=$GOOD_LAYOUT"
}

# All is well: dax-kmem is loaded, dax0.0 is memory.
doctor_tree() {
	tree_kmem "$WORK/t" online Movable
	echo offline >"$TREE/sys/devices/system/memory/auto_online_blocks"
	put "boot/config-$RELEASE" "CONFIG_MEMORY_HOTPLUG=y
CONFIG_MEMORY_HOTREMOVE=y\nCONFIG_DEV_DAX=m\nCONFIG_DEV_DAX_PMEM=m
CONFIG_DEV_DAX_HMEM=m\nCONFIG_DEV_DAX_KMEM=m\n"
	put proc/cmdline "quiet root=/dev/vda1\n"
	put proc/meminfo "MemTotal: 4000000 kB\nMemAvailable: 3000000 kB\n"
	put proc/iomem "00001000-0009ffff : System RAM
100000000-11fffffff : dax0.0\n  100000000-11fffffff : System RAM (kmem)
180000000-18fffffff : dax0.0\n  180000000-18fffffff : System RAM (kmem)\n"
	put sys/bus/dax/drivers/kmem/stranded ""
	put sys/module/kmem/version "1.2.3\n"
	put sys/module/kmem/srcversion "ABC\n"
	put sys/module/kmem/taint "OE\n"
	put sys/module/memory_hotplug/parameters/memmap_on_memory "N\n"
	cp -a "$WORK/our_module" "$TREE/lib"
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
kernel-config  ok      /boot/config-$RELEASE has what is needed
kmem-loaded    ok      dax-kmem 1.2.3, taint OE
kmem-installed ok      dax-kmem 1.2.3: /lib/modules/$RELEASE/updates/dkms/kmem.ko
blacklist      ok      none of the modules needed is blacklisted
layout         ok      $GOOD_LAYOUT
signature      ok      Secure Boot is not there, modules need no signature
auto-online    ok      offline
memmap         ok      memmap_on_memory is N: all devices would take 12M of RAM
udev-rules     ok      no rule of udev onlines memory
dax-bus        ok      the kernel has /sys/bus/dax
nodes          ok      dax0.0: 1 (near 0)
left-behind    ok      no memory was left behind by an unbind
config         ok      0 sections in 0 files

13 ok, 0 warn, 0 fail"
expect "doctor: all is well" 0 "$WELL" ""
k doctor -J
cp "$WORK/out" "$WORK/json"
# shellcheck disable=SC2016 # perl's
ktap_check "doctor: the same as JSON" perl -MJSON::PP -e '
	local $/;
	my $checks = decode_json(<>)->{checks};
	die scalar(@$checks) . " checks" unless @$checks == 13;
	for (@$checks) {
		die "$_->{check}: $_->{verdict}" if $_->{verdict} ne "ok";
		die "$_->{check}: next" if defined $_->{next};
	}' "$WORK/json"
before=$(tree_print)
k doctor
ktap_check "doctor: nothing is written" test "$(tree_print)" = "$before"

# The kernel.
for option in MEMORY_HOTPLUG MEMORY_HOTREMOVE DEV_DAX; do
	doctor_tree
	sed -i "/^CONFIG_$option=/d" "$TREE/boot/config-$RELEASE"
	next="boot a kernel that has it"
	[ $option != MEMORY_HOTREMOVE ] ||
		next+=": memory could never be given back"
	finding "$option is missing" 1 kernel-config fail \
		"CONFIG_$option is not set in /boot/config-$RELEASE" "$next"
done
doctor_tree
sed -i "s/^CONFIG_DEV_DAX_HMEM=m/# CONFIG_DEV_DAX_HMEM is not set/" \
	"$TREE/boot/config-$RELEASE"
finding "no driver for reserved memory" 0 kernel-config warn \
	"CONFIG_DEV_DAX_HMEM is not set in /boot/config-$RELEASE" \
	"without it reserved and CXL memory are no dax devices"
doctor_tree
sed -i "s/^CONFIG_DEV_DAX_KMEM=m/CONFIG_DEV_DAX_KMEM=y/" \
	"$TREE/boot/config-$RELEASE"
finding "the kernel's own kmem is built in" 0 kernel-config warn \
	"CONFIG_DEV_DAX_KMEM=y: dax-kmem cannot take the place of the kernel's own" \
	"boot a kernel that has it as a module"
doctor_tree
gzip -c "$TREE/boot/config-$RELEASE" >"$TREE/proc/config.gz"
rm -r "${TREE:?}/boot"
finding "/proc/config.gz" 0 kernel-config ok \
	"/proc/config.gz has what is needed"
head -c 60 "$TREE/proc/config.gz" >"$TREE/proc/half"
mv "$TREE/proc/half" "$TREE/proc/config.gz"
finding "half of /proc/config.gz is none" 0 kernel-config warn \
	"no /proc/config.gz, nor config in /boot or /lib/modules" \
	"install the kernel's package, which has it"

# Modules.
RELOAD="'kmemctl offline all', 'rmmod kmem', 'modprobe kmem'"
doctor_tree
rm -r "$TREE/sys/module/kmem" "$TREE/sys/bus/dax/drivers/kmem"
rm "$TREE/sys/devices/platform/dax0.0/driver" "$TREE/proc/iomem"
finding "none is loaded" 0 kmem-loaded ok \
	"no kmem is loaded; 'kmemctl online' loads it"
doctor_tree
rm "$TREE/sys/module/kmem/version" "$TREE/sys/bus/dax/drivers/kmem/stranded"
finding "the kernel's own is loaded instead of ours" 0 kmem-loaded warn \
	"the kernel's own, though dax-kmem 1.2.3 is installed" "$RELOAD"
module intree=Y "vermagic=$RELEASE SMP"
finding "the kernel's own is loaded and there is no other" 0 kmem-loaded ok \
	"the kernel's own"
finding "modprobe takes the kernel's own" 0 kmem-installed warn \
	"modprobe takes the kernel's own: /lib/modules/$RELEASE/updates/dkms/kmem.ko" \
	"install dax-kmem: see 'dkms status'"
finding "the kernel's own needs no proof" 0 layout ok \
	"the kernel's own kmem needs no proof"
doctor_tree
rm -r "$TREE/lib/modules"
finding "no module, but one is loaded" 0 kmem-installed warn \
	"modprobe finds no kmem for this kernel" \
	"install dax-kmem: see 'dkms status'"
finding "the file of the loaded one is gone" 0 layout warn \
	"the file of the module that is loaded is gone: its proof cannot be read" \
	"$RELOAD"
rm -r "$TREE/sys/module/kmem" "$TREE/sys/bus/dax/drivers/kmem"
finding "no module at all" 1 kmem-installed fail \
	"modprobe finds no kmem for this kernel" \
	"install dax-kmem: see 'dkms status'"
doctor_tree
module version=1.2.3 srcversion=ABC "layout=$GOOD_LAYOUT" \
	"vermagic=5.0.0-x SMP"
finding "a module for another kernel" 1 kmem-installed fail \
	"/lib/modules/$RELEASE/updates/dkms/kmem.ko is for another kernel: 5.0.0-x SMP" \
	"build it again: see 'dkms status'"
doctor_tree
echo DEF >"$TREE/sys/module/kmem/srcversion"
finding "another build is loaded" 0 kmem-installed warn \
	"dax-kmem 1.2.3, but another build of it is loaded" "$RELOAD"
doctor_tree
module version=1.2.3 srcversion=ABC "vermagic=$RELEASE SMP" "layout=family 9"
finding "a module without proof" 1 layout fail "not proved: family 9" \
	"build it again for this kernel: see 'dkms status'"

REMOVE="remove that, then 'depmod' and 'update-initramfs -u'"
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
	"kmem is in module_blacklist= of the kernel's command line" "$REMOVE"

# Signatures.
doctor_tree
put "$EFIVAR" '\006\000\000\000\001'
finding "Secure Boot without lockdown is told apart" 1 signature fail \
	"Secure Boot demands signatures, and /lib/modules/$RELEASE/updates/dkms/kmem.ko has none" \
	"let DKMS sign it, and enroll its key with 'mokutil --import'"
put sys/kernel/security/lockdown '[none] integrity confidentiality\n'
finding "Secure Boot, but no lockdown" 0 signature ok \
	"Secure Boot is on, modules need no signature"
put "$EFIVAR" '\006\000\000\000\000'
finding "Secure Boot is off" 0 signature ok \
	"Secure Boot is off, modules need no signature"
put sys/kernel/security/lockdown 'none [integrity] confidentiality\n'
finding "lockdown" 1 signature fail \
	"lockdown demands signatures, and /lib/modules/$RELEASE/updates/dkms/kmem.ko has none" \
	"let DKMS sign it, and enroll its key with 'mokutil --import'"
rm -r "$TREE/sys/kernel"
put sys/module/module/parameters/sig_enforce "Y\n"
finding "sig_enforce" 1 signature fail \
	"sig_enforce demands signatures, and /lib/modules/$RELEASE/updates/dkms/kmem.ko has none" \
	"let DKMS sign it, and enroll its key with 'mokutil --import'"

# The system's policies.
doctor_tree
echo online >"$TREE/sys/devices/system/memory/auto_online_blocks"
put proc/cmdline "quiet memhp_default_state=online\n"
finding "policy online" 0 auto-online warn \
	"online, memhp_default_state=online at boot: memory bound by others may land in zone Normal" \
	"boot with memhp_default_state=offline, or bind by kmemctl alone"
echo online_movable >"$TREE/sys/devices/system/memory/auto_online_blocks"
finding "policy online_movable" 0 auto-online ok \
	"online_movable, memhp_default_state=online at boot"
rm "$TREE/sys/devices/system/memory/auto_online_blocks"
finding "no policy" 1 auto-online fail \
	"auto_online_blocks: No such file or directory" \
	"boot a kernel with CONFIG_MEMORY_HOTPLUG"
doctor_tree
put proc/meminfo "MemAvailable: 10240 kB\n"
finding "more memmap than RAM" 0 memmap warn \
	"memmap_on_memory is N: all devices would take 12M of RAM, and 10M is free" \
	"boot with memory_hotplug.memmap_on_memory=1"
echo Y >"$TREE/sys/module/memory_hotplug/parameters/memmap_on_memory"
finding "memmap on the device" 0 memmap ok \
	"memmap_on_memory is Y: the memmap can lie on the device"

# udev: rules as Red Hat's and Ubuntu's have them.
MASK="mask it: an empty file of that name in /etc/udev/rules.d"
doctor_tree
put usr/lib/udev/rules.d/40-vm.rules '# hotplug
SUBSYSTEM=="memory", ACTION=="add", TEST=="state", ATTR{state}!="online", ATTR{state}="online"\n'
finding "a rule that onlines" 0 udev-rules warn \
	"/usr/lib/udev/rules.d/40-vm.rules:2 onlines memory by itself" "$MASK"
mkdir -p "$TREE/etc/udev/rules.d"
ln -s /dev/null "$TREE/etc/udev/rules.d/40-vm.rules"
finding "a rule that is masked" 0 udev-rules ok \
	"no rule of udev onlines memory"
# shellcheck disable=SC2016 # udev's
put run/udev/rules.d/40-redhat.rules 'SUBSYSTEM!="memory", GOTO="end"
ACTION!="add", GOTO="end"\nENV{.state}="online"
ATTR{state}=="offline", ATTR{state}="$env{.state}"\nLABEL="end"\n'
finding "a rule behind a GOTO" 0 udev-rules warn \
	"/run/udev/rules.d/40-redhat.rules:4 onlines memory by itself" "$MASK"
put run/udev/rules.d/40-redhat.rules 'SUBSYSTEM=="cpu", ATTR{state}="x"
SUBSYSTEM=="memory", ATTR{state}=="offline", RUN+="/bin/true"
#SUBSYSTEM=="memory", ATTR{state}="online"\n'
finding "rules that only look, or are for other devices" 0 udev-rules ok \
	"no rule of udev onlines memory"

# The bus and its devices.
doctor_tree
rm -r "$TREE/sys/bus/dax"
finding "no bus" 1 dax-bus fail "the kernel shows no /sys/bus/dax" \
	"try 'modprobe device_dax'"
mkdir -p "$TREE/sys/class/dax"
finding "the class model" 1 dax-bus fail \
	"devices are in /sys/class/dax, where none can be bound to kmem" \
	"run 'daxctl migrate-device-model' and reboot"
doctor_tree
rm "$TREE/sys/devices/platform/dax0.0/target_node"
finding "a device without a node" 1 nodes fail \
	"dax0.0 has no target_node and cannot become memory (no id)" \
	"check SRAT, HMAT and 'ndctl list -v': firmware gave it none"
echo 0 >"$TREE/sys/devices/platform/dax0.0/target_node"
finding "a device on the node of CPUs" 0 nodes warn \
	"dax0.0 becomes memory of node 0, which is its nearest with CPUs (no id)" \
	"programs cannot choose it: check SRAT and the firmware's settings"
doctor_tree
echo many >"$TREE/sys/devices/platform/dax0.0/size"
finding "a device that cannot be read" 1 devices fail \
	"dax0.0: cannot read size: not a value this file can hold" \
	"see 'dmesg' for the kernel's reason"
doctor_tree
put sys/bus/dax/drivers/kmem/stranded \
	"dax1.0 2 0x200000000-0x2ffffffff\ndax2.0 3 0x400000000-0x4ffffffff\n"
finding "memory on record without a device" 0 left-behind warn \
	"an unbind left memory in use: dax1.0 2 0x200000000-0x2ffffffff" \
	"'kmemctl bind' its device to manage it again, or 'kmemctl offline' it"
doctor_tree
rm "$TREE/sys/devices/platform/dax0.0/driver"
finding "memory without a device" 1 left-behind fail \
	"2 ranges of memory without a device, the first 0x100000000-0x11fffffff" \
	"only a reboot gives it back: offline before you unbind"
doctor_tree
put etc/kmemctl.conf "[all]\nmode=x\nzone=y\n"
finding "a mistake in it" 1 config fail \
	"/etc/kmemctl.conf:2: mode is system-ram or devdax, not 'x'" \
	"'kmemctl check-config' shows all errors"

# Not root: the kernel shows no addresses.
doctor_tree
sed -i 's/^\( *\)[0-9a-f]*-[0-9a-f]*/\100000000-00000000/' "$TREE/proc/iomem"
put etc/kmemctl.conf ""
chmod 000 "$TREE/etc/kmemctl.conf"
k_user doctor
expect "doctor: without root it says what root would add" 0 \
	"$(sed -e 's/^left-behind .*/left-behind    unknown the addresses in \/proc\/iomem are for root alone/' \
	-e 's/^config .*/config         unknown \/etc\/kmemctl.conf: cannot read it: Permission denied/' \
	-e 's/^13 ok.*/11 ok, 0 warn, 0 fail, 2 unknown/' <<<"$WELL")" \
	"kmemctl: run as root to add: left-behind, config"
