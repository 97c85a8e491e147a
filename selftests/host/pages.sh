# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# What pages/classify_test.c, kcore_test.c and read_test.c claim of single files
# of tools/, as claims of ours.

# claims NAME FILE OTHER...: build its test, and make its claims ours
claims() {
	local line="" last=""

	ktap_check "tools/$2 is tested by itself" \
		gcc -g -O1 -Wall -Wextra -Werror -Wno-unused-parameter \
		-D_GNU_SOURCE -I"$TOP/tools" \
		-fsanitize=address,undefined -fno-sanitize-recover=all \
		-o "$WORK/$1_test" "$HERE/pages/$1_test.c" "$TOP/tools/$2" "${@:3}"
	while read -r line; do
		case $line in
		"ok "*) ktap_pass "$1: ${line#* - }" ;;
		"not ok "*) ktap_fail "$1: ${line#* - }" "$last" ;;
		esac
		last=$line
	done < <("$WORK/$1_test" || echo "not ok - all of them hold")
}

claims classify pages/classify.c
claims kcore pages/kcore.c "$HERE/pages/madeup.c"
claims read pages/read.c "$HERE/pages/madeup.c" \
	"$TOP"/tools/pages/{kcore,classify}.c
