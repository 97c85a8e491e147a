# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034
#
# The command line: help, version, and everything that is wrong usage.

HELP="run 'kmemctl --help'"
tree_devdax "$WORK/t"
tree_keep

# help_fits COMMAND: --help of it fits a terminal and needs no more than that.
help_fits() {
	k ${1:+"$1"} --help
	# with the line of the prompt
	if [ "$rc" = 0 ] && [ -z "$err" ] && [ "$(wc -l <"$WORK/out")" -le 23 ] &&
	   ! grep -q '.\{81\}' "$WORK/out"; then
		ktap_pass "--help of ${1:-kmemctl} fits 24 lines of 80 columns"
	else
		ktap_fail "--help of ${1:-kmemctl} fits 24 lines of 80 columns" \
			"$out"
	fi
}

# help_has WORD...: the last --help explains it
help_has() {
	for word; do
		ktap_check "--help of $command explains $word" \
			grep -qw -e "$word" "$WORK/out"
	done
}

command=kmemctl
help_fits ""
help_has list online offline bind unbind apply doctor check-config why map --sysroot --version
mapfile -t commands < \
	<(awk '/Exit status/ { exit } /^  [a-z]/ { print $1 }' "$WORK/out")
for command in "${commands[@]}"; do
	help_fits "$command"
	ktap_check "--help of $command is its own" \
		grep -q "^Usage: kmemctl $command " "$WORK/out"
	case $command in
	list) help_has --json --pairs --raw --output-all --bytes --noheadings --output NUMA_NODE ;;
	online) help_has --movable --normal --dry-run ;;
	why) help_has --json --bytes --noheadings --output ;;
	map) help_has --width ;;
	esac
done
k frob --help
ktap_check "--help of an unknown command is that of kmemctl" \
	grep -q "^Usage: kmemctl \[options\] \[command\]" "$WORK/out"

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
done
for cmd in bind unbind; do
	usage "$cmd takes no --json" "--json is not for $cmd" "$cmd" -J dax0.0
	usage "$cmd takes no --bytes" "--bytes is not for $cmd" \
		"$cmd" -b dax0.0
done
for cmd in online offline apply; do
	usage "$cmd takes --json with --dry-run alone" \
		"--json: only with --dry-run" "$cmd" -J dax0.0
	usage "$cmd takes --bytes with --dry-run alone" \
		"--bytes: only with --dry-run" "$cmd" -b dax0.0
done
usage "--dry-run and --verbose together are refused" \
	"--dry-run and --quiet or --verbose exclude each other" \
	online --dry-run --verbose dax0.0
usage "doctor takes no device" "doctor takes no device" doctor dax0.0
usage "doctor takes no columns" "--output is not for doctor" \
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
usage "--json and --raw together are refused" \
	"--json, --pairs and --raw exclude each other" list -Jr
usage "offline takes no zone" \
	"--movable is not for offline" \
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
