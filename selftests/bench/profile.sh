#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Where the time of a plug and an unplug goes: every instruction counted, by
# function, in a guest whose time is instructions.
#
# usage: profile.sh [SERIES [GIB]]	6.1 and 64 by default

set -euo pipefail

BENCH=$(dirname "$(realpath "$0")")
series=${1:-6.1} gib=${2:-64}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# shares FILE PAGES
shares() {
	{
		sed -n '/^symbols$/,/^done$/{//!p;}' "$work/out" | base64 -d |
			gunzip | awk '{ print "ffffffff" $1, "S", $2, $3 }'
		awk '{ print $1, "C", $2 }' "$1"
	} | LC_ALL=C sort -s -k 1,1 -k 2,2r |
		awk -v pages="$2" -f "$BENCH/profile/shares.awk"
}

sh "$BENCH/../qemu/setup.sh" guest
mkdir "$work/profile"
gcc -O2 -Wall -Wextra -Werror -shared -fPIC \
	-o "$work/count.so" "$BENCH/profile/count.c"
gcc -O2 -Wall -Wextra -Werror -static -o "$work/profile/mark" \
	"$BENCH/profile/mark.c"
"$BENCH/../qemu/vm.sh" -k "$series" --icount -s "${gib}G" \
	-m $((2048 + gib * 17))M --timeout 7200 --copy "$work/profile" \
	--plugin "$work/count.so,prefix=$work/counts" -- \
	bench/guest/profile.sh >"$work/out" || {
	head -n 5 "$work/out" >&2
	exit 1
}
pages=$(awk '$1 == "pages" { print $2 }' "$work/out")
echo "Linux $series, $gib GiB"
echo "plug, $(shares "$work/counts.2" "$pages")"
echo "unplug, $(shares "$work/counts.4" "$pages")"
