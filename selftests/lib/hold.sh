# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
#
# Programs that hold memory until they are let go. Sourced by bash, after
# ktap.sh; $TMP is a directory for the word they give.

PIDS=()

# hold COMMAND...: start it and wait for its word; its id is in HELD.
hold() {
	local word

	mkfifo "$TMP/word"
	"$@" >"$TMP/word" 2>&1 &
	HELD=$!
	PIDS+=($!)
	read -r -t 60 word <"$TMP/word" || word="no answer"
	rm "$TMP/word"
	case $word in
	holding* | pinned) ;;
	*) ktap_fail "$* holds memory" "$word" ;;
	esac
}

let_go() {
	kill "${PIDS[@]}" 2>/dev/null
	wait "${PIDS[@]}" 2>/dev/null
	PIDS=()
}

# pages_on NODE: KiB that the held processes have there
pages_on() {
	local pid

	for pid in "${PIDS[@]}"; do
		cat "/proc/$pid/numa_maps"
	done | awk -v key="N$1=" '{
		n = 0; kb = 4
		for (i = 3; i <= NF; i++) {
			if (index($i, key) == 1)
				n = substr($i, length(key) + 1)
			if (sub("kernelpagesize_kB=", "", $i))
				kb = $i
		}
		sum += n * kb } END { print sum + 0 }'
}
