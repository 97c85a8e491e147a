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

# end_race: sets worked and busy, what the agents on our blocks were told: all
# but the first one
end_race() {
	kill "${racers[@]}"
	wait "${racers[@]}"
	cat "$TMP"/racer.[1-9]
	worked=$(cat "$TMP"/racer.[1-9] | awk '{ n += $1 } END { print n }')
	busy=$(cat "$TMP"/racer.[1-9] | awk '{ n += $2 } END { print n }')
	racers=()
}
