# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Plug and unplug by whatever a kmem driver has for it, ours or the kernel's
# own. Sourced after lib/kmem.sh.

has_state() {
	[ -e "$DAX/$1/state" ]
}

# plug DEV: all its memory online in Movable, from bound and unplugged where
# there is such a thing, else by bind and the system's policy
plug() {
	if has_state "$1"; then
		attempt online_movable "$DAX/$1/state"
		return
	fi
	unbind "$1"
	set_policy online_movable
	bind_kmem "$1"
}

# unplug DEV: the way back
unplug() {
	if has_state "$1"; then
		attempt unplugged "$DAX/$1/state"
	else
		each_block "$1" offline && unbind "$1"
	fi
}

# rest DEV: to where a plug begins
rest() {
	if [ "$(driver_of "$1")" = kmem ]; then
		unplug "$1" || return
	fi
	unbind "$1"
	set_policy offline
	bind_kmem "$1" || return
	has_state "$1" || unbind "$1"
	! has_state "$1" || unplug "$1"
}
