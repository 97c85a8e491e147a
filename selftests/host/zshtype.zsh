#!/usr/bin/zsh -f
# SPDX-License-Identifier: GPL-2.0-only
#
# What a user of zsh gets: types each line of the input in an interactive shell
# that completes by the function in DIR, presses TAB, and prints what the line
# has become.
#
# usage: zshtype.zsh DIR <LINES

zmodload zsh/zpty || exit 1
zpty shell zsh -f -i
zpty -w shell "PS1= PS2= ; unsetopt zle_bracketed_paste prompt_sp
fpath=(${(q)1} \$fpath)
autoload -Uz compinit && compinit -u -D
show() { print -r -- \"<\$BUFFER>\" }
zle -N show
bindkey '^I' complete-word '^X' show '^U' kill-whole-line
print ready-to-\"type\""
zpty -r shell text '*ready-to-type*'
while read -r line; do
	zpty -w -n shell $'\C-u'"$line"$'\t\C-x'
	zpty -r shell text '*<*>*' || exit 1
	text=${text##*<}
	print -r -- ${text%%>*}
done
zpty -d shell
