# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034
#
# What comes with kmemctl: installation, manual page, completion. What is
# installed for the boot has boot.sh.

MAN=$TOP/Documentation/man/kmemctl.8

tool_make() {
	make -s -C "$WORK/src/tools" "$@" DESTDIR="$WORK/dest" PREFIX=/usr
}
installed() {
	(cd "$WORK/dest" && find . ! -type d -printf '%m %p\n' | LC_ALL=C sort)
}
FILES="644 ./usr/lib/modprobe.d/10-kmemctl.conf
644 ./usr/lib/systemd/system/kmemctl-apply.service
644 ./usr/lib/systemd/system/kmemctl-apply@.service
644 ./usr/lib/systemd/system/kmemctl.target
644 ./usr/lib/udev/rules.d/90-kmemctl.rules
644 ./usr/share/bash-completion/completions/kmemctl
644 ./usr/share/man/man5/kmemctl.conf.5
644 ./usr/share/man/man8/kmemctl.8
644 ./usr/share/zsh/site-functions/_kmemctl
755 ./usr/sbin/kmemctl
777 ./usr/lib/systemd/system/multi-user.target.wants/kmemctl-apply.service"

VERSION=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$TOP/dkms.conf")
err=""
out=$(tool_make install 2>&1) && rc=0 || rc=$?
expect "make -s install says nothing" 0 "" ""
out=$(installed)
expect "make install puts program, manual, completion and units below DESTDIR" 0 \
	"$FILES" ""
ktap_check "the boot starts the service that is installed" \
	test "$WORK/dest/usr/lib/systemd/system/multi-user.target.wants/kmemctl-apply.service" \
	-ef "$WORK/dest/usr/lib/systemd/system/kmemctl-apply.service"
out=$(grep -rhoE '@BINDIR@|/[a-z/]*/kmemctl (apply|check)' "$WORK/dest/usr/lib" |
	sort | uniq -c | tr -s ' ')
expect "units and rule call the program where it is, without DESTDIR" 0 \
	" 2 /usr/sbin/kmemctl apply
 1 /usr/sbin/kmemctl check" ""
out=$("$WORK/dest/usr/sbin/kmemctl" --version)
expect "the installed program runs" 0 \
	"kmemctl $VERSION" ""
out=$(grep -h '^\.TH' "$WORK"/dest/usr/share/man/man*/* | cut -d ' ' -f 2,5-6)
expect "the installed manuals show the version" 0 \
	"KMEMCTL.CONF \"dax-kmem $VERSION\"
KMEMCTL \"dax-kmem $VERSION\"" ""
tool_make uninstall
out=$(installed)
expect "make uninstall removes what install put there" 0 "" ""
sed -i 's/^PACKAGE_VERSION=.*/PACKAGE_VERSION="7.8.9"/' "$WORK/src/dkms.conf"
tool_make all
out=$("$WORK/src/tools/kmemctl" --version)
expect "a new version in dkms.conf is a new version of kmemctl" 0 \
	"kmemctl 7.8.9" ""

# every command's own --help
tree_devdax "$WORK/t"
k --help
mapfile -t commands < <(sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p' "$WORK/out")
for command in "" "${commands[@]}"; do
	k ${command:+"$command"} --help
	echo "$out"
done >"$WORK/help"
man=$(sed 's/\\-/-/g' "$MAN")
options=$(grep -o -e '--[a-z]*' "$WORK/help" | sort -u)
for word in $options; do
	ktap_check "the manual explains $word" grep -qw -e "$word" <(echo "$man")
done
# explained WORD: it names a row of a table, alone or with others
explained() {
	grep -qP "^(\w+, )*$1(, \w+)*\t" "$MAN"
}
columns=$(sed -n '/^Columns:/,/^Default:/{/^  /s/  *\([A-Z_]\)/\n\1/gp}' \
	"$WORK/help" | grep .)
for word in $columns; do
	ktap_check "the manual explains column $word" explained "$word"
done
for word in online partial offline unplugged stranded devdax other unbound; do
	ktap_check "the manual explains state $word" explained "$word"
done
for code in 0 1 2 3 4 5 64; do
	ktap_check "the manual explains exit status $code" explained "$code"
done

# complete SENTENCE LINE EXPECTED: what TAB offers at the end of the line.
# shellcheck source=tools/completion/kmemctl.bash
. "$TOP/tools/completion/kmemctl.bash"
complete_line() {
	local sentence=$1

	read -ra COMP_WORDS <<<"$2"
	[[ $2 != *" " ]] || COMP_WORDS+=("")
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	COMPREPLY=()
	_kmemctl
	out=${COMPREPLY[*]}
	rc=0 err=""
	expect "$sentence" 0 "$3" ""
}

tree_devdax "$WORK/t"
complete_line "completion knows the commands" "kmemctl o" "online offline"
complete_line "completion knows the commands after help" "kmemctl help o" \
	"online offline"
complete_line "completion knows options" "kmemctl --js" "--json"
complete_line "completion knows the devices" \
	"kmemctl --sysroot $TREE offline d" "dax0.0"
complete_line "completion knows the device of check-config" \
	"kmemctl --sysroot $TREE check-config d" "dax0.0"
complete_line "completion offers all" \
	"kmemctl --sysroot $TREE offline " "dax0.0 all --dry-run --json --bytes --timeout --quiet --verbose --drain --to --sysroot"
complete_line "completion offers no all to bind" \
	"kmemctl --sysroot = $TREE bind " "dax0.0 --force --sysroot"
complete_line "completion offers zones to online alone" \
	"kmemctl online --nor" "--normal"
complete_line "completion offers the place of the memmap to online" \
	"kmemctl online --me" "--memmap-on-memory"
complete_line "completion offers no zones to offline" "kmemctl offline --n" ""
complete_line "completion knows the memory blocks" \
	"kmemctl --sysroot $TREE why memory4" "memory4"
complete_line "completion knows columns" "kmemctl -o DEVICE,RA" "DEVICE,RANGES"
complete_line "completion knows columns to add" "kmemctl --output = +AL" "+ALIGN"
out=$(_kmemctl_columns "" | sort)
rc=0 err=""
expect "completion has exactly the columns of --help" 0 \
	"$(echo "$columns" | sort)" ""
