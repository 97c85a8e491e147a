# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# What map draws, in letters and in colour, of few blocks and of thousands.

tree_pages "$WORK/t" Movable
tree_blocks $((34 * BLOCK)) "$BLOCK" offline "Normal Movable"
tree_blocks $((35 * BLOCK)) "$BLOCK" online Normal
tree_blocks $((48 * BLOCK)) "$BLOCK" online none
rm -r "$TREE/sys/devices/system/memory/memory49"
pages 32 0 "$PER_BLOCK" "$ANON"
pages 33 0 $((PER_BLOCK / 2)) "$ANON"
tree_keep
SIGNS="- absent  . offline  M Movable  N kernel zone  ? several zones  * differing"
LEGEND="$SIGNS
below each: how full it is, from 1 to 9, blank when free"
END=""		# lines of this file must not end in blanks
export LC_ALL=C
k map dax0.0
expect "map: each range has its line, each block its letter" 0 \
"dax0.0: 6 blocks of 128M, 4 online
memory32    MM.N
            95  $END
memory48    ?-
              $END
$LEGEND" ""
LC_ALL=C.UTF-8 k map dax0.0
expect_lines "map: bars where the locale has them" 0 "            █▄  "
broken "map: without page flags there is no fullness" 0 \
	"kmemctl: cannot tell how full blocks are: /proc/kpageflags: No such file or directory" \
	"rm $PROC/kpageflags" map dax0.0
expect_lines "map: but still the picture" 0 "memory32    MM.N
memory48    ?-
$SIGNS"
broken "map: an unknown device" 3 \
	"kmemctl: dax7.7: no such device; run 'kmemctl list' to see the devices" \
	"" map dax7.7
for width in 19 x 20x 10001 -1 "" 99999999999999999999; do
	broken "map: no picture is '$width' wide" 2 \
		"kmemctl: --width: not a number from 20 to 10000; run 'kmemctl map --help'" \
		"" map dax0.0 --width "$width"
done
broken "map: --width is its own" 2 \
	"kmemctl: --width is not for list; run 'kmemctl list --help'" \
	"" list --width 80

# On a terminal: in colour, unless NO_COLOR has a value.
coloured() {
	TERM=xterm script -qec "ASAN_OPTIONS=exitcode=99 $* $KMEMCTL --sysroot $TREE map dax0.0" \
		/dev/null </dev/null | grep -c $'\033\\[30;42mM'
}
ktap_check "map: colours on a terminal" test "$(coloured NO_COLOR=)" = 2
ktap_check "map: none with NO_COLOR" test "$(coloured NO_COLOR=1)" = 0

# Blocks that are not there cost nothing to make, and count all the same.
tree_new "$WORK/t"
tree_dev dax0.0 1 "$TREE_A:$((8000 * BLOCK))"
tree_bound dax0.0 kmem
tree_blocks "$TREE_A" $((40 * BLOCK)) online Movable
k map dax0.0
ktap_check "map: 8000 blocks fit a screen" test "$(wc -l <"$WORK/out")" -le 52
expect_lines "map: and say how many blocks a character stands for" 0 \
	"dax0.0: 8000 blocks of 128M, 40 online; each character stands for 8 blocks
memory32    MMMMM--- -------- "
k map --width 30 dax0.0
ktap_check "map: --width is kept" \
	test "$(grep ^memory "$WORK/out" | wc -L)" -le 30
unset LC_ALL
