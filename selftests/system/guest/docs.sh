#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The commands of the admin guide print what stands there. In a literal block a
# line "    # COMMAND" is one, and the lines below it are its output, in which
# "..." stands for anything, on a line of its own for lines.

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
GUIDE=../Documentation/admin-guide

# as_printed COMMAND OUTPUT
as_printed() {
	local is pattern

	is=$(bash -c "$1" 2>&1)
	printf '%s\n' "$is"
	pattern=$(sed 's/[][*?\\()!@+|]/\\&/g; s/\.\.\./*/g' <<<"$2")
	# shellcheck disable=SC2053 # it is a pattern
	[[ $is == $pattern ]]
}

# of_file FILE: a claim for each command
of_file() {
	local line command='' output=''

	while IFS= read -r line; do
		case $line in
		'    # '* | [!\ ]*)
			[ -z "$command" ] || ktap_check "${1##*/}: $command" \
				as_printed "$command" "$output"
			command='' output=''
			[ "${line#    # }" = "$line" ] || command=${line#    # }
			;;
		*) output+=${line#    }$'\n' ;;
		esac
	done < <(cat "$1"; echo .)
}

for file in "$GUIDE"/*.rst; do
	of_file "$file"
done
ktap_done
