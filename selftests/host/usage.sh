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

command=kmemctl
k help
ktap_check "help is --help" grep -q "^Usage: kmemctl \[options\] \[command\]" "$WORK/out"
k help online
ktap_check "help online is online --help" \
	grep -q "^Usage: kmemctl online " "$WORK/out"

# refused SENTENCE MESSAGE ARG...
refused() {
	local sentence=$1 message=$2

	shift 2
	k "$@"
	expect_error "$sentence" 2 "kmemctl: $message"
}

# usage SENTENCE MESSAGE ARG...: the same, and the help of ARG is named, that of
# list when it is no command.
usage() {
	case $3 in
	online | offline | bind | unbind | apply | doctor | check-config | why | map | help)
		refused "$1" "$2; run 'kmemctl $3 --help'" "${@:3}" ;;
	*)
		refused "$1" "$2; run 'kmemctl list --help'" "${@:3}" ;;
	esac
}

refused "an unknown command is refused" "unknown command 'frob'; $HELP" frob
refused "an empty command is refused" "unknown command ''; $HELP" ""
refused "help of an unknown command is refused" \
	"unknown command 'frob'; run 'kmemctl --help'" help frob
# A word that lacks a letter can be one letter off another command.
for word in ofline:offline onlin:online wyh:why mop:map unbnd:unbind \
	    chekc-config:check-config; do
	refused "'${word%:*}' suggests ${word#*:}" \
		"unknown command '${word%:*}'; did you mean '${word#*:}'?" \
		"${word%:*}" dax0.0
done
refused "help of 'ofline' suggests offline" \
	"unknown command 'ofline'; did you mean 'offline'?" help ofline
refused "'--drian' suggests --drain" \
	"unknown option --drian; did you mean --drain?" offline --drian dax0.0
refused "'--timout=9' suggests --timeout" \
	"unknown option --timout=9; did you mean --timeout?" \
	offline --timout=9 dax0.0
usage "an option of another command is not suggested" \
	"unknown option --drian" online --drian dax0.0
refused "'--vrsion' suggests --version" \
	"unknown option --vrsion; did you mean --version?" --vrsion
usage "an unknown long option is refused" "unknown option --frob" list --frob
usage "an ambiguous option is refused" "ambiguous option --d" offline --d dax0.0
usage "an unknown letter is refused" "unknown option -x" -Jxb
usage "an unknown letter is refused after a long option" \
	"unknown option -x" --json -bxb
usage "an unknown letter is refused after a long option with a value" \
	"unknown option -x" list --sysroot=/ -xJ
usage "a value for --json is refused" "option --json takes no value" --json=1
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
usage "apply does not wait for some of the devices" \
	"--wait is for all devices, not for some" apply --wait 9 dax0.0
for option in timeout:online wait:apply; do
	usage "--${option%:*} takes a number of seconds alone" \
		"--${option%:*}: a number of seconds, 1 to 86400, not '0'" \
		"${option#*:}" "--${option%:*}" 0 all
done
usage "doctor takes no device" "doctor takes no device" doctor dax0.0
usage "check-config takes no second device" "check-config takes one device" \
	check-config dax0.0 dax0.0
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
		"${cmd%% *}: 'all' stands alone, after online, offline or apply" $cmd
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

# The first file that stays open would get what is printed: the lock file.
closed_stdout() {
	FAKE_ROOT=$TREE FAKE_LOG=$WORK/log LD_PRELOAD="$LIBASAN $WORK/fakekernel.so" \
		"$KMEMCTL" --sysroot "$TREE" "$@" >&- 2>"$WORK/err"
	rc=$?
	out=""
	err=$(cat "$WORK/err")
}
closed_stdout online --movable dax0.0
expect "a closed stdout is an error" 1 "" \
	"kmemctl: cannot write the output: Bad file descriptor"
ktap_check "a closed stdout: no other file gets what is printed" \
	test -z "$(grep -rl "dax0.0: " "$TREE" 2>/dev/null)"

# shellcheck disable=SC2046 # 20,000 words
k list $(seq 20000)
ktap_check "20,000 devices that do not exist are refused" test "$rc" -eq 3
