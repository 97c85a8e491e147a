# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034
#
# Completion in a real zsh: what a line becomes by TAB.

tree_devdax "$WORK/t"
tree_blocks $((130 * BLOCK)) "$BLOCK" online Movable
mkdir -p "$TREE"/sys/devices/system/node/node{0,12} "$WORK/zsh/bin"
ln -sf "$KMEMCTL" "$WORK/zsh/bin/kmemctl"
cp "$TOP/tools/completion/_kmemctl" "$WORK/zsh/"

# zsh_tab SENTENCE LINE BECOMES: what is behind "kmemctl "
zsh_tab() {
	out=$(echo "kmemctl $2" | PATH=$WORK/zsh/bin:$PATH TERM=dumb HOME=$WORK \
		timeout 60 zsh -f "$HERE/zshtype.zsh" "$WORK/zsh")
	rc=0 err=""
	expect "zsh completes $1" 0 "kmemctl $3" ""
}

AT="--sysroot $TREE"
zsh_tab "a command" "onl" "online "
zsh_tab "a command after an option" "$AT doc" "$AT doctor "
zsh_tab "a command after help" "help onl" "help online "
zsh_tab "no command where there is one" "online onl" "online onl"
zsh_tab "an option" "online --dry" "online --dry-run "
zsh_tab "an option of this command alone" "list --dry" "list --dry"
zsh_tab "an option of the default command" "--nohead" "--noheadings "
zsh_tab "a device" "$AT offline d" "$AT offline dax0.0 "
zsh_tab "a device of check-config" "$AT check-config d" \
	"$AT check-config dax0.0 "
zsh_tab "a device after another option" "$AT online --normal d" \
	"$AT online --normal dax0.0 "
zsh_tab "all" "$AT online a" "$AT online all "
zsh_tab "no all where it is refused" "$AT bind a" "$AT bind a"
zsh_tab "a memory block" "$AT why memory13" "$AT why memory130 "
zsh_tab "no memory block where none is meant" "$AT offline memory13" \
	"$AT offline memory13"
zsh_tab "nothing after a command that takes nothing" "$AT doctor d" \
	"$AT doctor d"
zsh_tab "a column" "-o DEVICE,RA" "-o DEVICE,RANGES,"
zsh_tab "a column to add" "-o +AL" "-o +ALIGN,"
zsh_tab "a column of why" "why -o PIN" "why -o PINNED,"
zsh_tab "a node" "$AT offline --to 1" "$AT offline --to 12,"
