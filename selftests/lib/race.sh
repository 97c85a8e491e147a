# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# Agents that write to memory blocks while a test changes the device, by the
# program block_racer. Sourced by tests that have a directory $TMP.

racers=()

# race FIRST LAST WORD...: start an agent
race() {
	block_racer "$@" >"$TMP/racer.${#racers[@]}" &
	racers+=($!)
}

# race_for_the_lock DEV: have a device plugged and unplugged over and over.
# A transition gives device_hotplug_lock up between blocks, for so short that
# agents, who try and sleep, never find it free. Adding and removing memory waits
# for it in line: then the transition has to try and sleep as well.
race_for_the_lock() {
	(
		trap exit TERM
		while :; do
			echo online_movable
			echo unplugged
		done >"$DAX/$1/state" 2>/dev/null
	) &
	racers+=($!)
}

# end_race: sets worked and busy, what the agents on our blocks were told: all
# but the first one, which is for the lock
end_race() {
	kill "${racers[@]}"
	wait "${racers[@]}"
	cat "$TMP"/racer.[1-9]
	worked=$(cat "$TMP"/racer.[1-9] | awk '{ n += $1 } END { print n }')
	busy=$(cat "$TMP"/racer.[1-9] | awk '{ n += $2 } END { print n }')
	racers=()
}
