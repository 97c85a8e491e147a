# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# What pages/kpage_test.c, kcore_test.c and scan_test.c claim of single files
# of tools/, as claims of ours.

# claims FILE OTHER...: build its test, and make its claims ours
claims() {
	local line="" last=""

	ktap_check "tools/$1.c is tested by itself" \
		gcc -g -O1 -Wall -Wextra -Werror -Wno-unused-parameter \
		-D_GNU_SOURCE -Dpread=test_pread -I"$TOP/tools" \
		-fsanitize=address,undefined -fno-sanitize-recover=all \
		-o "$WORK/$1_test" "$HERE/pages/$1_test.c" "$TOP/tools/$1.c" "${@:2}"
	while read -r line; do
		case $line in
		"ok "*) ktap_pass "$1: ${line#* - }" ;;
		"not ok "*) ktap_fail "$1: ${line#* - }" "$last" ;;
		esac
		last=$line
	done < <("$WORK/$1_test" || echo "not ok - all of them hold")
}

claims kpage
claims kcore "$HERE/pages/madeup.c"
claims scan "$HERE/pages/madeup.c" "$TOP"/tools/{ask,kcore,kpage}.c
