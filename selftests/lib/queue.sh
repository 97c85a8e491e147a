# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Workers that take jobs, a line each, off the queue $RESULTS/.queue. Sourced.

# queue_next: take the first line off the queue.
queue_next() {
	(
		flock 9
		sed -n 1p "$RESULTS/.queue"
		sed -i 1d "$RESULTS/.queue"
	) 9>"$RESULTS/.lock"
}

# queue_run COUNT WORKER: run the function WORKER as so many processes, until
# all of them end; they end with us.
queue_run() {
	workers=
	for _ in $(seq "$1"); do
		"$2" &
		workers="$workers $!"
	done
	# shellcheck disable=SC2064,SC2086 # the numbers as they are now
	trap "kill $workers 2>/dev/null; wait; exit 130" INT TERM HUP
	# shellcheck disable=SC2086
	wait $workers
}
