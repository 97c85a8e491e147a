# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034
#
# What is installed for the boot: systemd understands the units, the udev rule
# asks kmemctl and starts a service where it should, modprobe takes the option.

GUIDE=$TOP/Documentation/admin-guide/boot.rst
USR=$WORK/boot/usr
UNITS=$USR/lib/systemd/system
make -s -C "$WORK/src/tools" install PREFIX="$USR"

# The service that the guide has as its example, with its drop-in.
mkdir -p "$UNITS/example.service.d"
printf '[Service]\nExecStart=/bin/true\n' >"$UNITS/example.service"
awk '/^A service that needs/ { on = 1 }
	on && /^    / { sub(/^    /, ""); print; shown = 1 }
	shown && !/^    |^[A-Z\[]/ { exit }' "$GUIDE" \
	>"$UNITS/example.service.d/memory.conf"

# understood UNIT: systemd reads it, and all it names, without a word
understood() {
	out=$(SYSTEMD_UNIT_PATH=$UNITS: systemd-analyze verify --man=no "$1" \
		2>&1) && rc=0 || rc=$?
	err=""
	expect "systemd understands $1" 0 "" ""
}
for unit in kmemctl.target kmemctl-apply.service kmemctl-apply@dax0.0.service \
	    example.service; do
	understood "$unit"
done
ktap_check "the guide's example waits for kmemctl.target" \
	grep -qx "After=kmemctl.target" "$UNITS/example.service.d/memory.conf"
ktap_check "the guide's example has kmemctl.target started" \
	grep -qx "Wants=kmemctl.target" "$UNITS/example.service.d/memory.conf"
for unit in kmemctl-apply.service kmemctl-apply@.service; do
	ktap_check "$unit does nothing in a crash kernel" \
		grep -qx 'ConditionPathExists=!/proc/vmcore' "$UNITS/$unit"
	ktap_check "$unit ends before kmemctl.target is reached" \
		grep -q '^Before=.*\bkmemctl\.target\b' "$UNITS/$unit"
	ktap_check "$unit has no time limit" \
		grep -qx "TimeoutStartSec=infinity" "$UNITS/$unit"
	ktap_check "$unit offlines nothing, and nothing stops or repeats it" \
		test -z "$(grep -E '^(ExecStop|Restart|BindsTo|PartOf|StopWhen)' \
			"$UNITS/$unit")"
done
ktap_check "multi-user.target does not wait for kmemctl-apply.service" \
	grep -qx "DefaultDependencies=no" "$UNITS/kmemctl-apply.service"

# question DEVICE: what the rule has the shell run, as udev would substitute it
RULES=$USR/lib/udev/rules.d/90-kmemctl.rules
# shellcheck disable=SC2016 # udev's
question() {
	sed -n 's/.*PROGRAM=="\([^"]*\)".*/\1/p' "$RULES" |
		sed 's/\$\$/\x01/g; s/\$kernel/'"$1"'/g; s/\x01/$/g'
}
# starts SENTENCE yes|no DEVICE: whether the rule starts the service
starts() {
	local answer=no

	! eval "$(question "$3")" >"$WORK/out" 2>&1 </dev/null || answer=yes
	if [ "$answer" = "$2" ]; then
		ktap_pass "the udev rule: $1"
	else
		ktap_fail "the udev rule: $1" "$(question "$3")
$(cat "$WORK/out")"
	fi
}
ktap_check "the udev rule asks one question, about the device" \
	test "$(question dax0.0 | grep -c "check-config dax0.0;")" = 1
tree_devdax "$WORK/t"
mkdir -p "$TREE/etc"
# in the place of the kmemctl that is installed
cat >"$USR/sbin/kmemctl" <<END
#!/bin/sh
exec "$KMEMCTL" --sysroot "$TREE" "\$@"
END
starts "no configuration starts nothing" no dax0.0
printf '[all]\nzone = normal\n' >"$TREE/etc/kmemctl.conf"
starts "a configuration without a mode starts nothing" no dax0.0
printf '[all]\nmode = system-ram\n' >"$TREE/etc/kmemctl.conf"
starts "a policy starts the service" yes dax0.0
starts "a device that is gone again starts nothing" no dax7.0
echo junk >>"$TREE/etc/kmemctl.conf"
starts "a mistake in the configuration starts the service, which shows it" yes \
	dax0.0
rm "$TREE/etc/kmemctl.conf"
mkdir "$TREE/etc/kmemctl.conf"
starts "a configuration that cannot be read starts the service" yes dax0.0
rm "$USR/sbin/kmemctl"
starts "a kmemctl that is missing starts the service" yes dax0.0
# before LINE...: the rules have these lines, in this order, before the question
before() {
	local lines

	lines=$(sed '/PROGRAM/q' "$RULES" | grep -Fx "$(printf '%s\n' "$@")")
	[ "$lines" = "$(printf '%s\n' "$@")" ]
}
ktap_check "the udev rule asks when a device is added, and at no other event" \
	before 'ACTION!="add", GOTO="kmemctl_end"'
ktap_check "the udev rule asks once for as long as the device is there" \
	before 'IMPORT{db}="KMEMCTL_ASKED"' \
	'ENV{KMEMCTL_ASKED}=="1", GOTO="kmemctl_end"' 'ENV{KMEMCTL_ASKED}="1"'
if udevadm verify --help >"$WORK/out" 2>&1; then
	out=$(udevadm verify --no-summary "$RULES" 2>&1) && rc=0 || rc=$?
	err=""
	expect "udev understands the rule" 0 "" ""
fi

# kmem's parameter: of several files the name that sorts last counts.
OPTIONS=$USR/lib/modprobe.d
options() {
	out=$(modprobe -C "$OPTIONS" -c | sed -n 's/^options kmem //p')
	rc=0 err=""
}
options
expect "modprobe loads kmem with bind_state=offline" 0 \
	"bind_state=offline" ""
sed -n 's/^    \(options kmem .*\)/\1/p' "$GUIDE" >"$OPTIONS/kmem.conf"
options
out=${out##*$'\n'}
expect "the guide's kmem.conf counts more than the file that is installed" 0 \
	"bind_state=policy" ""
