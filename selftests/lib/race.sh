# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# Agents that write to memory blocks while a test changes the device, by the
# program block_racer. Sourced by tests that have a directory $TMP.

racers=()

# race [-p MICROSECONDS] FIRST LAST WORD...: start an agent
race() {
	block_racer "$@" >"$TMP/racer.${#racers[@]}" &
	racers+=($!)
}

# race_for_the_lock BLOCK: have device_hotplug_lock taken by another block most
# of the time, and free for moments. A transition gives it up between blocks,
# too short for an agent to find it free; now it has to wait as well, and as
# long as the agents do.
race_for_the_lock() {
	race -p 2000 "$1" "$1" offline online_movable
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
