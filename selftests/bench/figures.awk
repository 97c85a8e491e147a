# SPDX-License-Identifier: GPL-2.0-only
#
# Reads bench.csv for the other awk scripts of this directory. It keeps the
# smallest round of each figure, the same for each GiB, and the order of the
# kernels and peers. Pass it to awk before the script that uses it.

BEGIN {
	FS = ","
	split("plug unplug", OPS, " ")
	names = "state,our state;kmemctl,kmemctl, our driver;" \
		"kmemctl-bound,kmemctl, bound before;" \
		"intree-kmemctl,kmemctl, kernel's driver;" \
		"daxctl,daxctl, kernel's driver;" \
		"auto,kernel's auto-online, by hand;" \
		"intree-state,kernel's own state"
	nr_peers = split(names, list, ";")
	for (i = 1; i <= nr_peers; i++) {
		comma = index(list[i], ",")
		PEERS[i] = substr(list[i], 1, comma - 1)
		NAME[PEERS[i]] = substr(list[i], comma + 1)
	}
}

FNR == 1 { next }

!($1 in seen_release) {
	seen_release[$1]
	RELEASES[++nr_releases] = $1
}

# the side tables, as they are
$2 != "plug" && $2 != "blocks" {
	VALUE[$1, $2, $4, $5, $8] = $7
	if (!(($1, $2) in rows))
		rows[$1, $2] = 0
	i = ++rows[$1, $2]
	ROW_PEER[$1, $2, i] = $4
	ROW_WHAT[$1, $2, i] = $5
	ROW_GIB[$1, $2, i] = $8
	next
}

{
	key = $1 SUBSEP $2 SUBSEP $3 SUBSEP $4 SUBSEP $5
	if (!(key in BEST) || $7 < BEST[key])
		BEST[key] = $7
	if (!(key in WORST) || $7 > WORST[key])
		WORST[key] = $7
	if (key in times)
		spread = max(spread, WORST[key] / BEST[key] - 1)
	times[key]
	GIB[key] = $8
	if ($2 == "plug" && !($3 in seen_size)) {
		seen_size[$3]
		SIZES[++nr_sizes] = $3
	}
	BLOCK_MIB[$1, $2] = $9
}

function max(a, b) { return a > b ? a : b }

# figure(RELEASE, TABLE, SIZE, PEER, OP): seconds, or "" when there are none
function figure(release, table, size, peer, op,    key) {
	key = release SUBSEP table SUBSEP size SUBSEP peer SUBSEP op
	return key in BEST ? BEST[key] : ""
}

# cost(...): seconds for each GiB that was plugged
function cost(release, table, size, peer, op,    key) {
	key = release SUBSEP table SUBSEP size SUBSEP peer SUBSEP op
	return key in BEST ? BEST[key] / GIB[key] : ""
}

function ms_per_gib(release, size, peer, op,    is) {
	is = cost(release, "plug", size, peer, op)
	return is == "" ? "" : 1000 * is
}

# ratio(A, B): "" when one was not measured
function ratio(a, b) { return a == "" || b == "" ? "" : a / b }

# extrapolated(RELEASE, PEER, OP, GIB): seconds, on the line through what the
# last two sizes cost for each GiB; where that falls, it is not to fall further
function extrapolated(release, peer, op, gib,    i, a, b, x, y) {
	for (i = 1; i <= nr_sizes; i++) {
		if (cost(release, "plug", SIZES[i], peer, op) == "")
			continue
		a = b
		x = y
		b = cost(release, "plug", SIZES[i], peer, op)
		y = SIZES[i]
	}
	return a == "" ? "" : gib * (b + max(0, (b - a) / (y - x)) * (gib - y))
}

function sort_sizes(    i, j, swap) {
	for (i = 2; i <= nr_sizes; i++)
		for (j = i; j > 1 && SIZES[j] + 0 < SIZES[j - 1] + 0; j--) {
			swap = SIZES[j]
			SIZES[j] = SIZES[j - 1]
			SIZES[j - 1] = swap
		}
}

END {
	sort_sizes()
	bars()
}

# bar(RELEASE, SENTENCE, FIGURE, LIMIT): one that was not measured is not held
function bar(release, sentence, is, limit) {
	nr_bars++
	BAR_RELEASE[nr_bars] = release
	BAR_TEXT[nr_bars] = sentence
	BAR_IS[nr_bars] = is
	BAR_LIMIT[nr_bars] = limit
	BAR_HELD[nr_bars] = is == "" ? "not measured" : \
		is <= limit ? "pass" : "FAIL"
	if (BAR_HELD[nr_bars] != "pass")
		failed = 1
}

function bars(    i, release, last) {
	last = SIZES[nr_sizes]
	for (i = 1; i <= nr_releases; i++) {
		release = RELEASES[i]
		if (nr_sizes > 1) {
			growth_bars(release, "state", last)
			growth_bars(release, "kmemctl", last)
			growth_bars(release, "intree-kmemctl", last)
		}
		kernel_bars(release, last)
		daxctl_bars(release, last)
		bar(release, "plug " last " GiB: kmemctl, bound before / a write to state", \
			ratio(figure(release, "plug", last, "kmemctl-bound", "plug"), \
			figure(release, "plug", last, "state", "plug")), 1.02)
	}
}

# from 16 GiB, or the smallest size if that was not measured
function growth_bars(release, peer, last,    i, from) {
	from = 16 in seen_size && last > 16 ? 16 : SIZES[1]
	for (i = 1; i <= 2; i++)
		bar(release, OPS[i] ", " NAME[peer] ": cost per GiB at " last " / " from " GiB", \
			ratio(cost(release, "plug", last, peer, OPS[i]), \
			cost(release, "plug", from, peer, OPS[i])), 1.05)
}

# what the kernel itself does is quadratic: these are limits at 256 GiB
function kernel_bars(release, last,    is) {
	if (last != 256)
		return
	is = figure(release, "plug", last, "state", "plug")
	bar(release, "plug " last " GiB: our state / kernel's auto-online", \
		ratio(is, figure(release, "plug", last, "auto", "plug")), 0.22)
	if (figure(release, "plug", last, "intree-state", "plug") == "")
		return
	bar(release, "plug " last " GiB: our state / kernel's own state", \
		ratio(is, figure(release, "plug", last, "intree-state", "plug")), 0.22)
	bar(release, "unplug " last " GiB: our state / kernel's own state", \
		ratio(figure(release, "plug", last, "state", "unplug"), \
		figure(release, "plug", last, "intree-state", "unplug")), 0.16)
}

function daxctl_bars(release, last,    i) {
	for (i = 1; i <= nr_sizes; i++)
		if (SIZES[i] >= 16)
			bar(release, "plug " SIZES[i] " GiB: our state / daxctl", \
				ratio(figure(release, "plug", SIZES[i], "state", "plug"), \
				figure(release, "plug", SIZES[i], "daxctl", "plug")), 0.88)
	if (last >= 16)
		bar(release, "unplug " last " GiB: our state / daxctl", \
			ratio(figure(release, "plug", last, "state", "unplug"), \
			figure(release, "plug", last, "daxctl", "unplug")), \
			release ~ /^6\./ ? 0.60 : 0.52)
}
