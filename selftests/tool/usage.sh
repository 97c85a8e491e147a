# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034
#
# The command line: help, version, and everything that is wrong usage.

HELP="run 'kmemctl --help'"
tree_devdax "$WORK/t"
tree_keep

k --help
if [ "$rc" = 0 ] && [ -z "$err" ] && [ "$(wc -l <"$WORK/out")" -le 50 ] &&
   ! grep -q '.\{81\}' "$WORK/out"; then
	ktap_pass "--help fits one screen of 50 lines and 80 columns"
else
	ktap_fail "--help fits one screen of 50 lines and 80 columns" "$out"
fi
for word in list online offline bind unbind apply check-config doctor \
	    --movable --normal --json --bytes --noheadings --output --sysroot --version; do
	ktap_check "--help explains $word" grep -qw -e "$word" "$WORK/out"
done

version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$TOP/dkms.conf")
k --version
expect "--version prints the version in dkms.conf" 0 "kmemctl $version" ""
k -V online nonsense
expect "-V is enough, whatever follows" 0 "kmemctl $version" ""

# usage SENTENCE MESSAGE ARG...
usage() {
	local sentence=$1 message=$2

	shift 2
	k "$@"
	expect_error "$sentence" 2 "kmemctl: $message; $HELP"
}

usage "an unknown command is refused" "unknown command 'frob'" frob
usage "an empty command is refused" "unknown command ''" ""
usage "an unknown long option is refused" \
	"unknown or ambiguous option --frob" list --frob
usage "an unknown letter is refused" "unknown or ambiguous option -x" -Jxb
usage "a value for --json is refused" \
	"unknown or ambiguous option --json=1" --json=1
usage "-o without a value is refused" "option -o needs a value" -o
usage "--sysroot without a value is refused" \
	"option --sysroot needs a value" --sysroot
usage "a sysroot that is not there is refused" \
	"--sysroot: no such directory: /nonexistent" --sysroot /nonexistent
for cmd in online offline bind unbind; do
	usage "$cmd without a device is refused" "$cmd: which device?" "$cmd"
	usage "$cmd takes no --json" \
		"-J and -n are for list and doctor, not for $cmd" \
		"$cmd" -J dax0.0
	usage "$cmd takes no --bytes" \
		"-b and -o are for list, not for $cmd" "$cmd" -b dax0.0
done
usage "doctor takes no device" "doctor takes no device" doctor dax0.0
usage "doctor takes no columns" "-b and -o are for list, not for doctor" \
	doctor -o DEVICE
for cmd in bind unbind; do
	usage "$cmd takes no second device" "$cmd takes one device" \
		"$cmd" dax0.0 dax0.0
done
for cmd in "list all" "bind all" "unbind all" "online all dax0.0" \
	   "offline dax0.0 all"; do
	# shellcheck disable=SC2086
	usage "'$cmd' is refused" \
		"${cmd%% *}: 'all' stands alone, after online or offline" $cmd
done
usage "--movable and --normal together are refused" \
	"--movable and --normal exclude each other" \
	online --movable --normal dax0.0
usage "offline takes no zone" \
	"--movable and --normal are for online, not for offline" \
	offline --movable dax0.0

k --normal online dax0.0 --normal
expect "options may stand anywhere, and twice" 0 \
	"dax0.0: online: 6 blocks, 768M, Normal, node 1" ""

k --version >/dev/null
rc=0
"$KMEMCTL" --help >/dev/full 2>"$WORK/err" || rc=$?
out=""
err=$(cat "$WORK/err")
expect "output that cannot be written is an error" 1 "" \
	"kmemctl: cannot write the output: No space left on device"
