# SPDX-License-Identifier: GPL-2.0-only
#
# The report as text: a table of plug and unplug for each kernel, the tables on
# the side, the limits. Exit code 1 when a limit does not hold.

function cell(value, format) {
	return value == "" ? "-" : sprintf(format, value)
}

# "-" when the kernel or the option has no such peer
function measured(release, peer, op,    i) {
	for (i = 1; i <= nr_sizes; i++)
		if (figure(release, "plug", SIZES[i], peer, op) != "")
			return 1
	return 0
}

function heading(    i) {
	printf "%-7s %-29s", "", ""
	for (i = 1; i <= nr_sizes; i++)
		printf " %14s", SIZES[i] " GiB"
	printf " %11s %9s %9s\n", "1 TiB *", "growth", "/ ours"
}

function peer_row(release, peer, op, first,    i, last, from) {
	last = SIZES[nr_sizes]
	from = 16 in seen_size && last > 16 ? 16 : SIZES[1]
	printf "%-7s %-29s", first ? op : "", NAME[peer]
	for (i = 1; i <= nr_sizes; i++)
		printf " %7s %6s", \
			cell(figure(release, "plug", SIZES[i], peer, op), "%.3f"), \
			cell(ms_per_gib(release, SIZES[i], peer, op), "%.1f")
	printf " %11s %9s %9s\n", \
		cell(extrapolated(release, peer, op, 1024), "%.1f"), \
		cell(ratio(cost(release, "plug", last, peer, op), \
			cost(release, "plug", from, peer, op)), "%.3f"), \
		cell(ratio(figure(release, "plug", last, peer, op), \
			figure(release, "plug", last, "state", op)), "%.2f")
}

function plug_table(release,    i, j, first) {
	printf "\nLinux %s, memory blocks of %d MiB\n", release, \
		BLOCK_MIB[release, "plug"]
	heading()
	for (j = 1; j <= 2; j++) {
		first = 1
		for (i = 1; i <= nr_peers; i++) {
			if (!measured(release, PEERS[i], OPS[j]))
				continue
			peer_row(release, PEERS[i], OPS[j], first)
			first = 0
		}
	}
}

function blocks_table(    i, j, k, is, was) {
	for (i = 1; i <= nr_releases && !((RELEASES[i], "blocks") in BLOCK_MIB); i++)
		;
	if (i > nr_releases)
		return
	print "\n64 GiB in memory blocks of another size: guest seconds, and times those above"
	for (i = 1; i <= nr_releases; i++) {
		if (!((RELEASES[i], "blocks") in BLOCK_MIB))
			continue
		printf "Linux %s, %d MiB\n", RELEASES[i], BLOCK_MIB[RELEASES[i], "blocks"]
		for (j = 1; j <= nr_peers; j++) {
			if (figure(RELEASES[i], "blocks", "blocks", PEERS[j], "plug") == "")
				continue
			printf "  %-28s", NAME[PEERS[j]]
			for (k = 1; k <= 2; k++) {
				is = cost(RELEASES[i], "blocks", "blocks", PEERS[j], OPS[k])
				was = cost(RELEASES[i], "plug", 64, PEERS[j], OPS[k])
				printf "  %s %.3f (%s)", OPS[k], \
					figure(RELEASES[i], "blocks", "blocks", PEERS[j], OPS[k]), \
					cell(ratio(is, was), "%.2f")
			}
			print ""
		}
	}
}

# side_table(TABLE, TITLE): a row for what was measured, a column per kernel
function side_table(table, title,    i, j, release) {
	for (i = 1; i <= nr_releases && !((RELEASES[i], table) in rows); i++)
		;
	if (i > nr_releases)
		return
	release = RELEASES[i]
	printf "\n%s\n%-44s", title, ""
	for (i = 1; i <= nr_releases; i++)
		printf " %11s", substr(RELEASES[i], 1, index(RELEASES[i] "-", "-") - 1)
	print ""
	for (j = 1; j <= rows[release, table]; j++)
		side_row(release, table, j)
}

function side_row(release, table, row,    i, peer, what, gib) {
	peer = ROW_PEER[release, table, row]
	what = ROW_WHAT[release, table, row]
	gib = ROW_GIB[release, table, row]
	printf "%-16s %-20s %6s", peer, what, gib ? gib "G" : ""
	for (i = 1; i <= nr_releases; i++)
		printf " %11s", ((RELEASES[i], table, peer, what, gib) in VALUE) ? \
			VALUE[RELEASES[i], table, peer, what, gib] : "-"
	print ""
}

function bar_table(    i) {
	print "\nLimits"
	for (i = 1; i <= nr_bars; i++)
		printf "%-4s  %-7s %6s of at most %.2f  %s\n", BAR_HELD[i], \
			substr(BAR_RELEASE[i], 1, index(BAR_RELEASE[i] "-", "-") - 1), \
			cell(BAR_IS[i], "%.4f"), BAR_LIMIT[i], BAR_TEXT[i]
}

END {
	print "Plug and unplug of one device: guest seconds, and milliseconds for each GiB."
	print "500 million instructions are a second. growth: cost for each GiB at the"
	print "largest size against 16 GiB. / ours: seconds at the largest size, against"
	print "those of our state. * extrapolated from the two largest sizes, not measured."
	print "kmemctl and daxctl begin and end with the device held by device_dax, the"
	print "others with it bound to kmem and nothing added."
	for (i = 1; i <= nr_releases; i++)
		plug_table(RELEASES[i])
	printf "\nThe rounds of a figure differ by at most %.2f %%.\n", 100 * spread
	blocks_table()
	side_table("devices", "Two devices in one zone: guest seconds for both")
	side_table("memmap", "DRAM that an online device takes, KiB")
	side_table("calls", "System calls, files of /sys and /proc opened, bytes read; start in microseconds")
	bar_table()
	exit failed
}
