# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034
#
# kmemctl.conf: every mistake has its line in its file, and what is right is
# taken without a word.

UUID=48d8e42c-a2f0-4312-9e70-a837faafe862
CONF=/etc/kmemctl.conf

# conf TEXT...: the file, lines as printf has them
conf() {
	mkdir -p "$TREE/etc"
	printf '%b' "$1" >"$TREE$CONF"
}

# wrong SENTENCE TEXT MESSAGE: this is the one error
wrong() {
	conf "$2"
	tree_keep
	k check-config
	expect_error "$1" 1 "kmemctl: $CONF$3"
}

# unmatched LINE:SECTION...: the warnings about these sections
unmatched() {
	local it

	for it; do
		echo "kmemctl: $CONF:${it%%:*}: warning: [${it#*:}] matches no device of this machine; 'kmemctl -o +SOURCE' shows the devices"
	done
}

# right SENTENCE TEXT SECTIONS [LINE:SECTION...]: no error, and these warnings
right() {
	local sentence=$1 sections=$3

	conf "$2"
	shift 3
	k check-config
	expect "$sentence" 0 "no error: $sections in 1 file" "$(unmatched "$@")"
}

tree_new "$WORK/t"
k check-config
expect "no configuration is no error" 0 \
	"no configuration: see kmemctl.conf(5)" ""
right "without any device [all] matches none" "[all]\nmode = devdax\n" \
	"1 section" 1:all
tree_devdax "$WORK/t"
right "an empty file is right" "" "0 sections"
right "a section of each kind, every key" "# comment
[all]
mode = system-ram
[nvdimm $UUID]
mode = devdax
[cxl-region $UUID]
zone = movable
[cxl-memdev 0x1234]
zone = normal
exclusive = yes
overwrite = yes
timeout = 86400
[soft-reserved 0x100000000+16G]
exclusive = no
overwrite = no
timeout = 1" "5 sections" "4:nvdimm $UUID" "6:cxl-region $UUID" \
	"8:cxl-memdev 0x1234" "13:soft-reserved 0x100000000+16G"
right "blanks, comments and no newline at the end" \
	"\xef\xbb\xbf  [all] ; all of them\n\n\t mode=devdax ; a comment\n ; one\n#two" \
	"1 section"
right "capital letters in a uuid" "[nvdimm ${UUID^^}]\nmode=devdax\n" \
	"1 section" "1:nvdimm ${UUID^^}"
right "a comment longer than any line may be" \
	"#$(printf '%01000d' 0)\n[all]\nmode=devdax\n" "1 section"

SECTIONS="use all, nvdimm, cxl-region, cxl-memdev or soft-reserved"
KEYS="keys are mode, zone, memmap, exclusive, overwrite, timeout"
SHOWS="'kmemctl -o +SOURCE' shows those there are"
wrong "an unknown section" "\n[dax0.0]\nmode=devdax\n" \
	":2: unknown section 'dax0.0'; $SECTIONS"
wrong "a section without a name" "[]\nmode=devdax\n" \
	":1: unknown section ''; $SECTIONS"
wrong "a section without a bracket" "[all\nmode=devdax\n" \
	":1: the section has no ']'"
wrong "something behind a section" "[all] x\nmode=devdax\n" \
	":1: text after the ']' of the section"
wrong "a section's name that libinih would cut" \
	"[nvdimm            ${UUID}]\nmode=devdax\n" \
	":1: the name of the section is longer than 48 bytes"
wrong "a section without a key" "[all]\n\n[nvdimm $UUID]\nmode=devdax\n" \
	":1: the section has no key; remove it, or add a key"
wrong "the last section without a key" "[all]\nmode=devdax\n[nvdimm $UUID]" \
	":3: the section has no key; remove it, or add a key"
wrong "a key before the first section" "mode=devdax\n" \
	":1: 'mode' is not in a section; move it below [all] or another section"
wrong "a uuid that is none" "[nvdimm 48d8e42c]\nmode=devdax\n" \
	":1: 'nvdimm 48d8e42c': nvdimm takes the uuid of a namespace, not '48d8e42c'; $SHOWS"
wrong "a uuid of zeroes" \
	"[cxl-region 00000000-0000-0000-0000-000000000000]\nmode=devdax\n" \
	":1: 'cxl-region 00000000-0000-0000-0000-000000000000': cxl-region takes the uuid of a region, not '00000000-0000-0000-0000-000000000000'; $SHOWS"
for text in x -1 0x10000000000000000 "1 x" "1,2" 12x; do
	wrong "the serial number '$text'" "[cxl-memdev $text]\nmode=devdax\n" \
		":1: 'cxl-memdev $text': cxl-memdev takes serial numbers, not '$text'; $SHOWS"
done
for text in 4G 4G+ +4G 4G+0 4G-8G 4G+4Gx 0xffffffffffffffff+2 \
	    16777216T+1 99999999999999999999+1; do
	wrong "the range '$text'" "[soft-reserved $text]\nmode=devdax\n" \
		":1: 'soft-reserved $text': soft-reserved takes START+SIZE, such as 4G+16G, not '$text'; $SHOWS"
done

wrong "an unknown key" "[all]\nmode=devdax\nzones=movable\n" \
	":3: unknown key 'zones'; $KEYS"
wrong "a key of daxctl's in our file" "[all]\nonline=true\n" \
	":2: unknown key 'online'; $KEYS"
wrong "a key in capital letters" "[all]\nMode=devdax\n" \
	":2: unknown key 'Mode'; $KEYS"
wrong "a key without a name" "[all]\n=devdax\n" ":2: unknown key ''; $KEYS"
wrong "a line that is neither" "[all]\nmode=devdax\nmovable\n" \
	":3: neither a [section] nor 'key = value'"
wrong "a mode that is none" "[all]\nmode=famfs\n" \
	":2: mode is system-ram or devdax, not 'famfs'; see kmemctl.conf(5)"
wrong "an empty value" "[all]\nzone=\n" \
	":2: zone is movable or normal, not ''; see kmemctl.conf(5)"
wrong "a value with a comment that is none" "[all]\nzone=normal # x\n" \
	":2: zone is movable or normal, not 'normal # x'; see kmemctl.conf(5)"
wrong "exclusive of the wrong type" "[all]\nexclusive=1\n" \
	":2: exclusive is no or yes, not '1'; see kmemctl.conf(5)"
for text in "" 0 -1 1.5 10s 86401 99999999999999999999; do
	wrong "the timeout '$text'" "[all]\ntimeout=$text\n" \
		":2: timeout is a number of seconds, 1 to 86400, not '$text'; see kmemctl.conf(5)"
done
wrong "a key given twice" "[all]\nmode=devdax\n\nmode=devdax\n" \
	":4: mode is given twice, first in line 2; remove one of them"
wrong "a zone for a character device" "[all]\nzone=normal\nmode=devdax\n" \
	":1: zone cannot be used with mode = devdax; remove one of them"
wrong "overwrite for a character device" \
	"[all]\nmode=devdax\noverwrite=yes\n" \
	":1: overwrite cannot be used with mode = devdax; remove one of them"
wrong "overwrite of the wrong type" "[all]\noverwrite=maybe\n" \
	":2: overwrite is no or yes, not 'maybe'; see kmemctl.conf(5)"
wrong "an indented line does not go on with the one before" \
	"[all]\nmode=devdax\n  zones=movable\n" ":3: unknown key 'zones'; $KEYS"

wrong "CR LF" "[all]\r\nmode=devdax\r\nzone=movable\r\n" \
	":1: the line ends in CR LF; convert it: sed -i 's/\\r\$//'"
wrong "a zero byte" "[all]\nmode=dev\\000dax\n" ":2: the line contains a byte 0x00"
wrong "an escape" "[all]\nmode=\\033[2J\n" ":2: the line contains a byte 0x1b"
wrong "a line that libinih would cut" \
	"[all]\nmode=devdax\nzone=$(printf '%0194d' 0)\n" \
	":3: the line is longer than 198 bytes"
conf "[all]\nmode=devdax\n"
{ printf 'zone='; head -c 1000000 /dev/zero | tr '\0' m; echo; } \
	>>"$TREE$CONF"
tree_keep
k check-config
expect_error "a line of 1 MB" 1 \
	"kmemctl: $CONF:3: the line is longer than 198 bytes"
truncate -s 17M "$TREE$CONF"
k check-config
expect "a file of 17 MB" 1 "" "kmemctl: $CONF: cannot read it: File too large"

conf "[all]\nmode=x\n[frob]\na=b\nzone=y\n[nvdimm x]\nmode=devdax\njunk\n"
k check-config
expect "all mistakes are told at once" 1 "" \
"kmemctl: $CONF:2: mode is system-ram or devdax, not 'x'; see kmemctl.conf(5)
kmemctl: $CONF:3: unknown section 'frob'; $SECTIONS
kmemctl: $CONF:6: 'nvdimm x': nvdimm takes the uuid of a namespace, not 'x'; $SHOWS
kmemctl: $CONF:8: neither a [section] nor 'key = value'"

# Files.
rm "$TREE$CONF"
mkdir "$TREE$CONF"
k check-config
expect "a directory in the file's place" 1 "" \
	"kmemctl: $CONF: cannot read it: Is a directory"
rmdir "$TREE$CONF"
mkfifo "$TREE$CONF"
k check-config
expect "a pipe in the file's place" 1 "" \
	"kmemctl: $CONF: cannot read it: Invalid argument"
rm "$TREE$CONF"
NOT_OURS="others than root can write it; run 'chown root:root' and 'chmod go-w' on it"
echo "[all]" >"$TREE$CONF"
chmod 646 "$TREE$CONF"
k check-config
expect "a file that all others can write" 1 "" "kmemctl: $CONF: $NOT_OURS"
chmod 664 "$TREE$CONF"
# only root can give a file away
if [ "$(id -u)" -eq 0 ]; then
	chgrp 65534 "$TREE$CONF"
	k check-config
	expect "a file that a group can write" 1 "" "kmemctl: $CONF: $NOT_OURS"
	chmod 644 "$TREE$CONF"
	chown 65534 "$TREE$CONF"
	k check-config
	expect "a file of another user" 1 "" "kmemctl: $CONF: $NOT_OURS"
fi
rm "$TREE$CONF"
mkdir -p "$TREE$CONF.d" "$TREE/etc/daxctl.conf.d"
for link in "$CONF" "$CONF.d/a.conf"; do
	ln -s /nonexistent "$TREE$link"
	k check-config
	expect "a link to nothing: $link" 1 "" \
		"kmemctl: $link: cannot read it: No such file or directory"
	rm "$TREE$link"
done
printf '[all]\nmode=devdax\n' >"$TREE$CONF.d/b.conf"
chmod 777 "$TREE$CONF.d"
k check-config
expect "a directory that others can write" 1 "" \
	"kmemctl: $CONF.d: $NOT_OURS"
chmod 755 "$TREE$CONF.d"
cp "$TREE$CONF.d/b.conf" "$TREE$CONF.d/a.conf"
echo junk >"$TREE$CONF.d/.hidden.conf"
echo junk >"$TREE$CONF.d/a.conf.dpkg-old"
echo junk >"$TREE$CONF.d/README"
k check-config
expect "[all] in two files, by their names" 1 "" \
	"kmemctl: $CONF.d/b.conf:1: another section for the same device: the first is $CONF.d/a.conf:1; remove one of them"
rm "$TREE$CONF.d/b.conf"
k check-config
expect "only *.conf is read" 0 "no error: 1 section in 1 file" ""
conf "[nvdimm $UUID]\nmode=devdax\n[cxl-memdev 16]\nmode=devdax
[cxl-memdev 0x10]\nmode=devdax\n[soft-reserved 4G+4G]\nmode=devdax
[soft-reserved 5G+1]\nmode=devdax\n"
printf '[reconfigure-device a]\nnvdimm.uuid=%s\nmode=devdax\n' "${UUID^^}" \
	>"$TREE/etc/daxctl.conf.d/d.conf"
k check-config
expect "the same device by other words" 1 "" \
"kmemctl: $CONF:5: another section for the same device: the first is $CONF:3; remove one of them
kmemctl: $CONF:9: another section for the same device: the first is $CONF:7; remove one of them
kmemctl: /etc/daxctl.conf.d/d.conf:1: another section for the same device: the first is $CONF:1; remove one of them"
rm "$TREE$CONF"

# daxctl's files: its sections are checked, others are none of our business.
daxctl_conf() {
	printf '%b' "$1" >"$TREE/etc/daxctl.conf.d/d.conf"
	k check-config
}
rm "$TREE$CONF.d/a.conf"
daxctl_conf "[core]\nfoo = bar\n[Reconfigure-Device a name of any length, as long as one likes it]
NVDIMM.uuid = \"$UUID\" # the large one\nmode = 'system-ram'\nonline = true # now\nmovable = false\n"
expect "a section of daxctl's, as its manual has it" 0 \
	"no error: 1 section in 1 file" \
	"$(unmatched "3:Reconfigure-Device a name of any length, as long " | sed "s,$CONF,/etc/daxctl.conf.d/d.conf,")"
rm "$TREE/sys/devices/platform/dax0.0/size"
k check-config
expect "a device that cannot be read might match any section" 0 \
	"no error: 1 section in 1 file" ""
daxctl_conf "[reconfigure-device a]\nmode = system-ram\n"
expect "a section of daxctl's without a uuid" 1 "" \
	"kmemctl: /etc/daxctl.conf.d/d.conf:1: [reconfigure-device] has no nvdimm.uuid; 'ndctl list -N' shows it"
daxctl_conf "[reconfigure-device a]\nnvdimm.uuid=$UUID\nzone = movable\nonline = 1\n"
expect "daxctl's section with a key and a value it does not have" 1 "" \
"kmemctl: /etc/daxctl.conf.d/d.conf:3: unknown key 'zone'; keys are nvdimm.uuid, mode, online, movable
kmemctl: /etc/daxctl.conf.d/d.conf:4: online is false or true, not '1'; see kmemctl.conf(5)"

tree_devdax "$WORK/t"
conf "[all]\nmode=devdax\n"
chmod 000 "$TREE$CONF"
k_user check-config
expect "a file that may not be read" 1 "" \
	"kmemctl: $CONF: cannot read it: Permission denied; run kmemctl as root"
