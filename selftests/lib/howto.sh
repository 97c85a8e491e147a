#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs pages of Documentation/admin-guide/howto as tests: each step does what the
# page says and prints what it shows. In a guest that has them as /kmem/howto.
#
# usage: howto.sh PAGE...	as in that directory, without .sh
#
# A step is lines of shell between empty lines; the first sentence of the comment
# before them is its claim. Each line "#> PATTERN" after them is a line of their
# output, in this order; PATTERN is a shell pattern, and several spaces count as one.
# Other lines may stand between. All steps of a page run in one shell.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
PAGES=/kmem/howto
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT

# shown: whether the output has the lines of the page
shown() {
	local line want i=0

	while read -r line && [ "$i" -lt "${#wants[@]}" ]; do
		want=${wants[i]}
		line=$(tr -s ' \t' ' ' <<<"$line")
		# shellcheck disable=SC2053 # it is a pattern
		[[ $line == $want ]] && i=$((i + 1))
	done <"$TMP/out"
	[ "$i" = "${#wants[@]}" ] || {
		echo "not printed: ${wants[i]}"
		return 1
	}
}

# first_sentence TEXT
first_sentence() {
	local first=${1%%. [A-Z]*}

	echo "${first%.}."
}

# step: run $code, unless there is none. What has neither a claim nor output only
# sets things up.
step() {
	local failed=0 rc why

	[ -n "$code" ] || return 0
	trap 'failed=$?' ERR
	eval "$code" >"$TMP/out" 2>&1 3<&-
	rc=$?
	trap - ERR
	if [ "$failed" != 0 ] || [ "$rc" != 0 ]; then
		why="exit code $((failed ? failed : rc))"
	else
		why=$(shown)
	fi
	if [ -n "$why" ]; then
		ktap_fail "$page: ${claim:-a step without a comment works}" "$code$why
$(cat "$TMP/out")
The rest of the page did not run."
		return 1
	fi
	[ -z "$claim" ] || ktap_pass "$page: $(first_sentence "$claim")"
	code='' claim=''
}

# run_page: reads the page on descriptor 3, which its commands do not see
run_page() {
	local page=$1 line code='' claim='' wants=()

	exec 3<"$PAGES/$page.sh" || return
	while IFS= read -r line <&3; do
		case $line in
		'#> '*) wants+=("${line#'#> '}") ;;
		'set -eu' | '#!'* | '# SPDX-'*) ;;
		'')
			step || return 0
			wants=() claim=''
			;;
		'# '*) claim+=${claim:+ }${line#'# '} ;;
		'#') claim='' ;;
		*) code+=$line$'\n' ;;
		esac
	done
	step || return 0
	exec 3<&-
}

for name; do
	run_page "$name" || ktap_fail "$name can be read"
done
ktap_done
